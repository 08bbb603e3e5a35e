//! Probabilities of the steps that are learned while sampling.

use crate::exact::normalised;

/// Running means of the squares of the matching terms, and `p_t ∝ √(mean of f_t²)` from them.
#[derive(Clone, Debug)]
pub(crate) struct Running {
    squares: Vec<f64>,
    seen: Vec<f64>,
}

impl Running {
    /// Before any of the `terms` was seen.
    pub(crate) fn new(terms: usize) -> Self {
        Self { squares: vec![0.0; terms], seen: vec![0.0; terms] }
    }

    /// As if every term had been seen once more at the common mean: none is ever left out.
    pub(crate) fn probabilities(&self) -> Vec<f64> {
        let common = self.squares.iter().sum::<f64>() / self.seen.iter().sum::<f64>().max(1.0);
        let means = self.squares.iter().zip(&self.seen).map(|(s, n)| ((s + common) / (n + 1.0)).sqrt());
        normalised(means.collect())
    }

    /// Takes in a value of the term with this index.
    pub(crate) fn see(&mut self, term: usize, value: f64) {
        self.squares[term] += value * value;
        self.seen[term] += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn probabilities_follow_the_roots_of_the_squares() {
        let mut running = Running::new(2);
        assert_eq!(running.probabilities(), [0.5, 0.5]);
        for _ in 0..99_999 {
            running.see(0, 3.0);
            running.see(1, 1.0);
        }
        assert_relative_eq!(running.probabilities()[0], 0.75, max_relative = 1e-4);
    }

    /// One value seen of one term: the other counts as the common mean.
    #[test]
    fn what_was_not_seen_is_not_left_out() {
        let mut running = Running::new(2);
        running.see(0, 2.0);
        assert_eq!(running.probabilities(), [0.5, 0.5]);
        running.see(0, 0.0);
        // Means (4 + 2)/3 and 2/1: roots √2 and √2.
        assert_relative_eq!(running.probabilities()[0], 0.5, max_relative = 1e-12);
    }
}
