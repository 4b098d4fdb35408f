//! Verdicts on made-up transcripts. Each stands beside its nearest honest twin, so that no row passes for nothing.

mod invariants;
mod relays;
mod resolvers;
mod selections;
mod stage;
mod steps;
mod verdicts;
