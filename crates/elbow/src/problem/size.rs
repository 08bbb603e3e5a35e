//! How much memory a problem takes.

/// Bytes of one step: `width` coordinates, and the answers of `components` of the data where the best denoiser is asked.
pub(crate) fn step(width: usize, components: usize) -> f64 {
    let (width, components) = (width as f64, components as f64);
    // An encoder, a decoder, a marginal and a posterior of the observation, of a weight, a covariance and its factor each;
    // six forms are made of them.
    let laws = 32.0 * (width * width + width + 64.0);
    // Each component answers as a denoiser and as a score, from where it is seen, with a gain. Beyond the plane these are
    // arrays of their own, each with its shape. The model is kept twice: where its terms are integrated, and where they are
    // sampled.
    let shapes = if width > 2.0 { 40.0 } else { 0.0 };
    let answers = 2.0 * 2.0 * components * (3.0 * width * width + 2.0 * width + 2.0 + shapes);
    8.0 * (laws + answers)
}
