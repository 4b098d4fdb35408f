//! Grammar of policy and key records: parse, check, print. Knows no DNS message and no I/O.
