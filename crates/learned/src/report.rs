//! What was found beside what could be.

use montecarlo::Estimate;

/// A number of a trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// What was found.
    pub value: Number,
    /// What no model can pass, whatever it is trained by; `None` without such a number.
    pub limit: Option<f64>,
}

/// A number by one of the two routes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Number {
    /// By formula or quadrature.
    Exact(f64),
    /// By Monte Carlo, with its standard error.
    Estimated(Estimate),
}

impl Number {
    /// The number, or the mean of its estimate.
    pub fn mean(&self) -> f64 {
        match self {
            Number::Exact(value) => *value,
            Number::Estimated(estimate) => estimate.mean,
        }
    }
}

impl Row {
    /// A number by Monte Carlo.
    pub fn estimated(name: impl Into<String>, found: Estimate) -> Self {
        Self { name: name.into(), value: Number::Estimated(found), limit: None }
    }

    /// A number that needs no estimate.
    pub fn exact(name: impl Into<String>, value: f64) -> Self {
        Self { name: name.into(), value: Number::Exact(value), limit: None }
    }

    /// The same with the number that no model passes.
    #[must_use]
    pub fn limit(self, limit: f64) -> Self {
        Self { limit: Some(limit), ..self }
    }
}

/// How far the bound of a model is below the average log-likelihood of the data under their own law, for each
/// coordinate, in nats.
pub fn gap_per_dimension(elbo: Estimate, log_likelihood: f64, d: usize) -> Row {
    let d = d as f64;
    let mean = (log_likelihood - elbo.mean) / d;
    let found = Estimate { mean, std_err: elbo.std_err / d, ..elbo };
    Row::estimated("gap of the ELBO per dimension", found).limit(0.0)
}
