//! chapters.
