//! Validated DNS answers: one trait, two validators and an audit behind it. Never knows the lab or mail.
