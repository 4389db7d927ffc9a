"""Size, coverage and power of the test of scores, simulated: python speed/ruler.py

Each cell draws answers of 0 or 1 to questions in clusters, for two arms whose models have seeds. *Size* is how often p
is below .05 where the difference is 0, *coverage* how often the interval holds a true difference, and *power* how often
p is below .05 then. Seeds are of whole chains that both arms share, or of each arm. With 12 clusters or more, and three
seeds or more (or seeds that do not vary), size must lie in .03 to .07 and coverage in .93 to .97; the exit status is 1
where one does not.
"""

import sys
from itertools import product
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "scripts"))

from reasonome.scoring.clustered import Estimate, Influence, difference

DRAWS = 8000
QUESTIONS = 16  # of a cluster
CLUSTERS, SEEDS, SEED_SD, SHARES = (8, 12, 16, 34, 60), (1, 2, 3, 5), (0.0, 0.01, 0.05), (0.1, 0.5, 0.9)
# Standard deviations of log odds: of a cluster in both arms, and of its own in each.
SHARED_SD, OWN_SD = 1.0, 0.5
EFFECT = 0.1
SIZE, COVERAGE = (0.03, 0.07), (0.93, 0.97)


class Cell(NamedTuple):
    """What one row of the table simulates; `seed_sd` is that of the share of right answers, where it is .5."""

    share: float
    paired: bool
    seed_sd: float
    clusters: int
    seeds: int

    @property
    def must_hold(self) -> bool:
        """Whether the bounds are promised."""
        return self.clusters >= 12 and (self.seeds >= 3 or self.seed_sd == 0)


def shares(cell: Cell, effect: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """The chance of a right answer of each draw, cluster and seed in both arms, shape (draws, clusters, seeds)."""
    shape, spread = (DRAWS, cell.clusters, 1), cell.seed_sd / 0.25  # of log odds
    both = np.log(cell.share / (1 - cell.share)) + rng.normal(0, SHARED_SD, shape)
    of_chain = rng.normal(0, spread, (DRAWS, 1, cell.seeds)) if cell.paired else 0.0
    arms = []
    for gain in (effect, 0.0):
        own = rng.normal(0, spread, (DRAWS, 1, cell.seeds))
        seeds = (of_chain + own) / np.sqrt(2) if cell.paired else own
        arms.append(1 / (1 + np.exp(-(both + rng.normal(0, OWN_SD, shape) + seeds + gain))))
    return arms[0], arms[1]


def influence(right: np.ndarray) -> Influence:
    """The influence of clusters on the mean of shares of right answers, shape (draws, clusters, seeds)."""
    count = right.shape[1]
    return Influence(right.mean(axis=1), (right - right.mean(axis=1, keepdims=True)) / count, np.zeros(count, int))


def simulated(cell: Cell, effect: float, rng: np.random.Generator) -> tuple[Estimate, float]:
    """The estimates of all draws, and the true difference."""
    arms = shares(cell, effect, rng)
    drawn = [influence(rng.binomial(QUESTIONS, chance) / QUESTIONS) for chance in arms]
    truth = float(np.mean(arms[0]) - np.mean(arms[1])) if effect else 0.0
    return difference(*drawn, paired=cell.paired), truth


def main() -> int:
    """Print the table; 1 where a bound is missed."""
    started, rng, missed, worst = monotonic(), np.random.default_rng(0), [], {}
    print(
        f"{'share':>5} {'seeds of':>8} {'sd':>4} {'clusters':>8} {'seeds':>5} {'size':>6} {'coverage':>8} {'power':>6}"
    )
    for cell in map(Cell._make, product(SHARES, (True, False), SEED_SD, CLUSTERS, SEEDS)):
        (null, _), (moved, truth) = simulated(cell, 0.0, rng), simulated(cell, EFFECT / 0.25, rng)
        low, high = moved.bounds
        size, power = (float(np.nanmean(one.p < 0.05)) for one in (null, moved))
        coverage = float(np.mean((low <= truth) & (truth <= high)))
        held = SIZE[0] <= size <= SIZE[1] and COVERAGE[0] <= coverage <= COVERAGE[1]
        mark = "" if held else " missed" if cell.must_hold else " not promised"
        missed += [cell] * (mark == " missed")
        worst.setdefault(cell[:4], []).append(power)
        whose = "chains" if cell.paired else "arms"
        print(
            f"{cell.share:5.2f} {whose:>8} {cell.seed_sd:4.2f} {cell.clusters:8d} {cell.seeds:5d} {size:6.3f} "
            f"{coverage:8.3f} {power:6.3f}{mark}",
            flush=True,
        )
    print(f"{len(missed)} cells missed their bounds; {monotonic() - started:.0f} s")
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
