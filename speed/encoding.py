"""Time of scoring answers by similarity: one pair at a time, in batches once per text, and with the cache filled.

snakemake results/encoders/minilm/manifest.json   # fetches the encoder
python speed/encoding.py                     # --encoder: folder of another one

All three score the same answers in this one run. Every measurement is printed with its bound; exit status 1 if one is
missed. The truths are names of GO terms in the shipped slice, each asked for several times, as samples, models and
orders of genes do. Each time the answers are drawn from other such names, of which some are given more than once: a
model of the demo gave 75 names to 90 questions. Loading the model counts in none of the times, and scoring with a
filled cache must do without it. Run it on a quiet machine.
"""

import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measuring import Check, Inputs, parser, report

from reasonome.core.errors import lookup, run_program
from reasonome.facts.sources.go import read_obo
from reasonome.scoring.encoders import SentenceEncoder

TRUTHS, TIMES_ASKED = 100, 4
DISTINCT = 75 / 90  # names per question, of each time that all are asked
COLD, WARM = 3, 50  # times as fast as one pair at a time, at least
DIFFERENCE = 1e-4  # between any two values of a pair, less than
OBO = Path(__file__).resolve().parent.parent / "resources" / "demo" / "go-basic.obo.gz"


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--encoder", type=Path, help="folder of another encoder of encoders.yaml")
    given = arguments.parse_args()

    inputs = Inputs(given.config, given.results)
    folder = given.encoder or inputs.encoder()
    pooling = lookup(inputs.project.encoders, folder.name, "encoder").pooling
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
    largest = max(float(np.abs(first - second).max()) for first, second in ((naive, cold), (naive, warm), (cold, warm)))
    equal, loaded_again = cold.tobytes() == warm.tobytes(), "_model" in vars(warm_encoder)
    checks = [
        Check("largest difference of a value", f"{largest:.1e}", f"< {DIFFERENCE:.0e}", largest < DIFFERENCE),
        faster("empty cache", naive_seconds / cold_seconds, COLD),
        faster("filled cache", naive_seconds / warm_seconds, WARM),
        Check("values with a filled cache", "equal" if equal else "not equal", "bit for bit those without", equal),
        Check("model with a filled cache", "loaded" if loaded_again else "not loaded", "not needed", not loaded_again),
    ]
    return report([], checks, given.rows)


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


def faster(what: str, ratio: float, least: float) -> Check:
    return Check(f"{what}, times as fast", f"{ratio:,.1f}", f"≥ {least}", ratio >= least)


if __name__ == "__main__":
    run_program(main)
