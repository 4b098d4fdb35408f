//! Certificate hierarchies and their faults. Never knows DNS or mail.
