//! What was found beside what is true.

use montecarlo::Estimate;

/// A number of a trained model.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What it is.
    pub name: String,
    /// What was found, with its standard error; `None` of a number that needs no estimate.
    pub found: Option<Estimate>,
    /// What it is for the best model there could be; `None` without such a number.
    pub exact: Option<f64>,
}

impl Row {
    /// A number that nothing is compared with.
    pub fn new(name: impl Into<String>, found: Estimate) -> Self {
        Self { name: name.into(), found: Some(found), exact: None }
    }

    /// A number that is known.
    pub fn known(name: impl Into<String>, exact: f64) -> Self {
        Self { name: name.into(), found: None, exact: Some(exact) }
    }

    /// The same beside the truth.
    #[must_use]
    pub fn beside(self, exact: f64) -> Self {
        Self { exact: Some(exact), ..self }
    }
}

/// How far the bound of a model is below the average log-likelihood of the data under their own law, for each
/// coordinate, in nats.
pub fn gap_per_dimension(elbo: Estimate, log_likelihood: f64, d: usize) -> Row {
    let d = d as f64;
    let mean = (log_likelihood - elbo.mean) / d;
    Row::new("gap of the ELBO per dimension", Estimate { mean, std_err: elbo.std_err / d, ..elbo })
        .beside(0.0)
}
