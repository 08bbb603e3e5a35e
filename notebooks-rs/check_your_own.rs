//! Chapter 10: check your own derivation, line by line, with numbers.

// %% [markdown]
// # 10. Check your own derivation: two sides that share no code
//
// A derivation is a list of equalities, and each is a *claim* that can be tried: compute both sides, by routes that have nothing in
// common, on hundreds of random problems. Where they agree to ten digits the line is as good as true; where they do not, one
// counterexample ends the matter, and the smaller it is, the more it teaches. This chapter tries three lines. Two are false,
// and one of these is printed in a well-known text, Luo (45).
//
// Claims of this chapter: A5a, B7, R1. `elbow explain R1` shows one of them, with what it rests on.

// %%
use std::error::Error;

use claims::{Claim, Run, problems};
use ndarray::array;
use notebooks::check;
use prob::{Gaussian, integrate};
use vdm::{Reverse, Schedule, Vdm};

/// Mean and variance of a Gaussian on the line.
fn moments(p: &Gaussian) -> (f64, f64) {
    (p.mean()[0], p.covariance()[[0, 0]])
}

/// `KL(p || N(0, 1))` by quadrature: no formula of a divergence is in it.
fn by_quadrature(p: &Gaussian) -> f64 {
    let (mean, sd) = (p.mean()[0], p.covariance()[[0, 0]].sqrt());
    let standard = Gaussian::standard(1);
    let integrand = |x: f64| {
        let x = array![x];
        p.log_prob(&x).exp() * (p.log_prob(&x) - standard.log_prob(&x))
    };
    integrate(integrand, &[mean - 12.0 * sd, mean, mean + 12.0 * sd], 1e-12).value
}

/// By how much the sum that is printed for the consistency terms is too large, for `p(x_{t-1}|x_t) = N(m x_t, v)`.
fn printed_less_true(alphas: &[f64], m: f64, v: f64, x_0: f64) -> Result<f64, Box<dyn Error>> {
    let reverse = Reverse::unbiased(1, vec![m; alphas.len()], vec![v; alphas.len()])?;
    let model = Vdm::new(Schedule::from_alphas(alphas)?, reverse)?;
    let x_0 = array![x_0];
    let sum = |bound: prob::Bound| bound.matching.iter().sum::<f64>();
    Ok(sum(model.consistency_as_printed(&x_0)) - sum(model.consistency(&x_0)))
}

// %%
fn main() -> Result<(), Box<dyn Error>> {
    // %% [markdown]
    // ## A line that holds
    //
    // A strategy makes random problems, here Gaussians on the line with variances over several powers of ten; the body compares
    // the two sides of the line on each. The formula stands on the left as it would in a lecture, the integral on the right.

    // %%
    let divergence = Claim::new("KL", "KL(N(m, v) || N(0, 1)) = 1/2 (m^2 + v - 1 - log v)").identity(
        1e-9,
        problems::gaussian(1),
        |p, trial| {
            let (m, v) = moments(p);
            trial.nats(0.5 * (m * m + v - 1.0 - v.ln()), by_quadrature(p));
        },
    );
    println!("{}", divergence.check(&Run::default()));

    // %% [markdown]
    // ## A slip of the pen
    //
    // $\log \sigma$ for $\log \sigma^2$ is the most common slip in this formula. The claim fails, and the problem at which it fails
    // has been made as simple as it could be: that is what one would look at next.

    // %%
    let slip = Claim::new("slip", "KL(N(m, v) || N(0, 1)) = 1/2 (m^2 + v - 1 - log sqrt v)").identity(
        1e-9,
        problems::gaussian(1),
        |p, trial| {
            let (m, v) = moments(p);
            trial.nats(0.5 * (m * m + v - 1.0 - v.sqrt().ln()), by_quadrature(p));
        },
    );
    println!("{}", slip.check(&Run::default()));

    // %% [markdown]
    // ## A line that is printed, and false
    //
    // A claim can also say that a line is *wrong*. For two steps with the same $\alpha$ and $p(x_{t-1}|x_t) = \mathcal N(x_t, 1)$ the
    // closure compares 1 + (printed term - true term) with 1: printed as in Luo (45), true with the bridge $q(x_1|x_0, x_2)$. `refuted`
    // searches for the smallest case in which the two differ by more than one in a hundred, and is content only if it finds one.

    // %%
    let printed = Claim::new("printed", "the consistency term as printed is a term of the bound").refuted(
        (0.05..0.95f64, -2.0..2.0f64),
        "the term with the bridge q(x_1|x_0, x_2)",
        |&(alpha, x_0)| {
            let off = printed_less_true(&[alpha, alpha], 1.0, 1.0, x_0).expect("a model of two steps");
            (1.0 + off, 1.0)
        },
    );
    println!("{}", printed.check(&Run::default()));

    // %% [markdown]
    // The first number is 1 plus what the printed line has too much, and that is $m \sqrt{\alpha} (1 - \alpha) / v$, whatever
    // $x_0$ is: the covariance of $x_1$ and $x_2$, which the printed line forgets.

    // %%
    for alpha in [0.25, 0.5, 0.9] {
        let off = printed_less_true(&[alpha, alpha], 1.0, 1.0, 0.8)?;
        println!(
            "alpha = {alpha}: {off:.6} nats too much; m sqrt(alpha) (1 - alpha) / v = {:.6}",
            alpha.sqrt() * (1.0 - alpha)
        );
    }

    // %% [markdown]
    // ## Numbers of your own
    //
    // Without a line of Rust: `elbow new-problem vdm` writes a problem file with a comment at every key. Change it to the model in
    // your notes, then `elbow terms vdm.toml` prints every term exactly and by Monte Carlo, and `elbow variance vdm.toml` what
    // each estimator of it costs. What is wrong with a file is said in one line with its key.
    //
    // Before you trust a claim, break it: put a wrong sign into one side and see that it fails. A check that cannot fail says
    // nothing. `tests/README.md` lists how each claim of the catalogue has been broken.
    //
    // ## Exercises
    //
    // Write `Some(1.234)` in place of `None` (an integer with its point: `Some(456.0)`). The program knows the answer and says
    // whether yours is right, to a thousandth of it (to 0.001 if it is below 1 in size): four digits are enough.
    //
    // 1. At $v = 4$ (any $m$), by how many nats is the slip of the pen wrong (its value less the truth)?
    // 2. By how many nats is the printed line too large for $\alpha = 0.36$ in both steps, $m = 0.5$, $v = 2$?
    // 3. For which $\alpha$ is the printed line furthest off, with $m = v = 1$ and the same $\alpha$ in both steps?

    // %%
    let four = Gaussian::isotropic(array![0.7], 4.0)?;
    check("1", None, 0.5 * (0.49 + 3.0 - 2.0f64.ln()) - by_quadrature(&four));
    check("2", None, printed_less_true(&[0.36, 0.36], 0.5, 2.0, 0.8)?);
    let mut furthest = (0.0, 0.0);
    for alpha in (1..10_000).map(|i| f64::from(i) * 1e-4) {
        let off = printed_less_true(&[alpha, alpha], 1.0, 1.0, 0.8)?;
        furthest = if off > furthest.1 { (alpha, off) } else { furthest };
    }
    check("3", None, furthest.0);
    Ok(())
}
