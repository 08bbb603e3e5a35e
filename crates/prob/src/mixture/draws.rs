//! Draws from a mixture: a component from its table, and standard normal noise put in its place, `m_k + L_k ε`.

#![allow(clippy::needless_range_loop, reason = "lanes and coordinates are walked side by side")]

use kernels::{AliasTable, Arithmetic, Kernel, LANES, Xoshiro, dispatch};
use ndarray_rand::rand::RngCore;

use crate::Gaussian;

/// The components of a mixture, ready for many draws.
#[derive(Clone, PartialEq)]
pub(super) struct Draws {
    choose: AliasTable,
    places: Places,
}

#[derive(Clone, PartialEq)]
enum Places {
    Line(Vec<Place<1>>),
    Plane(Vec<Place<2>>),
    Space(Vec<Gaussian>),
}

/// `m` and `L` of one component, as many numbers as the compiler knows.
#[derive(Clone, PartialEq)]
struct Place<const D: usize> {
    mean: [f64; D],
    lower: [[f64; D]; D],
}

impl<const D: usize> From<&Gaussian> for Place<D> {
    fn from(law: &Gaussian) -> Self {
        let lower = law.factor().lower();
        Self {
            mean: std::array::from_fn(|i| law.mean()[i]),
            lower: std::array::from_fn(|i| std::array::from_fn(|j| lower[[i, j]])),
        }
    }
}

impl Draws {
    /// At least one component, all of one dimension.
    pub(super) fn new(weights: &[f64], components: &[Gaussian]) -> Self {
        let places = match components[0].dim() {
            1 => Places::Line(components.iter().map(Place::from).collect()),
            2 => Places::Plane(components.iter().map(Place::from).collect()),
            _ => Places::Space(components.to_vec()),
        };
        Self { choose: AliasTable::new(weights), places }
    }

    /// Fills `x`, row by row, and tells `hear` the component of each.
    pub(super) fn fill<R: RngCore + ?Sized>(&self, x: &mut [f64], rng: &mut R, mut hear: impl FnMut(usize)) {
        kernels::normal::fill(x, rng);
        let mut labels = Xoshiro::from_rng(rng);
        let choose = &self.choose;
        match &self.places {
            Places::Line(places) if choose.is_small() => dispatch(LookUp { choose, places, x, labels, hear }),
            Places::Plane(places) if choose.is_small() => {
                dispatch(LookUp { choose, places, x, labels, hear });
            }
            Places::Line(places) => dispatch(PutInPlace { choose, places, x, labels, hear }),
            Places::Plane(places) => dispatch(PutInPlace { choose, places, x, labels, hear }),
            Places::Space(places) => {
                for rows in x.chunks_mut(LANES * places[0].dim()) {
                    for (row, bits) in rows.chunks_exact_mut(places[0].dim()).zip(labels.next_lanes()) {
                        let k = choose.draw(bits);
                        hear(k);
                        put_in_place(&places[k], row);
                    }
                }
            }
        }
    }
}

/// Rows whose components are drawn together.
const BATCH: usize = 128;

struct PutInPlace<'a, const D: usize, H> {
    choose: &'a AliasTable,
    places: &'a [Place<D>],
    x: &'a mut [f64],
    labels: Xoshiro,
    hear: H,
}

impl<const D: usize, H: FnMut(usize)> Kernel for PutInPlace<'_, D, H> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { choose, places, x, mut labels, mut hear } = self;
        // First the bits, then the components, then the places: each loop is one that the processor overlaps well.
        let mut bits = [[0; LANES]; BATCH / LANES];
        let mut components = [0; BATCH];
        for rows in x.as_chunks_mut::<D>().0.chunks_mut(BATCH) {
            for lanes in &mut bits {
                *lanes = labels.next_lanes();
            }
            for (component, &bits) in components.iter_mut().zip(bits.as_flattened()) {
                *component = choose.draw(bits);
            }
            for (row, &k) in rows.iter_mut().zip(&components) {
                hear(k);
                let Place { mean, lower } = &places[k];
                let noise = *row;
                for i in 0..D {
                    row[i] = mean[i];
                    for j in 0..=i {
                        row[i] = A::mul_add(lower[i][j], noise[j], row[i]);
                    }
                }
            }
        }
    }
}

/// The same for up to eight components, whose numbers lie in registers: eight rows at a time.
struct LookUp<'a, const D: usize, H> {
    choose: &'a AliasTable,
    places: &'a [Place<D>],
    x: &'a mut [f64],
    labels: Xoshiro,
    hear: H,
}

/// One number of every component, as bits.
type Table = [u64; LANES];

/// `m` and `L` of all components.
struct Tables<const D: usize> {
    mean: [Table; D],
    lower: [[Table; D]; D],
}

impl<const D: usize> Tables<D> {
    fn new(places: &[Place<D>]) -> Self {
        let mut tables = Self { mean: [[0; LANES]; D], lower: [[[0; LANES]; D]; D] };
        for (k, place) in places.iter().enumerate() {
            for i in 0..D {
                tables.mean[i][k] = place.mean[i].to_bits();
                for j in 0..=i {
                    tables.lower[i][j][k] = place.lower[i][j].to_bits();
                }
            }
        }
        tables
    }

    /// `ε ← m_k + L_k ε` for eight rows.
    #[inline(always)]
    fn put_in_place<A: Arithmetic>(&self, k: &[u64; LANES], rows: &mut [[f64; D]; LANES]) {
        let noise = *rows;
        for i in 0..D {
            let mean = A::look_up(&self.mean[i], k);
            let mut sum = [0.0; LANES];
            for lane in 0..LANES {
                sum[lane] = f64::from_bits(mean[lane]);
            }
            for j in 0..=i {
                let lower = A::look_up(&self.lower[i][j], k);
                for lane in 0..LANES {
                    sum[lane] = A::mul_add(f64::from_bits(lower[lane]), noise[lane][j], sum[lane]);
                }
            }
            for lane in 0..LANES {
                rows[lane][i] = sum[lane];
            }
        }
    }
}

