//! Results that were written before, as `signpost report` shows them.

#![cfg(unix)]

mod browser;
mod lines;
mod page;
mod reading;
mod views;
