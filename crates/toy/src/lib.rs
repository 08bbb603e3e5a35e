//! toy.
