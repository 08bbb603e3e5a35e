#!/usr/bin/env python3
"""The workloads in PyTorch, eager, on the processor.

PyTorch draws random numbers on one core, and operations on a chunk that fits the cache are too small to be shared out.
So the chunks go to a pool of threads, each with a generator of its own, and every operation stays on its core. Points
lie as `[2, rows]`, so that every operation runs along contiguous rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Generator, Tensor, nn

import command
import problem
from problem import HUNDRED_STEPS, RING8, RING64, Mixture, posterior_tables

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

Tables = tuple[Tensor, Tensor]


def means(n: int, rows: int, seed: int, work: Callable[[range, Generator], Tensor]) -> list[float]:
    """Means over `n` draws of what `work` sums over one chunk of them, the chunks on all cores."""
    pieces = [range(first, min(first + rows, n)) for first in range(0, n, rows)]
    # Of 32 bits: the generator drops what is above.
    seeds = torch.randint(2**32, (len(pieces),), generator=Generator().manual_seed(seed)).tolist()

    def of_chunk(piece: range, seed: int) -> Tensor:
        with torch.no_grad():
            return work(piece, Generator().manual_seed(seed))

    with ThreadPoolExecutor(command.cores()) as pool:
        return (torch.stack(list(pool.map(of_chunk, pieces, seeds))).sum(0) / n).tolist()


def normal(rows: int, rng: Generator) -> Tensor:
    """`[2, rows]`."""
    return torch.randn(2, rows, generator=rng)


def drawer(data: Mixture) -> Callable[[int, Generator], Tensor]:
    """Draws of the mixture, `[2, rows]`: `m_k + L_k e`, written out in the entries of `L_k`."""
    (m_1, m_2), (l_11, _, l_21, l_22) = torch.tensor(data.mean.T), torch.tensor(data.lower.reshape(-1, 4).T)

    def draw(rows: int, rng: Generator) -> Tensor:
        k = torch.randint(len(data.mean), (rows,), generator=rng)
        e_1, e_2 = normal(rows, rng)
        return torch.stack([m_1[k] + l_11[k] * e_1, m_2[k] + l_21[k] * e_1 + l_22[k] * e_2])

    return draw


def tables(data: Mixture, alpha_bar: float) -> Tables:
    densities, linear = posterior_tables(data, alpha_bar)
    return torch.from_numpy(densities), torch.from_numpy(linear)


def posterior(x: Tensor, tables: Tables) -> tuple[Tensor, Tensor]:
    """`log q(x_t)` and `E[x_0 | x_t]` of the columns of `x`.

    By matrix products of the monomials of `x` (see `posterior_tables`): five times as fast as quadratic forms of
    `x - m_k`, which fill a dozen tensors of components by points.
    """
    densities, linear = tables
    x_1, x_2 = x
    terms = densities @ torch.stack([torch.ones_like(x_1), x_1, x_2, x_1 * x_1, x_1 * x_2, x_2 * x_2])
    top = terms.amax(0)
    total, c_1, c_2, g_11, g_12, g_21, g_22 = linear @ terms.sub_(top).exp_()
    mean = torch.stack([c_1 + g_11 * x_1 + g_12 * x_2, c_2 + g_21 * x_1 + g_22 * x_2]).div_(total)
    return top + total.log(), mean


def square(x: Tensor) -> Tensor:
    """`Σ x²` over all entries."""
    flat = x.reshape(-1)
    return flat @ flat


def sample(n: int, seed: int) -> list[float]:
    draw = drawer(RING8)
    return means(n, 10_000, seed, lambda chunk, rng: square(draw(len(chunk), rng))[None])


def denoise(n: int, seed: int) -> list[float]:
    draw, half = drawer(RING64), tables(RING64, 0.5)

    def work(chunk: range, rng: Generator) -> Tensor:
        x_0 = draw(len(chunk), rng)
        x_t = math.sqrt(0.5) * (x_0 + normal(len(chunk), rng))
        log_density, mean = posterior(x_t, half)
        return torch.stack([log_density.sum(), square(mean - x_0)])

    return means(n, 2_000, seed, work)


def elbo(n: int, seed: int) -> list[float]:
    draw, weight = drawer(RING8), torch.from_numpy(HUNDRED_STEPS.weight)
    steps = [(math.sqrt(a), math.sqrt(1 - a), tables(RING8, a)) for a in HUNDRED_STEPS.alpha_bar]

    def work(chunk: range, rng: Generator) -> Tensor:
        rows = len(chunk)
        x_0 = draw(rows, rng)

        def error(signal: float, noise: float, tables: Tables) -> Tensor:
            x_t = signal * x_0 + noise * normal(rows, rng)
            return square(posterior(x_t, tables)[1] - x_0)

        errors = torch.stack([error(*step) for step in steps])
        reconstruction = HUNDRED_STEPS.reconstruction(errors[0], rows)
        return torch.stack([reconstruction, HUNDRED_STEPS.prior(square(x_0), rows), weight @ errors])

    return means(n, 5_000, seed, work)


def reverse(n: int, seed: int) -> list[float]:
    (of_x, of_x_0), variance = HUNDRED_STEPS.mean, HUNDRED_STEPS.variance
    steps = [tables(RING8, a) for a in HUNDRED_STEPS.alpha_bar]
    backward = list(zip(of_x.tolist(), of_x_0.tolist(), variance.tolist(), steps))[::-1]

    def work(chunk: range, rng: Generator) -> Tensor:
        x = normal(len(chunk), rng)
        for a, b, v, step in backward:
            x = a * x + b * posterior(x, step)[1]
            if v > 0:
                x += math.sqrt(v) * normal(len(chunk), rng)
        return square(x)[None]

    return means(n, 5_000, seed, work)


def train(steps: int, seed: int) -> list[float]:
    torch.manual_seed(seed)

    def network(widths: Sequence[int]) -> nn.Sequential:
        layers: list[nn.Module] = []
        for fan_in, fan_out in zip(widths, widths[1:]):
            layer = nn.Linear(fan_in, fan_out)
            nn.init.normal_(layer.weight, std=1 / math.sqrt(fan_in))
            nn.init.zeros_(layer.bias)
            layers += [layer, nn.Tanh()]
        return nn.Sequential(*layers[:-1])

    encoder, decoder = network(problem.ENCODER), network(problem.DECODER)
    x = drawer(RING8)(problem.BATCH, torch.default_generator).T.contiguous()
    # One kernel for the step of all parameters: faster than the loop over them that is the default.
    parameters = [*encoder.parameters(), *decoder.parameters()]
    adam = torch.optim.Adam(
        parameters, lr=problem.RATE, betas=(problem.BETA_1, problem.BETA_2), eps=problem.EPSILON, fused=True
    )
    for _ in range(steps):
        mean, log_variance = encoder(x).chunk(2, dim=1)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        divergence = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).sum()
        loss = (0.5 * ((decoder(z) - x) ** 2).sum() / problem.DECODER_VARIANCE + divergence) / problem.BATCH
        adam.zero_grad()
        loss.backward()
        adam.step()
    return [loss.item()]


def mlp(n: int, seed: int) -> list[float]:
    *hidden, last = map(torch.from_numpy, problem.sine_weights())

    def work(chunk: range, _rng: Generator) -> Tensor:
        i = torch.arange(chunk.start, chunk.stop, dtype=torch.float64)
        h = torch.stack([i.sin(), i.cos()], dim=1)
        for weight in hidden:
            h = (h @ weight).tanh_()
        return square(h @ last)[None]

    return means(n, 500, seed, work)


def wide(n: int, seed: int) -> list[float]:
    *factors, at_zero = problem.wide_factors()
    lower, inverse = map(torch.from_numpy, factors)

    def work(chunk: range, rng: Generator) -> Tensor:
        x = torch.randn(len(chunk), 64, generator=rng) @ lower.T
        return (len(chunk) * at_zero - 0.5 * square(x @ inverse.T))[None]

    return means(n, 2_000, seed, work)


WORKLOADS = {f.__name__: f for f in (sample, denoise, elbo, reverse, train, mlp, wide)}


def prepare(name: str, n: int, seed: int) -> command.Work:
    """Two draws or steps go first: the first call of an operation is slow."""
    WORKLOADS[name](2, seed)
    return lambda: WORKLOADS[name](n, seed)


if __name__ == "__main__":
    command.main("torch", prepare)
