//! Parameters of named networks to bytes and back, in the format safetensors (Hugging Face), which other programs read.
//!
//! Layer `l` of the network `encoder` becomes two tensors of f64: `encoder.l.weight` (`[in, out]`, so that
//! `y = x W + b`) and `encoder.l.bias` (`[out]`), with `l` from 0. What else a model is made of, such as a variance that
//! is not learned, belongs into the metadata, which is text.
//!
//! ```
//! use nn::{Mlp, archive};
//! use ndarray_rand::rand::SeedableRng;
//!
//! let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(1);
//! let trained = Mlp::new(&[2, 16, 1], &mut rng);
//! let bytes = archive::to_bytes(&[("encoder", &trained)], &[("data", "ring8".to_owned())]);
//!
//! let mut loaded = Mlp::new(&[2, 16, 1], &mut rng);
//! archive::fill(&bytes, &mut [("encoder", &mut loaded)])?;
//! assert_eq!(loaded, trained);
//! assert_eq!(archive::metadata(&bytes)?["data"], "ring8");
//! # Ok::<(), archive::ArchiveError>(())
//! ```

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use ndarray::{Array, Dimension};
use safetensors::{Dtype, SafeTensorError, SafeTensors, View};

use crate::Mlp;

/// Bytes that do not hold the parameters asked for. Which tensor is wrong, and why.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ArchiveError {
    /// The bytes are not in the format, or are cut off.
    #[error("not a safetensors archive: {reason}")]
    Malformed {
        /// What is wrong with them.
        reason: String,
    },
    /// A network has a parameter that the archive lacks.
    #[error("tensor {tensor}: missing")]
    Missing {
        /// Its name.
        tensor: String,
    },
    /// The archive has a tensor that no network asked for.
    #[error("tensor {tensor}: no network has it")]
    Unexpected {
        /// Its name.
        tensor: String,
    },
    /// The numbers of a tensor are not f64.
    #[error("tensor {tensor}: numbers of type {found}, expected F64")]
    Dtype {
        /// Its name.
        tensor: String,
        /// The type that they have.
        found: String,
    },
    /// A tensor has another shape than the network's.
    #[error("tensor {tensor}: shape {found:?}, expected {expected:?}")]
    Shape {
        /// Its name.
        tensor: String,
        /// The shape in the network.
        expected: Vec<usize>,
        /// The shape in the archive.
        found: Vec<usize>,
    },
    /// A number of a tensor is NaN or infinite: no network computes with it.
    #[error("tensor {tensor}: number {index} is {value}, and must be finite")]
    NotFinite {
        /// Its name.
        tensor: String,
        /// Which of its numbers, row by row, from 0.
        index: usize,
        /// The number.
        value: f64,
    },
}

impl From<SafeTensorError> for ArchiveError {
    fn from(error: SafeTensorError) -> Self {
        Self::Malformed { reason: error.to_string() }
    }
}

/// The parameters of `networks` and the `metadata`, as safetensors. The same networks give the same bytes.
///
/// # Panics
/// If there is no network, or two have the same name.
pub fn to_bytes<S: AsRef<str>>(networks: &[(S, &Mlp)], metadata: &[(&str, String)]) -> Vec<u8> {
    let tensors: BTreeMap<String, Tensor> = networks
        .iter()
        .flat_map(|(name, net)| layer_names(name.as_ref(), net).zip(net.layers()))
        .flat_map(|([weight, bias], layer)| {
            [(weight, Tensor::of(&layer.weight)), (bias, Tensor::of(&layer.bias))]
        })
        .collect();
    let layers: usize = networks.iter().map(|(_, net)| net.layers().len()).sum();
    assert!(layers > 0, "an archive of no network");
    assert_eq!(tensors.len(), 2 * layers, "two networks of the same name");
    let bytes = safetensors::serialize(tensors, None).expect("shapes that are those of the numbers");
    with_metadata(&bytes, metadata)
}

/// The metadata that [`to_bytes`] was given, by key.
///
/// # Errors
/// [`ArchiveError::Malformed`].
pub fn metadata(bytes: &[u8]) -> Result<BTreeMap<String, String>, ArchiveError> {
    let (_, header) = SafeTensors::read_metadata(bytes)?;
    let entries = header.metadata().iter().flatten();
    Ok(entries.map(|(key, value)| (key.clone(), value.clone())).collect())
}

