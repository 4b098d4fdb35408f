//! Verdicts on made-up transcripts.
