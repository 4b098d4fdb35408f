//! Order of SRV targets after RFC 2782. Knows no DNS message and no I/O; entropy is a parameter.
