//! What the validators say of hierarchies that are honest, forged, tampered with or not there.

#![expect(clippy::disallowed_methods, reason = "tests read the clock and make sockets for themselves")]

mod false_answers;
mod faults;
mod forge;
mod honest;
mod lab;
mod mutation;
mod transport;
