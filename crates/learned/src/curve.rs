//! The terms of the bound along training.

use montecarlo::{Estimate, Moments};
use prob::Bound;

/// A curve has this many points, or one for each batch if those are fewer.
const POINTS: usize = 60;

/// The terms of the bound on every batch, in nats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    heard: Vec<Bound>,
}

impl Curve {
    /// The next batch's terms.
    pub fn push(&mut self, bound: Bound) {
        self.heard.push(bound);
    }

    /// The terms on every batch so far.
    pub fn heard(&self) -> &[Bound] {
        &self.heard
    }

    /// A number of the bound along training, at most 60 points of it: the last step of a block of batches, and the mean over the
    /// block with the standard error that independent batches of one model would have. The last block may be short.
    pub fn points(&self, term: impl Fn(&Bound) -> f64) -> Vec<(usize, Estimate)> {
        let length = self.heard.len().div_ceil(POINTS).max(1);
        let blocks = self.heard.chunks(length).enumerate();
        blocks
            .map(|(k, block)| {
                (k * length + block.len(), block.iter().map(&term).collect::<Moments>().estimate())
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_last_step_and_the_mean_of_a_block_also_if_it_is_short() {
        let mut curve = Curve::default();
        assert!(curve.points(Bound::elbo).is_empty());
        for k in 0..2 * POINTS + 1 {
            curve.push(Bound { reconstruction: k as f64, prior_matching: 0.0, matching: vec![] });
        }
        let points = curve.points(|bound| bound.reconstruction);
        let (step, first) = points[0];
        assert_eq!((step, first.mean, first.samples), (3, 1.0, 3));
        assert!((first.std_err - 3f64.sqrt().recip()).abs() < 1e-15, "{first:?}");
        let (step, last) = points[points.len() - 1];
        assert_eq!((points.len(), step, last.mean, last.samples), (41, 121, 120.0, 1));
    }
}
