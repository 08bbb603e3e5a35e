//! vdm.
