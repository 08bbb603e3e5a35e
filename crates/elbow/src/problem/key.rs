//! A value of a problem file with the path that leads to it, so that what is wrong can be named.

use std::fmt;

use ndarray::{Array1, Array2};
use toml::{Table, Value};

use crate::nearest::nearest;

/// A key that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BadKey {
    key: String,
    reason: String,
}

impl BadKey {
    pub(crate) fn new(key: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { key: key.into(), reason: reason.into() }
    }
}

impl fmt::Display for BadKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.reason)
        } else {
            write!(f, "{}: {}", self.key, self.reason)
        }
    }
}

/// A value and its path: `vdm.alphas[3]`.
#[derive(Clone, Debug)]
pub(crate) struct Key<'a> {
    path: String,
    value: &'a Value,
}

impl<'a> Key<'a> {
    pub(crate) fn new(path: impl Into<String>, value: &'a Value) -> Self {
        Self { path: path.into(), value }
    }

    /// The path.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The last part of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    /// Says what is wrong with the value.
    pub(crate) fn refuse(&self, reason: impl fmt::Display) -> BadKey {
        BadKey::new(&self.path, reason.to_string())
    }

    /// Says what is wrong with a value short enough to be repeated.
    pub(crate) fn refuse_value(&self, reason: impl fmt::Display) -> BadKey {
        BadKey::new(format!("{} = {}", self.path, self.value), reason.to_string())
    }

    fn wrong_kind(&self, expected: &str) -> BadKey {
        match self.value {
            Value::Array(_) | Value::Table(_) => self.refuse(format!(
                "must be {expected}, is {} {}",
                article(self.value),
                self.value.type_str()
            )),
            _ => self.refuse_value(format!("must be {expected}")),
        }
    }

    /// A finite number.
    pub(crate) fn number(&self) -> Result<f64, BadKey> {
        match *self.value {
            Value::Float(value) if value.is_finite() => Ok(value),
            Value::Float(_) => Err(self.refuse_value("must be finite")),
            Value::Integer(value) => Ok(value as f64),
            _ => Err(self.wrong_kind("a number")),
        }
    }

    /// A whole number from 1 on.
    pub(crate) fn count(&self) -> Result<usize, BadKey> {
        match self.value {
            Value::Integer(value) => usize::try_from(*value)
                .ok()
                .filter(|&n| n > 0)
                .ok_or_else(|| self.refuse_value("must be at least 1")),
            _ => Err(self.wrong_kind("a whole number")),
        }
    }

