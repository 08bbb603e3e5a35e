//! How far a sample is from a law or from another sample, each distance with its standard error.
//!
//! | module | what is here |
//! |---|---|
//! | [`wasserstein_1`] | `∫ |F_n - F|` on the line, the area between distribution functions |
//! | [`wasserstein_2`] | `√∫ (F_n⁻¹ - F⁻¹)²` on the line |
//! | [`sliced`] | the root mean square of `W₂` over directions, in any dimension |
//! | [`energy`] | `2 E|X-Y| - E|X-X'| - E|Y-Y'|`, without bias |
//! | [`frechet`] | the squared `W₂` of the Gaussians with the same moments |
//! | [`line`](mod@line) | a mixture on the line: distribution function, its integral, quantiles, pieces of moments |
//! | [`mean_distance`] | `E|x - Y|` for a mixture in any dimension |
//! | [`error`] | what can be wrong with a sample |
//!
//! Each module has two functions: `to_law(sample, mixture)`, exact but for the chance in the sample, and
//! `between(one, other)`. Samples are rows (`[n, d]`; `[n, 1]` on the line), distances in the unit of `x`, or its square
//! where a module says so.
//!
//! A distance `D(P_n, Q)` of the `n` points of a sample changes by `ψ(x)/n` when a point is put at `x`, to first order;
//! `ψ` is the influence function, for a transport distance the Kantorovich potential. So its standard error is that of the
//! mean of the `ψ(x_i)`, which every distance here knows from its own computation. That is honest where the sample's law
//! differs from the other by more than chance; where they are equal, `ψ` vanishes and a distance that cannot be negative
//! stays above 0 by about its noise, of which [`wasserstein_1::of_own_sample`] knows the size.

pub mod energy;
pub mod error;
pub mod frechet;
mod influence;
pub mod line;
pub mod mean_distance;
mod rows;
pub mod sliced;
pub mod wasserstein_1;
pub mod wasserstein_2;

pub use error::DistanceError;
pub use line::LineLaw;
pub use mean_distance::MeanDistance;
