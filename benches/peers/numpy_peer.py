#!/usr/bin/env python3
"""The workloads in NumPy.

NumPy runs on one core but for its matrix products, so chunks go to a pool of threads, each with a generator of its own,
as NumPy's guide to multithreaded generation does: while it computes, the interpreter is free for the other threads.
Chunks fit the cache, and their arrays are small enough that the allocator uses memory again instead of returning it to
the system. Points lie as `[2, rows]`, so that every operation runs along contiguous rows.
"""

from __future__ import annotations

import os

# One thread for the matrix products of each chunk: the pool has the cores. To be said before NumPy is loaded.
for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"):
    os.environ.setdefault(variable, "1")

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
from numpy.random import SFC64, Generator, SeedSequence

import command
import problem
from problem import HUNDRED_STEPS, RING8, RING64, Array, Mixture, posterior_tables


def chunks(n: int, rows: int) -> list[range]:
    """`0..n` in pieces of `rows`."""
    return [range(first, min(first + rows, n)) for first in range(0, n, rows)]


def means(n: int, rows: int, seed: int, work: Callable[[Generator, int], Sequence[float]]) -> list[float]:
    """Means over `n` draws of what `work` sums over one chunk of them, the chunks on all cores."""
    sizes = [len(chunk) for chunk in chunks(n, rows)]
    # The fastest of NumPy's bit generators.
    rngs = [Generator(SFC64(child)) for child in SeedSequence(seed).spawn(len(sizes))]
    with ThreadPoolExecutor(command.cores()) as pool:
        return (np.sum(list(pool.map(work, rngs, sizes)), axis=0) / n).tolist()


def drawer(data: Mixture) -> Callable[[Generator, int], Array]:
    """Draws of the mixture, `[2, rows]`: `m_k + L_k e`.

    Written out in the entries of `L_k`: two and a half times as fast as gathered matrices and an einsum.
    """
    (m_1, m_2), (l_11, _, l_21, l_22) = data.mean.T.copy(), data.lower.reshape(-1, 4).T.copy()

    def draw(rng: Generator, rows: int) -> Array:
        k = rng.integers(len(m_1), size=rows, dtype=np.uint8)
        e_1, e_2 = rng.standard_normal((2, rows))
        x = np.empty((2, rows))
        np.add(m_1[k], l_11[k] * e_1, out=x[0])
        np.add(m_2[k], l_21[k] * e_1 + l_22[k] * e_2, out=x[1])
        return x

    return draw


def posterior(x: Array, tables: tuple[Array, Array]) -> tuple[Array, Array]:
    """`log q(x_t)` and `E[x_0 | x_t]` of the columns of `x`.

    By matrix products of the monomials of `x` (see `posterior_tables`): eight times as fast as quadratic forms of
    `x - m_k`, which fill a dozen arrays of components by points.
    """
    densities, linear = tables
    x_1, x_2 = x
    terms = densities @ np.stack([np.ones_like(x_1), x_1, x_2, x_1 * x_1, x_1 * x_2, x_2 * x_2])
    top = terms.max(axis=0)
    terms -= top
    total, *rest = linear @ np.exp(terms, out=terms)
    c_1, c_2, g_11, g_12, g_21, g_22 = rest
    mean = np.stack([c_1 + g_11 * x_1 + g_12 * x_2, c_2 + g_21 * x_1 + g_22 * x_2])
    mean /= total
    return top + np.log(total), mean


def square(x: Array) -> float:
    """`Σ x²` over all entries."""
    return float(np.vdot(x, x))


def sample(n: int, seed: int) -> list[float]:
    draw = drawer(RING8)
    return means(n, 10_000, seed, lambda rng, rows: [square(draw(rng, rows))])


def denoise(n: int, seed: int) -> list[float]:
    draw, tables = drawer(RING64), posterior_tables(RING64, 0.5)

    def work(rng: Generator, rows: int) -> list[float]:
        x_0 = draw(rng, rows)
        x_t = math.sqrt(0.5) * (x_0 + rng.standard_normal((2, rows)))
        log_density, mean = posterior(x_t, tables)
        return [float(log_density.sum()), square(mean - x_0)]

    return means(n, 5_000, seed, work)


def elbo(n: int, seed: int) -> list[float]:
    draw, weight = drawer(RING8), HUNDRED_STEPS.weight
    steps = [(math.sqrt(a), math.sqrt(1 - a), posterior_tables(RING8, a)) for a in HUNDRED_STEPS.alpha_bar]

    def work(rng: Generator, rows: int) -> list[float]:
        x_0 = draw(rng, rows)

        def error(signal: float, noise: float, tables: tuple[Array, Array]) -> float:
            x_t = signal * x_0 + noise * rng.standard_normal((2, rows))
            return square(posterior(x_t, tables)[1] - x_0)

        errors = [error(*step) for step in steps]
        reconstruction = HUNDRED_STEPS.reconstruction(errors[0], rows)
        return [reconstruction, HUNDRED_STEPS.prior(square(x_0), rows), float(weight @ errors)]

    return means(n, 2_000, seed, work)


def reverse(n: int, seed: int) -> list[float]:
    (of_x, of_x_0), deviation = HUNDRED_STEPS.mean, np.sqrt(HUNDRED_STEPS.variance)
    backward = list(zip(of_x, of_x_0, deviation, (posterior_tables(RING8, a) for a in HUNDRED_STEPS.alpha_bar)))[::-1]

    def work(rng: Generator, rows: int) -> list[float]:
        x = rng.standard_normal((2, rows))
        for a, b, sigma, tables in backward:
            x = a * x + b * posterior(x, tables)[1]
            if sigma > 0:
                x += sigma * rng.standard_normal((2, rows))
        return [square(x)]

    return means(n, 2_000, seed, work)


