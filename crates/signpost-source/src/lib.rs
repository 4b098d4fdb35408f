//! TOML files that users write: parsing with places, and errors that show them. Never knows what a file means.