/// Takes all parameters of `networks` from what [`to_bytes`] made of networks of the same names and architectures. Nothing
/// is changed unless all of them fit, and no tensor is left over.
///
/// # Errors
/// [`ArchiveError`] with the first tensor that does not fit.
pub fn fill<S: AsRef<str>>(bytes: &[u8], networks: &mut [(S, &mut Mlp)]) -> Result<(), ArchiveError> {
    let archive = SafeTensors::deserialize(bytes)?;
    let mut known = BTreeSet::new();
    for (name, net) in networks.iter() {
        for (names, layer) in layer_names(name.as_ref(), net).zip(net.layers()) {
            let shapes = [layer.weight.shape(), layer.bias.shape()];
            for (name, shape) in names.into_iter().zip(shapes) {
                check(&archive, &name, shape)?;
                known.insert(name);
            }
        }
    }
    // In the order of their names: the archive has none that is the same in every run.
    let unexpected = archive.names().into_iter().filter(|&name| !known.contains(name)).min();
    if let Some(tensor) = unexpected {
        return Err(ArchiveError::Unexpected { tensor: tensor.to_owned() });
    }
    for (name, net) in networks {
        let names: Vec<_> = layer_names(name.as_ref(), net).collect();
        for ([weight, bias], layer) in names.into_iter().zip(net.layers_mut()) {
            let (weight, bias) = (archive.tensor(&weight)?, archive.tensor(&bias)?);
            let numbers = numbers(weight.data()).chain(numbers(bias.data()));
            layer.parameters_mut().zip(numbers).for_each(|(parameter, number)| *parameter = number);
        }
    }
    Ok(())
}

/// `name.l.weight` and `name.l.bias` for each layer `l`.
fn layer_names(name: &str, net: &Mlp) -> impl Iterator<Item = [String; 2]> {
    (0..net.layers().len()).map(move |l| ["weight", "bias"].map(|part| format!("{name}.{l}.{part}")))
}

/// Is there a tensor of this name, of finite f64, in this shape?
fn check(archive: &SafeTensors, name: &str, shape: &[usize]) -> Result<(), ArchiveError> {
    let tensor = name.to_owned();
    let Ok(found) = archive.tensor(name) else { return Err(ArchiveError::Missing { tensor }) };
    if found.dtype() != Dtype::F64 {
        return Err(ArchiveError::Dtype { tensor, found: found.dtype().to_string() });
    }
    if found.shape() != shape {
        let (expected, found) = (shape.to_vec(), found.shape().to_vec());
        return Err(ArchiveError::Shape { tensor, expected, found });
    }
    match numbers(found.data()).enumerate().find(|(_, number)| !number.is_finite()) {
        Some((index, value)) => Err(ArchiveError::NotFinite { tensor, index, value }),
        None => Ok(()),
    }
}

/// The numbers of f64 that are kept in these bytes.
fn numbers(data: &[u8]) -> impl Iterator<Item = f64> {
    data.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes))
}

/// A tensor of f64 on its way out: little-endian, row by row.
struct Tensor {
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl Tensor {
    fn of<D: Dimension>(numbers: &Array<f64, D>) -> Self {
        let data = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        Self { shape: numbers.shape().to_vec(), data }
    }
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        Dtype::F64
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::from(&self.data)
    }

    fn data_len(&self) -> usize {
        self.data.len()
    }
}

