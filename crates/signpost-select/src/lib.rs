//! Order of SRV targets after RFC 2782. Knows no DNS message and no I/O; entropy is a parameter.
//!
//! # The draw
//!
//! RFC 2782 puts records of weight 0 first, draws a whole number from 0 to the sum of weights inclusive, and takes the
//! first record whose running sum is not less. Taken to the letter this favours whatever record stands first by one
//! unit: `{1, 1}` in fixed order comes out as 2/3 and 1/3. [`Selection`] keeps what the text wants and drops the
//! accident. With S the sum of weights of one priority, and k the number of records of weight 0:
//!
//! | weights | P(record of weight w > 0 first) | P(each record of weight 0 first) |
//! |---|---|---|
//! | none is 0 | w / S | – |
//! | some are 0 | w / (S + 1) | 1 / (k (S + 1)) |
//! | all are 0 | – | 1 / k |
//!
//! After a target has been taken the rest of its priority is drawn among again, and so on to the next priority, which
//! is what a client does whose targets fail one after the other.

#![no_std]

extern crate alloc;

mod model;
mod selection;

pub use model::{Model, first_choice};
pub use selection::{Entropy, Selection, Target};

/// Its example is a test, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
