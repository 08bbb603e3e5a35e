//! The parameters of a trained model on disk, with what they are the parameters of.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use learned::Model;
use nn::archive;

use super::TrainArguments;
use crate::memory;
use crate::refusal::Refusal;

/// Bytes of the longest file that is read: more than a model that fits in memory has.
const LONGEST: u64 = 1 << 30;

/// Writes the parameters and all that is needed to read them again.
pub(crate) fn write<M: Model>(model: &M, asked: &TrainArguments, name: &str) -> Result<PathBuf, Refusal> {
    let path = asked.out.join(format!("{name}.safetensors"));
    let bytes = archive::to_bytes(&model.named(), &asked.about());
    plot::write_whole(&path, &bytes)?;
    Ok(path)
}

/// A file that an earlier run wrote.
pub(crate) struct Saved {
    path: PathBuf,
    bytes: Vec<u8>,
    about: BTreeMap<String, String>,
}

impl Saved {
    /// Reads the file.
    pub(crate) fn read(path: &Path) -> Result<Self, Refusal> {
        let refused = |reason: String| Refusal::BadInput(format!("{}: {reason}", path.display()));
        let bytes = memory::read(path, LONGEST).map_err(|error| refused(error.to_string()))?;
        let about = archive::metadata(&bytes).map_err(|error| refused(error.to_string()))?;
        Ok(Self { path: path.to_owned(), bytes, about })
    }

    /// What is not asked for is as it was saved; what is asked for must be.
    pub(crate) fn complete(&self, asked: &mut TrainArguments) -> Result<(), Refusal> {
        self.check("model", asked.model.name())?;
        asked
            .complete(|key| self.about.get(key).map(String::as_str))
            .map_err(|reason| self.refused(&reason))?;
        // Where it was trained from is the model's past; the rest is what it is.
        for (key, value) in asked.about().iter().filter(|(key, _)| *key != "seed") {
            self.check(key, value)?;
        }
        Ok(())
    }

    /// Whether the file was saved with this.
    fn check(&self, key: &str, value: &str) -> Result<(), Refusal> {
        match self.about.get(key) {
            Some(saved) if saved == value => Ok(()),
            Some(saved) => {
                Err(self.refused(&format!("was saved with {key} {saved}, and {value} is asked for")))
            }
            None => Err(self.refused(&format!("does not say its {key}"))),
        }
    }

    /// Fills the model with the parameters.
    pub(crate) fn fill<M: Model>(&self, model: &mut M) -> Result<(), Refusal> {
        archive::fill(&self.bytes, &mut model.named_mut())
            .map_err(|error| self.refused(&error.to_string()))?;
        match model.fault() {
            Some((name, value)) => Err(self.refused(&format!("{name} is {value}: no model has that"))),
            None => Ok(()),
        }
    }

    fn refused(&self, reason: &str) -> Refusal {
        Refusal::BadInput(format!("{}: {reason}", self.path.display()))
    }
}
