//! Draws from a mixture: a component from its table, and standard normal noise put in its place, `m_k + L_k ε`.

use kernels::{AliasTable, Arithmetic, Kernel, Xoshiro, dispatch};
use ndarray_rand::rand::RngCore;

use crate::Gaussian;

/// The components of a mixture, ready for many draws.
#[derive(Clone, PartialEq)]
pub(super) struct Draws {
    dim: usize,
    choose: AliasTable,
    /// `m`, then the rows of `L` up to the diagonal, for each component.
    places: Vec<f64>,
}

impl Draws {
    /// At least one component, all of one dimension.
    pub(super) fn new(weights: &[f64], components: &[Gaussian]) -> Self {
        let mut places = Vec::new();
        for component in components {
            places.extend(component.mean());
            for (i, row) in component.factor().lower().outer_iter().enumerate() {
                places.extend(row.iter().take(i + 1));
            }
        }
        Self { dim: components[0].dim(), choose: AliasTable::new(weights), places }
    }

    /// Fills `x`, row by row, and tells `hear` the component of each.
    pub(super) fn fill<R: RngCore + ?Sized>(&self, x: &mut [f64], rng: &mut R, hear: impl FnMut(usize)) {
        kernels::normal::fill(x, rng);
        let rng = Xoshiro::from_rng(rng);
        match self.dim {
            1 => dispatch(Place::<1, _> { draws: self, x, rng, hear }),
            2 => dispatch(Place::<2, _> { draws: self, x, rng, hear }),
            _ => dispatch(Place::<0, _> { draws: self, x, rng, hear }),
        }
    }
}

/// Puts noise in the place of a component drawn for it. `D` is the dimension where the compiler knows it, else 0.
struct Place<'a, const D: usize, H> {
    draws: &'a Draws,
    x: &'a mut [f64],
    rng: Xoshiro,
    hear: H,
}

impl<const D: usize, H: FnMut(usize)> Kernel for Place<'_, D, H> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { draws, x, mut rng, mut hear } = self;
        let d = if D == 0 { draws.dim } else { D };
        let size = d + d * (d + 1) / 2;
        for rows in x.chunks_mut(kernels::LANES * d) {
            let bits = rng.next_lanes();
            for (row, bits) in rows.chunks_exact_mut(d).zip(bits) {
                let k = draws.choose.draw(bits);
                hear(k);
                let (mean, lower) = draws.places[k * size..][..size].split_at(d);
                // From the last coordinate up, so that the noise of those before is still there.
                for i in (0..d).rev() {
                    let factor = &lower[i * (i + 1) / 2..][..i + 1];
                    row[i] = (0..=i).fold(mean[i], |sum, j| A::mul_add(factor[j], row[j], sum));
                }
            }
        }
    }
}