class Network:
    """A tanh network whose parameters and gradient are views of two flat vectors; its large arrays are made once."""

    def __init__(self, widths: Sequence[int], parameters: Array, gradient: Array, rng: Generator):
        self.layers: list[tuple[Array, Array]] = []
        self.gradients: list[tuple[Array, Array]] = []
        start = 0
        for fan_in, fan_out in zip(widths, widths[1:]):
            middle, end = start + fan_in * fan_out, start + (fan_in + 1) * fan_out
            for flat, views in ((parameters, self.layers), (gradient, self.gradients)):
                views.append((flat[start:middle].reshape(fan_in, fan_out), flat[middle:end]))
            self.layers[-1][0][:] = rng.standard_normal((fan_in, fan_out)) / math.sqrt(fan_in)
            start = end
        self.inputs, self.slopes = ([np.empty((problem.BATCH, width)) for width in widths[:-1]] for _ in range(2))

    @staticmethod
    def size(widths: Sequence[int]) -> int:
        """Number of parameters."""
        return sum((fan_in + 1) * fan_out for fan_in, fan_out in zip(widths, widths[1:]))

    def forward(self, x: Array) -> Array:
        """The outputs of the rows of `x`; keeps what `backward` needs."""
        self.inputs[0] = x
        for (weight, bias), h, after in zip(self.layers, self.inputs, self.inputs[1:]):
            np.matmul(h, weight, out=after)
            after += bias
            np.tanh(after, out=after)
        weight, bias = self.layers[-1]
        return self.inputs[-1] @ weight + bias

    def backward(self, slope: Array) -> Array:
        """Writes the gradient, given that with respect to the outputs; returns that with respect to the inputs."""
        for i in reversed(range(len(self.layers))):
            weight, bias = self.gradients[i]
            h = self.inputs[i]
            np.matmul(h.T, slope, out=weight)
            np.sum(slope, axis=0, out=bias)
            slope = np.matmul(slope, self.layers[i][0].T, out=self.slopes[i])
            if i > 0:
                # Of tanh, 1 - h², in the place of h.
                h *= h
                slope *= np.subtract(1, h, out=h)
        return slope


def train(steps: int, seed: int) -> list[float]:
    """By gradients written out, as NumPy has none; parameters in one vector, so that Adam is a dozen operations."""
    rng = Generator(SFC64(seed))
    sizes = Network.size(problem.ENCODER), Network.size(problem.DECODER)
    parameters, gradient, m, v = np.zeros((4, sum(sizes)))
    encoder = Network(problem.ENCODER, parameters[: sizes[0]], gradient[: sizes[0]], rng)
    decoder = Network(problem.DECODER, parameters[sizes[0] :], gradient[sizes[0] :], rng)
    x = np.ascontiguousarray(drawer(RING8)(rng, problem.BATCH).T)
    loss = math.nan
    for t in range(1, steps + 1):
        mean, log_variance = np.split(encoder.forward(x), 2, axis=1)
        deviation = np.exp(0.5 * log_variance)
        eps = rng.standard_normal((problem.BATCH, 2))
        error = decoder.forward(mean + deviation * eps) - x
        divergence = 0.5 * (mean * mean + deviation * deviation - log_variance - 1).sum()
        loss = (0.5 * square(error) / problem.DECODER_VARIANCE + float(divergence)) / problem.BATCH

        error *= 1 / (problem.DECODER_VARIANCE * problem.BATCH)
        of_z = decoder.backward(error)
        of_log_variance = 0.5 * (of_z * deviation * eps + (deviation * deviation - 1) / problem.BATCH)
        encoder.backward(np.concatenate([of_z + mean / problem.BATCH, of_log_variance], axis=1))

        m += (1 - problem.BETA_1) * (gradient - m)
        v += (1 - problem.BETA_2) * (gradient * gradient - v)
        root = np.sqrt(v / (1 - problem.BETA_2**t))
        root += problem.EPSILON
        parameters -= (problem.RATE / (1 - problem.BETA_1**t)) * m / root
    return [loss]


def mlp(n: int, _seed: int) -> list[float]:
    *hidden, last = problem.sine_weights()

    def work(chunk: range) -> float:
        i = np.arange(chunk.start, chunk.stop, dtype=np.float64)
        h = np.stack([np.sin(i), np.cos(i)], axis=1)
        for weight in hidden:
            h = h @ weight
            np.tanh(h, out=h)
        return square(h @ last)

    with ThreadPoolExecutor(command.cores()) as pool:
        return [math.fsum(pool.map(work, chunks(n, 250))) / n]


def wide(n: int, seed: int) -> list[float]:
    lower, inverse, at_zero = problem.wide_factors()

    def work(rng: Generator, rows: int) -> list[float]:
        x = rng.standard_normal((rows, 64)) @ lower.T
        return [rows * at_zero - 0.5 * square(x @ inverse.T)]

    return means(n, 2_000, seed, work)


WORKLOADS = {f.__name__: f for f in (sample, denoise, elbo, reverse, train, mlp, wide)}

if __name__ == "__main__":
    command.main("numpy", lambda name, n, seed: partial(WORKLOADS[name], n, seed))
