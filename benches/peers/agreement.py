"""When two runs have computed the same: how far their checks may lie apart.

Every program has random numbers of its own, so two means over `n` draws differ by chance: each has the standard error
`σ/√n`, with `σ` the standard deviation of what one draw adds, and their difference `σ√(2/n)`. Six of those are exceeded
by chance once in 5·10⁸ comparisons.
"""

from __future__ import annotations

import math

STANDARD_ERRORS = 6

# σ of each number of a check. By formula: `sample`, the square of (2 + a, b) with a ~ N(0, 0.04) and b ~ N(0, 0.06);
# the prior term of `elbo`, which is that times ᾱ_100/2; and `wide`, half a χ² of 64 degrees of freedom. The others are
# standard deviations, times √1000, of the checks of 2000 runs of numpy_peer.py at n = 1000, each with a seed of its
# own, and known to 2 %. The same runs confirm the formulas.
SPREAD = {
    "sample": (math.sqrt(16 * 0.04 + 2 * 0.04**2 + 2 * 0.06**2),),
    "denoise": (0.756, 1.516),
    "elbo": (0.961, 1.407e-4, 3.015),
    "reverse": (0.727,),
    "wide": (math.sqrt(32),),
}

# `mlp` has nothing random; sums in another order differ by rounding alone.
ROUNDING = 1e-10


def loss_factor(steps: int) -> float:
    """How many times the loss of one training the loss of another may be.

    Trainings differ in first parameters, data and noise, and no formula says by how much their losses then do, so the
    bound is loose. Over 24 seeds of numpy_peer.py the loss lay between 5.6 and 5.9 after 2000 steps, over 40 between
    6.9 and 7.7 after 400: a quarter is six standard deviations of a difference or more. It sees a loss without its
    divergence (1.2), without that one's gradient (67) or without noise (0.13); it does not see half of the steps (6.3).
    Before, the loss falls from 230, sooner or later: over 2000 seeds it lay between 19 and 117 after 40 steps.
    """
    return 1.25 if steps >= 400 else 10.0


def difference(workload: str, n: int, one: list[float], other: list[float]) -> str | None:
    """What is wrong with two checks, or `None` if they agree."""
    if len(one) != len(other):
        return f"{len(one)} numbers and {len(other)}"
    for i, (a, b) in enumerate(zip(one, other)):
        if workload == "train":
            bound = (loss_factor(n) - 1) * min(abs(a), abs(b))
        elif workload == "mlp":
            bound = ROUNDING * abs(a)
        else:
            bound = STANDARD_ERRORS * SPREAD[workload][i] * math.sqrt(2 / n)
        # Not `>`: a check that is not a number agrees with nothing.
        if not abs(a - b) <= bound:
            return f"{a:.12g} and {b:.12g}, {abs(a - b):.2g} apart where {bound:.2g} is allowed"
    return None
