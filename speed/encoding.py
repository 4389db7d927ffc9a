"""Time of scoring answers by similarity: one pair at a time, in batches once per text, and with the cache filled.

snakemake results/encoders/minilm/manifest.json   # fetches the encoder
python speed/encoding.py                     # --encoder: folder of another one

All three score the same answers in this one run. Every measurement is printed with its bound; exit status 1 if one is
missed. The truths are names of GO terms in the shipped slice, each asked for several times, as samples, models and
orders of genes do. Each time the answers are drawn from other such names, of which some are given more than once: a
model of the demo gave 75 names to 90 questions. Loading the model counts in none of the times, and scoring with a
filled cache must do without it. Run it on a quiet machine.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from reasonome.config.project import Project
from reasonome.core.errors import lookup, run_program
from reasonome.facts.sources.go import read_obo
from reasonome.scoring.encoders import SentenceEncoder

TRUTHS, TIMES_ASKED = 100, 4
DISTINCT = 75 / 90  # names per question, of each time that all are asked
COLD, WARM = 3, 50  # times as fast as one pair at a time, at least
DIFFERENCE = 1e-4  # between any two values of a pair, less than
OBO = Path(__file__).resolve().parent.parent / "resources" / "demo" / "go-basic.obo.gz"


class Bound(NamedTuple):
    """A measurement, what it must be, and whether it is."""

    what: str
    found: str
    bound: str
    kept: bool

    def __str__(self) -> str:
        return f"{'ok' if self.kept else 'MISSED':<6}  {self.what}: {self.found} ({self.bound})"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--encoder", type=Path, help="folder of an encoder named in encoders.yaml; minilm if not given")
    given = parser.parse_args()

    project = Project(given.config)
    folder = given.encoder or project.results.encoder("minilm")
    pooling = lookup(project.encoders, folder.name, "encoder").pooling
    answers, truths = pairs()
    texts = {*answers, *truths}
    print(
        f"{len(truths)} pairs of {len(set(truths))} truths and {len(set(answers))} distinct answers, {len(texts)} texts"
    )

    with tempfile.TemporaryDirectory() as cache:
        model = loaded(SentenceEncoder(folder / "model", pooling))
        naive, naive_seconds = timed(lambda: one_pair_at_a_time(model, answers, truths))
        cold_encoder = SentenceEncoder(folder / "model", pooling, cache=cache)
        loaded(cold_encoder)
        cold, cold_seconds = timed(lambda: cold_encoder.similarity(answers, truths))
        # Making the encoder counts here: it is all that a second scoring has to do beside looking vectors up.
        warm_encoder, seconds = timed(lambda: SentenceEncoder(folder / "model", pooling, cache=cache))
        warm, warm_seconds = timed(lambda: warm_encoder.similarity(answers, truths))
        warm_seconds += seconds

    print(f"one pair at a time {naive_seconds:.2f} s, empty cache {cold_seconds:.2f} s, filled {warm_seconds:.4f} s\n")
    largest = max(np.abs(first - second).max() for first, second in ((naive, cold), (naive, warm), (cold, warm)))
    bounds = [
        Bound("largest difference of a value", f"{largest:.1e}", f"less than {DIFFERENCE:.0e}", largest < DIFFERENCE),
        faster("empty cache", naive_seconds / cold_seconds, COLD),
        faster("filled cache", naive_seconds / warm_seconds, WARM),
        Bound("values with a filled cache", *equality(cold, warm)),
        Bound("model with a filled cache", *absence("_model" in vars(warm_encoder))),
    ]
    print(*bounds, sep="\n")
    return int(not all(bound.kept for bound in bounds))


def pairs() -> tuple[list[str], list[str]]:
    """Answers and truths, TRUTHS × TIMES_ASKED each."""
    names = sorted({term.name for term in read_obo(OBO).terms.values() if not term.is_obsolete})
    rng = random.Random(0)
    truths = rng.sample(names, TRUTHS)
    answers = []
    for _ in range(TIMES_ASKED):
        said = rng.sample(names, round(TRUTHS * DISTINCT))
        answers += rng.sample([*said, *rng.choices(said, k=TRUTHS - len(said))], TRUTHS)
    return answers, truths * TIMES_ASKED


def loaded(encoder: SentenceEncoder):
    """The model of an encoder, loaded and warmed up with a text that is in no pair."""
    model = encoder._model
    model.encode(["warm up"], show_progress_bar=False)
    return model


def one_pair_at_a_time(model, answers: list[str], truths: list[str]) -> np.ndarray:
    """What a loop over the pairs does: two calls of the model each, nothing remembered."""
    return np.array(
        [float(embedded(model, one) @ embedded(model, other)) for one, other in zip(answers, truths, strict=True)]
    )


def embedded(model, text: str) -> np.ndarray:
    return model.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]


def timed(work: Callable):
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def faster(what: str, ratio: float, least: float) -> Bound:
    return Bound(f"{what}, times as fast", f"{ratio:,.1f}", f"at least {least}", ratio >= least)


def equality(first: np.ndarray, second: np.ndarray) -> tuple[str, str, bool]:
    equal = first.tobytes() == second.tobytes()
    return ("those" if equal else "not those") + " with an empty one", "bit for bit", equal


def absence(there: bool) -> tuple[str, str, bool]:
    return "loaded" if there else "not loaded", "not needed", not there


if __name__ == "__main__":
    run_program(main)
