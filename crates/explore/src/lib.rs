//! One HTML page in which sliders move `T`, the schedule, the reverse model, `t` and `x_t`, and the bound follows.
//!
//! | module | what is here |
//! |---|---|
//! | [`noising`] | the schedules that can be chosen |
//! | [`reversal`] | the reverse models that can be chosen |
//! | [`average`] | the terms of a linear reverse model averaged over the data |
//! | [`curves`] | densities on a grid, rounded for the eye |
//! | [`table`] | every number of every setting |
//! | [`page`](mod@page) | the table put into the page: style, script and numbers in one file |
//!
//! The page looks up and draws; what it shows was computed here. With the best denoiser every term comes from the quadrature
//! of [`vdm::BayesVdm`], with a linear step from closed formulas: the terms of one model come by one route. All in nats.

pub mod average;
pub mod curves;
mod error;
pub mod noising;
pub mod page;
pub mod reversal;
pub mod table;

pub use error::ExploreError;
pub use noising::Noising;
pub use page::page;
pub use reversal::Reversal;
pub use table::{Model, Run, Table, Terms};
