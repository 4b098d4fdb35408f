//! The reference client: a state machine without I/O and a thin tokio driver. Never knows the lab or scenarios.
