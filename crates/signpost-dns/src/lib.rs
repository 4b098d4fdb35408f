//! A signed DNS hierarchy and its faults. Knows zones, signing, denial of existence and the responder; never mail or certificates.
