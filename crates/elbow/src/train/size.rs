//! How much memory a training takes, said before any is asked for.

use super::TrainArguments;
use super::choices::ModelName;
use crate::memory;
use crate::refusal::Refusal;

/// Inputs or outputs of a network: no model of the toy data has more.
const ENDS: usize = 8;

/// Examples that share a gradient of their own, which cores compute side by side (`nn::Shards`).
const SHARD: usize = 128;

/// Copies of the parameters whatever the batch is: the network, the last that were good, two averages of Adam, and the
/// gradient.
const COPIES: usize = 5;

/// Numbers of 8 bytes that the training curve keeps of a batch, but for its matching terms; twice, for a list that grows is
/// as long again.
const HEARD: usize = 2 * 8;

/// What the memory of a training depends on.
struct Size {
    networks: usize,
    /// Rows that pass through a network for one example.
    rows: usize,
    hidden: Vec<usize>,
    batch: usize,
    steps: usize,
    /// Matching terms of a bound.
    matching: usize,
}

/// Refuses a training that does not fit in memory.
pub(crate) fn check(asked: &TrainArguments) -> Result<(), Refusal> {
    let size = Size::of(asked);
    memory::allowed(size.bytes()).map_err(|reason| {
        let widths: Vec<String> = size.hidden.iter().map(usize::to_string).collect();
        let hidden = widths.join(",");
        Refusal::BadInput(match &asked.load {
            Some(file) => format!("{}: hidden {hidden} {reason}", file.display()),
            None => format!("--hidden {hidden} --batch {} --steps {} {reason}", size.batch, size.steps),
        })
    })
}

impl Size {
    fn of(asked: &TrainArguments) -> Self {
        match asked.model {
            ModelName::Vae => {
                let of = asked.vae();
                Self {
                    networks: 2,
                    rows: 1,
                    hidden: of.hidden,
                    batch: of.batch,
                    steps: of.steps,
                    matching: 0,
                }
            }
            ModelName::Mhvae => {
                let of = asked.mhvae();
                let latents = of.latent_dims.len();
                let networks = 2 * latents;
                Self {
                    networks,
                    rows: 1,
                    hidden: of.hidden,
                    batch: of.batch,
                    steps: of.steps,
                    matching: latents,
                }
            }
            // Each example is shown at the first level and at a random one.
            ModelName::Vdm => {
                let of = asked.vdm();
                Self {
                    networks: 1,
                    rows: 2,
                    hidden: of.hidden,
                    batch: of.batch,
                    steps: of.steps,
                    matching: 1,
                }
            }
        }
    }

    /// In floating point: nothing overflows, whatever is asked for.
    fn bytes(&self) -> f64 {
        let widths: Vec<f64> =
            [&[ENDS], &self.hidden[..], &[ENDS]].concat().into_iter().map(|width| width as f64).collect();
        let (batch, rows) = (self.batch as f64, (self.batch * self.rows) as f64);
        let parameters: f64 = widths.windows(2).map(|pair| (pair[0] + 1.0) * pair[1]).sum();
        // What each layer said, and the gradient there.
        let passes = 2.0 * rows * widths.iter().sum::<f64>();
        let copies = (batch / SHARD as f64).ceil() + COPIES as f64;
        let curve = self.steps as f64 * (HEARD + self.matching) as f64;
        8.0 * (self.networks as f64 * (passes + copies * parameters) + curve)
    }
}
