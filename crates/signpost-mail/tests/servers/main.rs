//! The servers on real sockets, met by a client that is scripted line by line.

mod faults;
mod handshakes;
mod honest;
mod lab;
mod limits;
mod programs;
