//! Quadratics of standard normal noise: their exact moments, and those of a product of two.

use ndarray::{Array1, Array2};

use crate::Moments;

/// `mean + b'ε + ε'Mε - tr M` with `M` symmetric.
#[derive(Clone, Debug)]
pub(crate) struct NoiseQuadratic {
    pub(crate) mean: f64,
    /// `b`.
    pub(crate) slope: Array1<f64>,
    /// `M`.
    pub(crate) curvature: Array2<f64>,
}

impl NoiseQuadratic {
    /// 0, as a function of `noise` coordinates.
    pub(crate) fn zero(noise: usize) -> Self {
        Self { mean: 0.0, slope: Array1::zeros(noise), curvature: Array2::zeros((noise, noise)) }
    }

    pub(crate) fn add(&mut self, factor: f64, other: &Self) {
        self.mean += factor * other.mean;
        self.slope.scaled_add(factor, &other.slope);
        self.curvature.scaled_add(factor, &other.curvature);
    }

    /// Reflection of the noise changes the sign of `b'ε` alone: `odd = |b|²`, `even = 2 tr(M²)`.
    pub(crate) fn moments(&self) -> Moments {
        Moments {
            mean: self.mean,
            even: 2.0 * norm_squared(self.curvature.iter()),
            odd: norm_squared(self.slope.iter()),
        }
    }

    /// Mean and variance of the product of two quadratics. Moments are sums over partitions of products of joint
    /// cumulants (Leonov and Shiryaev 1959); those of `Var fg` join one pair `f, g` with the other, so that nothing is
    /// taken away from anything. The variance is given as even, whatever its parts are.
    pub(crate) fn product_moments(&self, other: &Self) -> Moments {
        let both = [self, other];
        // By how many times each factor stands in the block.
        let mut cumulants = [[0.0; 3]; 3];
        for (of_self, row) in cumulants.iter_mut().enumerate() {
            for (of_other, cumulant) in row.iter_mut().enumerate() {
                let block: Vec<&Self> =
                    (0..of_self).map(|_| both[0]).chain((0..of_other).map(|_| both[1])).collect();
                *cumulant = joint_cumulant(&block);
            }
        }
        // Elements 0 and 2 are `f`, 1 and 3 are `g`.
        let of_block = |block: &Vec<usize>| {
            let of_self = block.iter().filter(|&i| i % 2 == 0).count();
            cumulants[of_self][block.len() - of_self]
        };
        let joins = |block: &Vec<usize>| block.iter().any(|&i| i < 2) && block.iter().any(|&i| i >= 2);
        let variance = (partitions(4).iter())
            .filter(|blocks| blocks.iter().any(joins))
            .map(|blocks| blocks.iter().map(of_block).product::<f64>())
            .sum();
        Moments { mean: self.mean * other.mean + cumulants[1][1], even: variance, odd: 0.0 }
    }
}

/// The joint cumulant of `n` quadratics of the same noise: their mean for one; for more
/// `2ⁿ⁻¹ Σ tr(M_1 M_σ(2) … M_σ(n)) + 2ⁿ⁻³ Σ b_σ(1)' M_σ(2) … M_σ(n-1) b_σ(n)`, over the orders of all but the first and of
/// all. Derivatives at 0 of `log E exp(Σ t_i f_i)`.
fn joint_cumulant(of: &[&NoiseQuadratic]) -> f64 {
    let n = of.len();
    if n < 2 {
        return of.first().map_or(0.0, |one| one.mean);
    }
    let everyone: Vec<usize> = (0..n).collect();
    let traces: f64 = orders(&everyone[1..])
        .iter()
        .map(|order| {
            let (last, between) = order.split_last().expect("two at least");
            let chain = between.iter().fold(of[0].curvature.clone(), |chain, &i| chain.dot(&of[i].curvature));
            (&chain * &of[*last].curvature.t()).sum()
        })
        .sum();
    let slopes: f64 = orders(&everyone)
        .iter()
        .map(|order| {
            let (first, last) = (of[order[0]], of[order[n - 1]]);
            let chain =
                order[1..n - 1].iter().fold(first.slope.clone(), |chain, &i| chain.dot(&of[i].curvature));
            chain.dot(&last.slope)
        })
        .sum();
    2f64.powi(n as i32 - 1) * traces + 2f64.powi(n as i32 - 3) * slopes
}