/// The archive with `metadata` at the beginning of its header, in the order of the keys.
///
/// An archive is the length of its header (8 bytes, little-endian), the header (JSON, filled up with spaces to a multiple
/// of 8 bytes), and the numbers. The library would write the metadata in the order of a hash map, which is another one in
/// every run.
fn with_metadata(archive: &[u8], metadata: &[(&str, String)]) -> Vec<u8> {
    let (length, rest) = archive.split_first_chunk().expect("an archive begins with a length");
    let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
    let metadata: BTreeMap<_, _> = metadata.iter().map(|(key, value)| (key, value)).collect();
    let metadata = serde_json::to_string(&metadata).expect("text is JSON");

    let mut wider = format!("{{\"__metadata__\":{metadata},").into_bytes();
    wider.extend(&header[1..]); // without its opening brace; a tensor follows
    wider.resize(wider.len().next_multiple_of(8), b' ');
    [&(wider.len() as u64).to_le_bytes(), &wider[..], numbers].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Dense;
    use ndarray_rand::rand::SeedableRng;
    use proptest::prelude::*;
    use rand_chacha::ChaCha8Rng;
    use safetensors::tensor::TensorView;

    fn net(widths: &[usize], seed: u64) -> Mlp {
        Mlp::new(widths, &mut ChaCha8Rng::seed_from_u64(seed))
    }

    /// What filling two networks, `a` of one layer from 2 to 1 and `b` from 1 to 1, with these bytes says; and that
    /// nothing has changed if it is an error.
    fn refusal(bytes: &[u8]) -> ArchiveError {
        let (mut a, mut b) = (net(&[2, 1], 1), net(&[1, 1], 2));
        let before = (a.clone(), b.clone());
        let error = fill(bytes, &mut [("a", &mut a), ("b", &mut b)]).unwrap_err();
        assert_eq!((a, b), before, "{error}");
        error
    }

    fn said(networks: &[(&str, &Mlp)]) -> String {
        refusal(&to_bytes(networks, &[])).to_string()
    }

    proptest! {
        /// Every parameter that is finite, and every text.
        #[test]
        fn what_was_written_is_read_bit_for_bit(
            widths in prop::collection::vec(1..=5usize, 2..=4),
            bits in prop::collection::vec(any::<u64>(), 120),
            entries in prop::collection::btree_map(".*", ".*", 0..4),
        ) {
            let mut written = net(&widths, 1);
            let values = bits.iter().map(|&bits| f64::from_bits(bits)).map(|v| if v.is_finite() { v } else { -0.0 });
            written.layers_mut().iter_mut().flat_map(Dense::parameters_mut).zip(values).for_each(|(p, v)| *p = v);
            let other = net(&[1, 1], 2);
            let listed: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value.clone())).collect();
            let bytes = to_bytes(&[("down", &written), ("up", &other)], &listed);
            prop_assert_eq!(metadata(&bytes).unwrap(), entries);

            let (mut read, mut other_read) = (net(&widths, 3), net(&[1, 1], 4));
            fill(&bytes, &mut [("up", &mut other_read), ("down", &mut read)]).unwrap();
            let bits = |net: &Mlp| net.flat_parameters().into_iter().map(f64::to_bits).collect::<Vec<_>>();
            prop_assert_eq!((bits(&read), bits(&other_read)), (bits(&written), bits(&other)));
        }
    }

    /// The whole file, written out after the specification of the format.
    #[test]
    fn an_archive_is_the_one_that_the_format_prescribes() {
        let mut line = net(&[2, 1], 1);
        line.set_flat_parameters(&[1.5, -2.0, 0.25]);
        let bytes = to_bytes(&[("a", &line)], &[("seed", "7".to_owned()), ("model", "\"vae\"".to_owned())]);
        let header = concat!(
            r#"{"__metadata__":{"model":"\"vae\"","seed":"7"},"#,
            r#""a.0.bias":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"#,
            r#""a.0.weight":{"dtype":"F64","shape":[2,1],"data_offsets":[8,24]}}"#,
        );
        let padding = " ".repeat(header.len().next_multiple_of(8) - header.len());
        let length = ((header.len() + padding.len()) as u64).to_le_bytes();
        let numbers = [0.25, 1.5, -2.0].map(f64::to_le_bytes).concat();
        assert_eq!(bytes, [&length, header.as_bytes(), padding.as_bytes(), &numbers].concat());
    }

    #[test]
    fn what_does_not_fit_is_refused_by_name() {
        let (a, b, wide, deep) = (net(&[2, 1], 1), net(&[1, 1], 2), net(&[3, 1], 3), net(&[2, 1, 1], 4));
        assert_eq!(said(&[("a", &a)]), "tensor b.0.weight: missing");
        assert_eq!(said(&[("a", &a), ("b", &b), ("c", &b)]), "tensor c.0.bias: no network has it");
        assert_eq!(said(&[("a", &deep), ("b", &b)]), "tensor a.1.bias: no network has it");
        assert_eq!(said(&[("a", &a), ("b", &wide)]), "tensor b.0.weight: shape [3, 1], expected [1, 1]");
    }

    #[test]
    fn numbers_of_another_type_are_refused() {
        let data = [0; 8];
        let narrow = TensorView::new(Dtype::F32, vec![2, 1], &data).unwrap();
        let error = refusal(&safetensors::serialize([("a.0.weight", narrow)], None).unwrap());
        assert_eq!(error.to_string(), "tensor a.0.weight: numbers of type F32, expected F64");
    }

    #[test]
    fn numbers_that_no_network_computes_with_are_refused() {
        let mut infinite = net(&[2, 1], 1);
        infinite.set_flat_parameters(&[0.5, f64::INFINITY, 0.0]);
        let error = refusal(&to_bytes(&[("a", &infinite)], &[]));
        assert_eq!(error.to_string(), "tensor a.0.weight: number 1 is inf, and must be finite");
    }

    #[test]
    fn bytes_that_are_cut_off_anywhere_are_refused() {
        let whole = to_bytes(&[("a", &net(&[2, 1], 1)), ("b", &net(&[1, 1], 2))], &[]);
        for length in 0..whole.len() {
            let error = refusal(&whole[..length]);
            assert!(matches!(error, ArchiveError::Malformed { .. }), "{length} bytes: {error}");
            assert!(metadata(&whole[..length]).is_err());
        }
        let longer = [&whole[..], &[0]].concat();
        let expected = "not a safetensors archive: incomplete metadata, file not fully covered";
        assert_eq!(refusal(&longer).to_string(), expected);
    }

    #[test]
    #[should_panic(expected = "two networks of the same name")]
    fn names_are_different() {
        to_bytes(&[("a", &net(&[2, 1], 1)), ("a", &net(&[1, 1], 2))], &[]);
    }
}
