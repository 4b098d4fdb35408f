//! What the lab saw, in order. Knows the observations of a case; never knows who records or who judges.
//!
//! A [`Recorder`] is cloned into every server of a lab; [`Recorder::transcript`] is what the judge reads.
//! The types serialize to the `transcript` lines of the published results format.

mod event;
mod recorder;

pub use event::{
    Channel, ConnectionId, Endpoint, Event, Gap, HandshakeOutcome, Party, SubjectLine, Transfer, Transport,
};
pub use recorder::{Observation, Recorder, Transcript};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
