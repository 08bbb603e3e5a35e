"""What the seven workloads are made of, in float64: two mixtures, a schedule, a network and a covariance.

`../workloads.rs` says what each workload does. Here are the numbers that do not depend on the library that runs it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

Array = np.ndarray

LOG_2PI = math.log(2 * math.pi)

# Of `train`: rows of its one batch, widths of the networks, variance of the decoder; and Adam's.
BATCH = 256
ENCODER, DECODER = (2, 64, 64, 4), (2, 64, 64, 2)
DECODER_VARIANCE = 0.01
RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-8


@dataclass(frozen=True)
class Mixture:
    """`Σ_k N(mean_k, covariance_k)/K` in the plane: `[K, 2]` and `[K, 2, 2]`."""

    mean: Array
    covariance: Array

    @property
    def lower(self) -> Array:
        """`L_k` with `L_k L_k' = covariance_k`, `[K, 2, 2]`."""
        return np.linalg.cholesky(self.covariance)


def ring(k: int, variance: float, tangential: float) -> Mixture:
    """`k` components on the circle of radius 2, of covariance `variance·I + tangential·uu'`, `u` the unit tangent."""
    angle = 2 * np.pi * np.arange(k) / k
    radial = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    u = np.stack([-np.sin(angle), np.cos(angle)], axis=1)
    return Mixture(2 * radial, variance * np.eye(2) + tangential * u[:, :, None] * u[:, None, :])


RING8 = ring(8, 0.04, 0.02)
RING64 = ring(64, 0.01, 0.005)


@dataclass(frozen=True)
class Schedule:
    """A schedule `β_1 … β_T`; the step `t` stands at `t - 1` of each array."""

    beta: Array

    @property
    def alpha_bar(self) -> Array:
        """`ᾱ_t = Π_{s≤t} (1 - β_s)`."""
        return np.cumprod(1 - self.beta)

    @property
    def previous(self) -> Array:
        """`ᾱ_{t-1}`, with `ᾱ_0 = 1`."""
        return np.concatenate([[1.0], self.alpha_bar[:-1]])

    @property
    def variance(self) -> Array:
        """Variance of `q(x_{t-1} | x_t, x_0)`: `β_t (1 - ᾱ_{t-1})/(1 - ᾱ_t)`."""
        return self.beta * (1 - self.previous) / (1 - self.alpha_bar)

    @property
    def mean(self) -> tuple[Array, Array]:
        """`a` and `b` of its mean `a x_t + b x_0`: `√(1 - β_t) (1 - ᾱ_{t-1})/(1 - ᾱ_t)`, `√ᾱ_{t-1} β_t/(1 - ᾱ_t)`."""
        left = 1 - self.alpha_bar
        return np.sqrt(1 - self.beta) * (1 - self.previous) / left, np.sqrt(self.previous) * self.beta / left

    @property
    def weight(self) -> Array:
        """Of `|x̂_0 - x_0|²` in the matching term: `b²/(2 variance)`, and 0 at `t = 1`, which is the reconstruction."""
        b, variance = self.mean[1][1:], self.variance[1:]
        return np.concatenate([[0.0], b**2 / (2 * variance)])

    def reconstruction(self, error, rows: int):
        """`Σ log N(x_0; x̂_0, β_1 I)` over `rows` points of the plane, from `error = Σ |x̂_0 - x_0|²` in any library."""
        first = float(self.beta[0])
        return -0.5 * error / first - rows * (LOG_2PI + math.log(first))

    def prior(self, square, rows: int):
        """`Σ KL(q(x_T|x_0) ‖ N(0, I))` over `rows` points of the plane, from `square = Σ |x_0|²` in any library."""
        last = float(self.alpha_bar[-1])
        return 0.5 * last * square - rows * (last + math.log(1 - last))


HUNDRED_STEPS = Schedule(np.linspace(1e-3, 0.15, 100))


def posterior_tables(data: Mixture, alpha_bar: float) -> tuple[Array, Array]:
    """What `log q(x_t)` and `E[x_0 | x_t]` need, as two matrices: `[K, 6]` and `[7, K]`.

    With `S_k = ᾱ C_k + (1 - ᾱ) I` and `G_k = √ᾱ C_k S_k⁻¹`, the weighted log-density of component `k`,
    `log(1/K) + log N(x; √ᾱ m_k, S_k)`, is a polynomial of degree two: row `k` of the first, times
    `(1, x_1, x_2, x_1², x_1 x_2, x_2²)`. The mean of `x_0` given `x` and `k`, `m_k + G_k (x - √ᾱ m_k)`, is linear:
    column `k` of the second holds 1, its constant and `G_k`. So a matrix product gives all densities, another all sums
    over components.
    """
    noisy, mean = math.sqrt(alpha_bar) * data.mean, data.mean
    s = alpha_bar * data.covariance + (1 - alpha_bar) * np.eye(2)
    precision = np.linalg.inv(s)
    gain = math.sqrt(alpha_bar) * data.covariance @ precision
    linear = np.einsum("kij,kj->ki", precision, noisy)
    constant = -math.log(len(mean)) - LOG_2PI - 0.5 * np.linalg.slogdet(s)[1] - 0.5 * (linear * noisy).sum(1)
    square = np.stack([-0.5 * precision[:, 0, 0], -precision[:, 0, 1], -0.5 * precision[:, 1, 1]], axis=1)
    offset = mean - np.einsum("kij,kj->ki", gain, noisy)
    densities = np.concatenate([constant[:, None], linear, square], axis=1)
    means = np.concatenate([np.ones((len(mean), 1)), offset, gain.reshape(-1, 4)], axis=1)
    return densities, np.ascontiguousarray(means.T)


def sine_weights() -> list[Array]:
    """The network of `mlp`, 2-128-128-2 without biases: `W_ij = sin((i+1)(j+2))/√rows`."""

    def layer(rows: int, columns: int) -> Array:
        return np.sin(np.outer(np.arange(rows) + 1.0, np.arange(columns) + 2.0)) / math.sqrt(rows)

    return [layer(2, 128), layer(128, 128), layer(128, 2)]


def wide_factors() -> tuple[Array, Array, float]:
    """Of `N(0, C)` with `C_ij = 0.5^|i-j|` in 64 dimensions: `L` with `LL' = C`, `L⁻¹`, and the log-density at 0."""
    i = np.arange(64)
    lower = np.linalg.cholesky(0.5 ** np.abs(i[:, None] - i))
    return lower, np.linalg.inv(lower), float(-32 * LOG_2PI - np.log(np.diag(lower)).sum())