/// All orders of some numbers.
fn orders(of: &[usize]) -> Vec<Vec<usize>> {
    if of.is_empty() {
        return vec![vec![]];
    }
    let without = |i: usize| -> Vec<usize> { [&of[..i], &of[i + 1..]].concat() };
    (0..of.len())
        .flat_map(|i| orders(&without(i)).into_iter().map(move |rest| [&[of[i]], rest.as_slice()].concat()))
        .collect()
}

/// All ways to split `0 … n-1` into blocks.
fn partitions(n: usize) -> Vec<Vec<Vec<usize>>> {
    let Some(last) = n.checked_sub(1) else { return vec![vec![]] };
    let mut all = Vec::new();
    for blocks in partitions(last) {
        for i in 0..=blocks.len() {
            let mut with = blocks.clone();
            match with.get_mut(i) {
                Some(block) => block.push(last),
                None => with.push(vec![last]),
            }
            all.push(with);
        }
    }
    all
}

pub(crate) fn norm_squared<'a>(values: impl Iterator<Item = &'a f64>) -> f64 {
    values.map(|value| value * value).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{ArrayRef1, array};
    use prob::{GaussHermite, Gaussian};
    use proptest::prelude::*;

    fn quadratic() -> impl Strategy<Value = NoiseQuadratic> {
        (-2.0..2.0f64, prop::array::uniform2(-1.0..1.0f64), prop::array::uniform3(-1.0..1.0f64)).prop_map(
            |(mean, slope, [a, b, c])| NoiseQuadratic {
                mean,
                slope: slope.to_vec().into(),
                curvature: array![[a, b], [b, c]],
            },
        )
    }

    fn at(f: &NoiseQuadratic, eps: &ArrayRef1<f64>) -> f64 {
        f.mean - f.curvature.diag().sum() + f.slope.dot(eps) + eps.dot(&f.curvature.dot(eps))
    }

    proptest! {
        /// Against the product rule with 5 nodes, exact for the degree 8 of a squared product.
        #[test]
        fn moments_are_those_of_gauss_and_hermite((f, g) in (quadratic(), quadratic())) {
            let rule = GaussHermite::new(5);
            let average = |h: &dyn Fn(&ArrayRef1<f64>) -> f64| rule.expectation(&Gaussian::standard(2), |eps| h(eps));
            let own = f.moments();
            prop_assert!((average(&|eps| at(&f, eps)) - own.mean).abs() < 1e-12);
            prop_assert!((average(&|eps| (at(&f, eps) - own.mean).powi(2)) - own.variance()).abs() < 1e-11);
            let product = f.product_moments(&g);
            let value = |eps: &ArrayRef1<f64>| at(&f, eps) * at(&g, eps);
            assert_relative_eq!(average(&value), product.mean, max_relative = 1e-10, epsilon = 1e-12);
            let spread = average(&|eps| (value(eps) - product.mean).powi(2));
            assert_relative_eq!(spread, product.variance(), max_relative = 1e-10, epsilon = 1e-12);
        }
    }

    #[test]
    fn there_are_fifteen_partitions_of_four_and_six_orders_of_three() {
        assert_eq!((partitions(4).len(), orders(&[0, 1, 2]).len()), (15, 6));
    }

    /// A constant of 1e8 times a small quadratic: the variance is the square of the constant times the small one's.
    #[test]
    fn a_large_mean_takes_no_digits() {
        let large = NoiseQuadratic { mean: 1e8, ..NoiseQuadratic::zero(1) };
        let small = NoiseQuadratic { mean: 1e-3, slope: array![1e-4], curvature: array![[1e-5]] };
        let expected = 1e16 * small.moments().variance();
        assert_relative_eq!(large.product_moments(&small).variance(), expected, max_relative = 1e-14);
    }
}