    /// A word.
    pub(crate) fn word(&self) -> Result<&'a str, BadKey> {
        self.value.as_str().ok_or_else(|| self.wrong_kind("a string"))
    }

    /// Whether it is a word and not a table or list.
    pub(crate) fn is_word(&self) -> bool {
        self.value.is_str()
    }

    /// One of these words.
    pub(crate) fn one_of(&self, known: &[&'static str]) -> Result<&'static str, BadKey> {
        let word = self.word()?;
        known.iter().find(|&&k| k == word).copied().ok_or_else(|| {
            let near = nearest(known.iter().copied(), word);
            let near = near.map_or(String::new(), |near| format!("; the nearest is \"{near}\""));
            self.refuse_value(format!("must be {}{near}", listed(known, " or ")))
        })
    }

    /// The entries of a list that is not empty.
    pub(crate) fn entries(&self, of: &str) -> Result<Vec<Key<'a>>, BadKey> {
        let values = self.value.as_array().ok_or_else(|| self.wrong_kind(&format!("a list of {of}")))?;
        if values.is_empty() {
            return Err(self.refuse(format!("must be a list of {of}, is empty")));
        }
        Ok(values
            .iter()
            .enumerate()
            .map(|(i, value)| Key::new(format!("{}[{i}]", self.path), value))
            .collect())
    }

    /// A list of finite numbers.
    pub(crate) fn vector(&self) -> Result<Array1<f64>, BadKey> {
        self.entries("numbers")?.iter().map(Key::number).collect()
    }

    /// A list of rows of finite numbers, all of one length.
    pub(crate) fn matrix(&self) -> Result<Array2<f64>, BadKey> {
        let rows = self.entries("rows of numbers")?;
        let vectors = rows.iter().map(Key::vector).collect::<Result<Vec<_>, _>>()?;
        let width = vectors[0].len();
        if let Some((row, vector)) = rows.iter().zip(&vectors).find(|(_, vector)| vector.len() != width) {
            return Err(row.refuse(format!("{} numbers, but the first row has {width}", vector.len())));
        }
        let numbers: Vec<f64> = vectors.iter().flatten().copied().collect();
        Ok(Array2::from_shape_vec((vectors.len(), width), numbers).expect("rows of one length"))
    }

    /// The table with these known keys.
    pub(crate) fn fields(&self, known: &[&'static str]) -> Result<Fields<'a>, BadKey> {
        let table = self.value.as_table().ok_or_else(|| self.wrong_kind("a table"))?;
        Fields::new(self.path.clone(), table, known)
    }
}

/// A table whose keys are all known.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    path: String,
    table: &'a Table,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(path: String, table: &'a Table, known: &[&'static str]) -> Result<Self, BadKey> {
        let fields = Self { path, table };
        let Some(key) = table.keys().find(|key| !known.contains(&key.as_str())) else { return Ok(fields) };
        let meant = match nearest(known.iter().copied(), key) {
            Some(near) => format!("the nearest known one is \"{near}\""),
            None => format!("known are {}", listed(known, ", ")),
        };
        Err(BadKey::new(fields.path_of(key), format!("unknown key; {meant}")))
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of a key that may be left out.
    pub(crate) fn get(&self, key: &str) -> Option<Key<'a>> {
        self.table.get(key).map(|value| Key::new(self.path_of(key), value))
    }

    /// The value of a key that must be there.
    pub(crate) fn required(&self, key: &str) -> Result<Key<'a>, BadKey> {
        self.get(key).ok_or_else(|| BadKey::new(self.path_of(key), "missing"))
    }

    /// The only one of some keys that is there.
    pub(crate) fn exactly_one(&self, keys: &[&'static str]) -> Result<Key<'a>, BadKey> {
        let mut there = keys.iter().filter_map(|key| self.get(key));
        match (there.next(), there.next()) {
            (Some(one), None) => Ok(one),
            (None, _) => {
                Err(BadKey::new(&self.path, format!("missing: exactly one of {}", listed(keys, ", "))))
            }
            (Some(one), Some(other)) => {
                let both = format!(
                    "stands beside {}, but only one of {} can be given",
                    one.path,
                    listed(keys, ", ")
                );
                Err(other.refuse(both))
            }
        }
    }
}

fn article(value: &Value) -> &'static str {
    if value.is_array() { "an" } else { "a" }
}

fn listed(words: &[&str], between: &str) -> String {
    words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(between)
}

/// The number of a table whose logarithm is furthest from 0, with its path; zeros do not count.
pub(crate) fn most_extreme(table: &Table) -> Option<(String, f64)> {
    let from_one = |value: f64| value.abs().ln().abs();
    let mut numbers = Vec::new();
    for (key, value) in table {
        collect_numbers(key.clone(), value, &mut numbers);
    }
    numbers
        .into_iter()
        .filter(|(_, value)| *value != 0.0)
        .max_by(|a, b| from_one(a.1).total_cmp(&from_one(b.1)))
}

fn collect_numbers(path: String, value: &Value, into: &mut Vec<(String, f64)>) {
    match value {
        Value::Float(number) => into.push((path, *number)),
        Value::Integer(number) => into.push((path, *number as f64)),
        Value::Array(list) => {
            for (i, entry) in list.iter().enumerate() {
                collect_numbers(format!("{path}[{i}]"), entry, into);
            }
        }
        Value::Table(table) => {
            for (key, entry) in table {
                collect_numbers(format!("{path}.{key}"), entry, into);
            }
        }
        _ => {}
    }
}
