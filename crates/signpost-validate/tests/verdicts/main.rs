//! What the validators say of hierarchies that are honest, forged, tampered with or not there.

mod false_answers;
mod faults;
mod forge;
mod honest;
mod lab;
mod mutation;
mod transport;
