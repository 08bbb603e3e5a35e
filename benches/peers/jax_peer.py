#!/usr/bin/env python3
"""The workloads in JAX: each is one compiled function of a key, the loop over chunks inside.

XLA runs a loop's body on one core, so the chunks are shared out among as many devices as there are cores.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import PartitionSpec

import command
import problem
from problem import HUNDRED_STEPS, RING8, RING64, Mixture, posterior_tables

jax.config.update("jax_enable_x64", True)
jax.config.update("jax_num_cpu_devices", command.cores())

Key = jax.Array
Check = Callable[[Key], jax.Array]
Layers = list[tuple[jax.Array, jax.Array]]
normal = jax.random.normal


def means(n: int, rows: int, work: Callable[[jax.Array, int, Key], jax.Array]) -> Check:
    """Means of the numbers `work(first, rows, key)`, `[checks, rows]`, of the draws `first..first + rows`.

    Every core maps over its chunks, which are of one size, at most `rows`: draws from `n` on are made and not counted.
    """
    cores = command.cores()
    chunks = -(-n // (rows * cores))
    rows = -(-n // (chunks * cores))

    def of_core(key: Key) -> jax.Array:
        def of_chunk(chunk: jax.Array) -> jax.Array:
            values = work(chunk * rows, rows, jax.random.fold_in(key, chunk))
            return jnp.where(chunk * rows + jnp.arange(rows) < n, values, 0).sum(axis=1)

        first = jax.lax.axis_index("core") * chunks
        sums = jax.lax.map(of_chunk, first + jnp.arange(chunks))
        return jax.lax.psum(sums.sum(axis=0), "core") / n

    everywhere = PartitionSpec()
    mesh = jax.make_mesh((cores,), ("core",))
    return jax.shard_map(of_core, mesh=mesh, in_specs=everywhere, out_specs=everywhere)


def draw(data: Mixture, key: Key, rows: int) -> jax.Array:
    """Draws of the mixture, `[rows, 2]`: `m_k + L_k e`."""
    component, noise = jax.random.split(key)
    k = jax.random.randint(component, (rows,), 0, len(data.mean))
    return jnp.asarray(data.mean)[k] + jnp.einsum("nij,nj->ni", jnp.asarray(data.lower)[k], normal(noise, (rows, 2)))


def posterior(x: jax.Array, densities: jax.Array, linear: jax.Array) -> tuple[jax.Array, jax.Array]:
    """`log q(x_t)` and `E[x_0 | x_t]` of one point.

    By products of the monomials of `x` (see `posterior_tables`), which become products of matrices when many points are
    mapped: three times as fast as quadratic forms of `x - m_k`.
    """
    x_1, x_2 = x
    terms = densities @ jnp.stack([jnp.ones_like(x_1), x_1, x_2, x_1 * x_1, x_1 * x_2, x_2 * x_2])
    top = terms.max()
    total, c_1, c_2, g_11, g_12, g_21, g_22 = linear @ jnp.exp(terms - top)
    return top + jnp.log(total), jnp.stack([c_1 + g_11 * x_1 + g_12 * x_2, c_2 + g_21 * x_1 + g_22 * x_2]) / total


posteriors = jax.vmap(posterior, in_axes=(0, None, None))


def square(x: jax.Array) -> jax.Array:
    """`Σ x²` over the last axis."""
    return (x * x).sum(axis=-1)


def sample(n: int) -> Check:
    return means(n, 250_000, lambda _first, rows, key: square(draw(RING8, key, rows))[None])


def denoise(n: int) -> Check:
    """Many points are drawn in one call and denoised few at a time: three times as fast as one size for both."""
    densities, linear = map(jnp.asarray, posterior_tables(RING64, 0.5))

    def work(_first: jax.Array, rows: int, key: Key) -> jax.Array:
        data, noise = jax.random.split(key)
        x_0 = draw(RING64, data, rows)
        x_t = math.sqrt(0.5) * (x_0 + normal(noise, (rows, 2)))
        log_density, mean = jax.lax.map(lambda x: posterior(x, densities, linear), x_t, batch_size=5_000)
        return jnp.stack([log_density, square(mean - x_0)])

    return means(n, 50_000, work)


def step_tables() -> tuple[jax.Array, jax.Array]:
    """The tables of the posterior, stacked over the steps `1..=T`."""
    densities, linear = zip(*(posterior_tables(RING8, alpha_bar) for alpha_bar in HUNDRED_STEPS.alpha_bar))
    return jnp.stack(densities), jnp.stack(linear)


def elbo(n: int) -> Check:
    """The noise of all steps of a chunk is drawn in one call: drawn in the loop, it takes five times as long."""
    alpha_bar, weight, tables = HUNDRED_STEPS.alpha_bar[:, None, None], HUNDRED_STEPS.weight, step_tables()

    def work(_first: jax.Array, rows: int, key: Key) -> jax.Array:
        data, noise = jax.random.split(key)
        x_0 = draw(RING8, data, rows)
        x = np.sqrt(alpha_bar) * x_0 + np.sqrt(1 - alpha_bar) * normal(noise, (len(alpha_bar), rows, 2))
        errors = jax.lax.map(lambda step: square(posteriors(*step)[1] - x_0), (x, *tables))
        reconstruction = HUNDRED_STEPS.reconstruction(errors[0], 1)
        return jnp.stack([reconstruction, HUNDRED_STEPS.prior(square(x_0), 1), weight @ errors])

    return means(n, 2_000, work)


def reverse(n: int) -> Check:
    (of_x, of_x_0), deviation = HUNDRED_STEPS.mean, np.sqrt(HUNDRED_STEPS.variance)
    steps = *map(jnp.asarray, (of_x, of_x_0, deviation)), *step_tables()

    def work(_first: jax.Array, rows: int, key: Key) -> jax.Array:
        def step(x: jax.Array, step: tuple[jax.Array, ...]) -> tuple[jax.Array, None]:
            eps, a, b, sigma, densities, linear = step
            return a * x + b * posteriors(x, densities, linear)[1] + sigma * eps, None

        start, noise = jax.random.split(key)
        eps = normal(noise, (len(deviation), rows, 2))
        x, _ = jax.lax.scan(step, normal(start, (rows, 2)), (eps, *steps), reverse=True)
        return square(x)[None]

    return means(n, 2_000, work)


def train(steps: int) -> Check:
    """Adam written out; the only gradient is that of `jax.value_and_grad`."""

    def network(key: Key, widths: tuple[int, ...]) -> Layers:
        shapes = list(zip(widths, widths[1:]))
        keys = jax.random.split(key, len(shapes))
        return [(normal(k, shape) / math.sqrt(shape[0]), jnp.zeros(shape[1])) for k, shape in zip(keys, shapes)]

    def forward(layers: Layers, h: jax.Array) -> jax.Array:
        for weight, bias in layers[:-1]:
            h = jnp.tanh(h @ weight + bias)
        weight, bias = layers[-1]
        return h @ weight + bias

    def loss(parameters: tuple[Layers, Layers], x: jax.Array, eps: jax.Array) -> jax.Array:
        encoder, decoder = parameters
        mean, log_variance = jnp.split(forward(encoder, x), 2, axis=1)
        z = mean + jnp.exp(0.5 * log_variance) * eps
        divergence = 0.5 * (mean**2 + jnp.exp(log_variance) - log_variance - 1).sum()
        error = square(forward(decoder, z) - x).sum()
        return (0.5 * error / problem.DECODER_VARIANCE + divergence) / problem.BATCH

    def check(key: Key) -> jax.Array:
        data, encoder, decoder, noise = jax.random.split(key, 4)
        x = draw(RING8, data, problem.BATCH)

        def step(state, argument):
            parameters, m, v = state
            t, key = argument
            value, gradient = jax.value_and_grad(loss)(parameters, x, normal(key, (problem.BATCH, 2)))
            m = jax.tree.map(lambda m, g: problem.BETA_1 * m + (1 - problem.BETA_1) * g, m, gradient)
            v = jax.tree.map(lambda v, g: problem.BETA_2 * v + (1 - problem.BETA_2) * g * g, v, gradient)
            rate, scale = problem.RATE / (1 - problem.BETA_1**t), 1 / (1 - problem.BETA_2**t)
            parameters = jax.tree.map(
                lambda p, m, v: p - rate * m / (jnp.sqrt(scale * v) + problem.EPSILON), parameters, m, v
            )
            return (parameters, m, v), value

        parameters = network(encoder, problem.ENCODER), network(decoder, problem.DECODER)
        zeros = jax.tree.map(jnp.zeros_like, parameters)
        arguments = jnp.arange(1.0, steps + 1), jax.random.split(noise, steps)
        return jax.lax.scan(step, (parameters, zeros, zeros), arguments)[1][-1:]

    return check


def mlp(n: int) -> Check:
    *hidden, last = problem.sine_weights()

    def work(first: jax.Array, rows: int, _key: Key) -> jax.Array:
        i = first + jnp.arange(rows, dtype=jnp.float64)
        h = jnp.stack([jnp.sin(i), jnp.cos(i)], axis=1)
        for weight in hidden:
            h = jnp.tanh(h @ weight)
        return square(h @ last)[None]

    return means(n, 5_000, work)


def wide(n: int) -> Check:
    lower, inverse, at_zero = problem.wide_factors()

    def work(_first: jax.Array, rows: int, key: Key) -> jax.Array:
        x = normal(key, (rows, 64)) @ lower.T
        return (at_zero - 0.5 * square(x @ inverse.T))[None]

    return means(n, 20_000, work)


WORKLOADS = {f.__name__: f for f in (sample, denoise, elbo, reverse, train, mlp, wide)}


def prepare(name: str, n: int, seed: int) -> command.Work:
    """Compiles."""
    key = jax.random.key(seed)
    compiled = jax.jit(WORKLOADS[name](n)).lower(key).compile()
    return lambda: compiled(key).tolist()


if __name__ == "__main__":
    command.main("jax", prepare)
