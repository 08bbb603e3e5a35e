//! The terms of the bound along training.

use prob::Bound;

/// Steps whose terms are averaged into one point.
const BLOCK: usize = 20;

/// The terms of the bound after so many steps, each point the mean over the batches of a block of steps, in nats.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    points: Vec<(usize, Bound)>,
    /// The block that is not yet full.
    open: Vec<Bound>,
}

impl Curve {
    /// The next batch's terms.
    pub fn push(&mut self, bound: Bound) {
        self.open.push(bound);
        if self.open.len() == BLOCK {
            self.close();
        }
    }

    /// The points so far: the last step of each block, and its mean. A block that training left short is one too.
    pub fn points(&self) -> Vec<(usize, Bound)> {
        let mut all = self.clone();
        if !all.open.is_empty() {
            all.close();
        }
        all.points
    }

    fn close(&mut self) {
        let before = self.points.last().map_or(0, |(step, _)| *step);
        self.points.push((before + self.open.len(), mean(&self.open)));
        self.open.clear();
    }
}

/// The mean of each term; the lists have one length.
fn mean(block: &[Bound]) -> Bound {
    let average = |term: &dyn Fn(&Bound) -> f64| block.iter().map(term).sum::<f64>() / block.len() as f64;
    Bound {
        reconstruction: average(&|bound| bound.reconstruction),
        prior_matching: average(&|bound| bound.prior_matching),
        matching: (0..block[0].matching.len()).map(|k| average(&|bound| bound.matching[k])).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_the_last_step_and_the_mean_of_a_block_also_if_it_is_short() {
        let mut curve = Curve::default();
        for k in 0..BLOCK + 3 {
            let k = k as f64;
            curve.push(Bound { reconstruction: k, prior_matching: -2.0 * k, matching: vec![3.0 * k] });
        }
        let at = |step, k: f64| {
            (step, Bound { reconstruction: k, prior_matching: -2.0 * k, matching: vec![3.0 * k] })
        };
        let middle = (BLOCK - 1) as f64 / 2.0;
        assert_eq!(curve.points(), [at(BLOCK, middle), at(BLOCK + 3, BLOCK as f64 + 1.0)]);
        assert!(Curve::default().points().is_empty());
    }
}