/// Words of each lane that are drawn together.
const WORDS: usize = 8;

impl<const D: usize, H: FnMut(usize)> Kernel for LookUp<'_, D, H> {
    type Output = ();

    #[inline(always)]
    fn run<A: Arithmetic>(self) {
        let Self { choose, places, x, mut labels, mut hear } = self;
        let tables = Tables::new(places);
        for rows in x.as_chunks_mut::<D>().0.chunks_mut(LANES * WORDS) {
            let bits = labels.next_rows::<WORDS>();
            let (blocks, rest) = rows.as_chunks_mut::<LANES>();
            for (rows, bits) in blocks.iter_mut().zip(&bits) {
                let k = choose.draw_lanes::<A>(bits);
                for k in k {
                    hear(k as usize);
                }
                tables.put_in_place::<A>(&k, rows);
            }
            if !rest.is_empty() {
                let k = choose.draw_lanes::<A>(&bits[blocks.len()]);
                for &k in &k[..rest.len()] {
                    hear(k as usize);
                }
                let mut rows = [[0.0; D]; LANES];
                rows[..rest.len()].copy_from_slice(rest);
                tables.put_in_place::<A>(&k, &mut rows);
                rest.copy_from_slice(&rows[..rest.len()]);
            }
        }
    }
}

/// The same in any number of dimensions: from the last coordinate up, so that the noise of those before is still there.
fn put_in_place(law: &Gaussian, row: &mut [f64]) {
    for i in (0..row.len()).rev() {
        let factor = law.factor().lower();
        row[i] = (0..=i).fold(law.mean()[i], |sum, j| sum + factor[[i, j]] * row[j]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array1, Array2, Axis};
    use ndarray_rand::rand::{SeedableRng, rngs::StdRng};

    /// Laws in `d` dimensions, of different means, variances and correlations, the second of them without weight: as few as lie
    /// in registers, and more.
    fn laws(d: usize) -> [(Vec<f64>, Vec<Gaussian>); 2] {
        let component = |k: usize| {
            let mean = Array1::from_shape_fn(d, |i| (k as f64 - 1.5) * (1.0 + i as f64));
            let root = Array2::from_shape_fn((d, d), |(i, j)| ((1 + k + 3 * i + 2 * j) as f64).sin());
            Gaussian::new(mean, root.dot(&root.t()) + Array2::<f64>::eye(d) * 0.3).unwrap()
        };
        let few = vec![0.1, 0.0, 0.55, 0.35];
        let many = vec![0.05, 0.0, 0.2, 0.05, 0.1, 0.05, 0.05, 0.1, 0.15, 0.05, 0.2];
        [few, many].map(|weights| (weights.clone(), (0..weights.len()).map(component).collect()))
    }

    /// No multiple of a batch.
    const ROWS: usize = 40_003;

    fn draw(draws: &Draws, d: usize) -> (Array2<f64>, Vec<usize>) {
        let (mut x, mut labels) = (Array2::zeros((ROWS, d)), vec![]);
        draws.fill(x.as_slice_mut().unwrap(), &mut StdRng::seed_from_u64(8), |k| labels.push(k));
        (x, labels)
    }

    /// Labels have the weights, and the rows of a label, whitened by its law, mean 0 and covariance `I`: z tests whose
    /// variances are known, to 6.1 standard errors: false alarms 1e-9 each, 1e-8 for the squares of a rare label, which are skew.
    #[test]
    fn labels_have_the_weights_and_rows_the_law_of_their_label() {
        let meets = |found: f64, expected: f64, variance: f64, n: usize| {
            let allowed = 6.1 * (variance / n as f64).sqrt();
            assert!((found - expected).abs() <= allowed, "{found} for {expected} ± {allowed}");
        };
        for (d, (weights, components)) in (1..=3).flat_map(|d| laws(d).map(|law| (d, law))) {
            let (x, labels) = draw(&Draws::new(&weights, &components), d);
            assert_eq!(labels.len(), ROWS);
            for (k, (weight, law)) in weights.into_iter().zip(&components).enumerate() {
                let mine: Vec<usize> = (0..ROWS).filter(|&i| labels[i] == k).collect();
                let n = mine.len();
                meets(n as f64 / ROWS as f64, weight, weight * (1.0 - weight), ROWS);
                if n == 0 {
                    continue;
                }
                let mut white = x.select(Axis(0), &mine) - law.mean();
                law.factor().whiten_rows(&mut white);
                let gram = white.t().dot(&white) / n as f64;
                for i in 0..d {
                    meets(white.column(i).sum() / n as f64, 0.0, 1.0, n);
                    for j in 0..=i {
                        let same = f64::from(u8::from(i == j));
                        meets(gram[[i, j]], same, 1.0 + same, n);
                    }
                }
            }
        }
    }

    /// The kernels of the line and the plane put the same noise to the same places as the general way.
    #[test]
    fn the_kernels_draw_what_the_general_way_draws() {
        for (d, (weights, components)) in (1..=2).flat_map(|d| laws(d).map(|law| (d, law))) {
            let kernel = Draws::new(&weights, &components);
            let general = Draws { places: Places::Space(components), ..kernel.clone() };
            let ((x, labels), (y, others)) = (draw(&kernel, d), draw(&general, d));
            assert_eq!(labels, others);
            approx::assert_relative_eq!(x, y, epsilon = 1e-13);
        }
    }
}
