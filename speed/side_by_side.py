"""Forward passes a second of a job alone on this machine, and of each of two that share its cores.

python speed/side_by_side.py                 # needs nothing made before; a minute and a half on a quiet machine
python speed/side_by_side.py --spins 1000 2000        # other values of GOMP_SPINCOUNT beside them

Threads of a matrix product wait for one another. What differs is how: by turning in a loop, or asleep. Each job is a
process with as many threads as there are cores. It passes 8 texts of 128 tokens through a model of 135M random
weights. Two that share the machine start together, and the slower one counts. No other work may run.

theirs: OpenMP's default.
plain:  threads that sleep at once, OMP_WAIT_POLICY=PASSIVE.
ours:   as programs of reasonome set it, alone and beside others (scripts/reasonome/__init__.py), or as you have.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

import torch
from measuring import Check, Speed, parser, report
from model_shapes import SHAPES
from transformers import LlamaConfig, LlamaForCausalLM

from reasonome import BESIDE_OTHERS
from reasonome.answering import precision
from reasonome.core.errors import run_program

SETTINGS = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
# Of theirs: alone nearly as fast, and beside another faster by so much.
LEAST_ALONE, LEAST_BESIDE = 0.95, 1.5
TEXTS, TOKENS = 8, 128
SHAPE = SHAPES["smollm2-135m"]


def main() -> int:
    arguments = parser(__doc__)
    arguments.add_argument("--seconds", type=float, default=5.0, help="that a job computes")
    arguments.add_argument("--times", type=int, default=2, help="runs of each way, of which the best counts")
    arguments.add_argument("--spins", type=int, nargs="*", default=[], help="further values of GOMP_SPINCOUNT")
    arguments.add_argument("--work", choices=list(precision.DTYPES), help=argparse.SUPPRESS)  # one job, in this process
    given = arguments.parse_args()
    if given.work:
        work(precision.DTYPES[given.work], given.seconds)
        return 0
    chosen = precision.choose("auto")
    ways = settings_of_ways(os.environ, given.spins)
    found = {name: (0.0, 0.0) for name in ways}
    for turn in range(given.times):
        for name, settings in ways.items():
            alone, beside = (slowest(i + 1, own, chosen, given.seconds) for i, own in enumerate(settings))
            print(
                f"run {turn + 1} of {given.times}, {name}: {alone:.2f} alone, {beside:.2f} beside another", flush=True
            )
            found[name] = (max(found[name][0], alone), max(found[name][1], beside))
    speeds = [
        Speed(part, "forwards/s", *(found[way][place] for way in ("theirs", "plain", "ours")), least)
        for place, (part, least) in enumerate((("job alone", LEAST_ALONE), ("… beside another", LEAST_BESIDE)))
    ]
    checks = [
        Check(f"side by side: {name}", f"{found[name][0]:.2f} forwards/s alone, {found[name][1]:.2f} beside another")
        for name in list(ways)[3:]
    ]
    return report(speeds, checks, given.rows)


def settings_of_ways(
    environment: Mapping[str, str], spins: Sequence[int]
) -> dict[str, tuple[dict[str, str], dict[str, str]]]:
    """Way → the variables of a job alone, and of each of two.

    theirs, plain; ours, which are those that programs of reasonome have in this environment; others.
    """
    own = {name: environment[name] for name in SETTINGS if name in environment}
    ours = (own, own or BESIDE_OTHERS)
    others = {f"GOMP_SPINCOUNT={number}": ({"GOMP_SPINCOUNT": str(number)},) * 2 for number in spins}
    return {"theirs": ({}, {}), "plain": ({"OMP_WAIT_POLICY": "PASSIVE"},) * 2, "ours": ours, **others}


def slowest(jobs: int, settings: dict[str, str], chosen: str, seconds: float) -> float:
    """Forward passes a second of the slowest of so many jobs that start together."""
    others = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    command = [sys.executable, __file__, "--work", chosen, "--seconds", str(seconds)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    started = [subprocess.Popen(command, env=others | settings, **pipes) for _ in range(jobs)]
    for job in started:
        job.stdout.readline()  # it is ready
    for job in started:
        job.stdin.write("go\n")
        job.stdin.flush()
    return min(float(job.communicate()[0]) for job in started)


@torch.inference_mode()
def work(dtype: torch.dtype, seconds: float) -> None:
    """Load, say so, wait for a line, pass texts through for `seconds`, print the passes a second."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**SHAPE)).to(dtype).eval()
    texts = torch.randint(SHAPE["vocab_size"], (TEXTS, TOKENS))
    model(texts)  # warms up
    print("ready", flush=True)
    sys.stdin.readline()
    passes, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        model(texts)
        passes += 1
    print(passes / (time.perf_counter() - started), flush=True)


if __name__ == "__main__":
    run_program(main)
