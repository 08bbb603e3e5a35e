//! What was found, as a table or as JSON.

use std::io::Write;
use std::path::PathBuf;

use learned::{Number, Row, Toy};
use montecarlo::Estimate;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::TrainArguments;
use crate::columns::columns;
use crate::refusal::Refusal;

/// A trained model beside the truth.
pub(crate) struct Report<'a> {
    pub(crate) asked: &'a TrainArguments,
    pub(crate) toy: &'a Toy,
    pub(crate) rows: &'a [Row],
    pub(crate) files: &'a [PathBuf],
}

/// A number of the report, by one of the two routes. The field names are public interface; nats where a term is meant.
#[derive(Serialize)]
struct Measured<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    estimated: Option<Estimated>,
    limit: Option<f64>,
}

#[derive(Serialize)]
struct Estimated {
    mean: f64,
    std_err: f64,
    samples: u64,
}

impl<'a> From<&'a Row> for Measured<'a> {
    fn from(row: &'a Row) -> Self {
        let (exact, estimated) = match row.value {
            Number::Exact(value) => (Some(value), None),
            Number::Estimated(Estimate { mean, std_err, samples }) => {
                (None, Some(Estimated { mean, std_err, samples }))
            }
        };
        Self { name: &row.name, exact, estimated, limit: row.limit }
    }
}

impl Report<'_> {
    /// Prints it as it was asked for.
    pub(crate) fn print(&self, out: &mut impl Write) -> Result<(), Refusal> {
        if self.asked.json {
            serde_json::to_writer_pretty(&mut *out, &self.document()).map_err(std::io::Error::from)?;
            writeln!(out)?;
        } else {
            self.table(out)?;
        }
        Ok(())
    }

    fn document(&self) -> Value {
        let measured: Vec<Measured> = self.rows.iter().map(Measured::from).collect();
        let files: Vec<String> = self.files.iter().map(|file| file.display().to_string()).collect();
        let settings: Map<String, Value> =
            self.asked.about().into_iter().map(|(key, value)| (key.to_owned(), value.into())).collect();
        json!({
            "model": self.asked.model.name(),
            "data": self.asked.data().to_string(),
            "seed": self.asked.seed.seed,
            "settings": settings,
            "units": "nats",
            "log_likelihood": self.toy.log_likelihood(),
            "measured": measured,
            "files": files,
        })
    }

    fn table(&self, out: &mut impl Write) -> Result<(), Refusal> {
        writeln!(
            out,
            "{} on {}: E log p(x) of the data themselves is {:.6} nats; no ELBO is above it",
            self.asked.model.name(),
            self.asked.data(),
            self.toy.log_likelihood()
        )?;
        let rows = self.rows.iter().map(cells).collect();
        writeln!(out, "{}", columns(["", "found (nats)", "limit", "difference"], rows))?;
        for file in self.files {
            writeln!(out, "{}", file.display())?;
        }
        Ok(())
    }
}

/// Name, number, limit and how far the number is from it.
fn cells(row: &Row) -> [String; 4] {
    let dash = || "–".to_owned();
    let limit = row.limit.map_or_else(dash, shown);
    let difference = row.limit.map_or_else(dash, |limit| shown(row.value.mean() - limit));
    let found = match row.value {
        Number::Exact(value) => shown(value),
        Number::Estimated(found) if found.mean.abs() < LARGE => found.to_string(),
        Number::Estimated(found) => format!("{:.3e} ± {:.1e}", found.mean, found.std_err),
    };
    [row.name.clone(), found, limit, difference]
}

/// Beyond this a number is written with a power of ten.
const LARGE: f64 = 1e6;

fn shown(value: f64) -> String {
    if value.abs() < LARGE { format!("{:.6}", value + 0.0) } else { format!("{value:.3e}") }
}
