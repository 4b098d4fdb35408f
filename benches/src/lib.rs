//! Criterion benches, each stage beside a named peer.
