//! Unmodified msmtp and mpop do real work with an honest server.
