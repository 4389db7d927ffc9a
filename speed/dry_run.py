"""How long a dry-run of a large experiment takes: gene-r1 asked about five test sets, with nothing made yet.

python speed/dry_run.py                      # needs no inputs, and makes nothing

The configuration is copied, and gene-r1 given copies of its pathway benchmark that differ in name and seed. Each way
is run three times, in turns, and the median counts: with the profile of a single machine, and with that of a cluster,
where a controller of SLURM answers (a dry-run submits nothing). An installed client without a controller slows both
down: docs/cluster.md.
"""

import argparse
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from measuring import Check, report

from reasonome.core.errors import InputError, run_program

TIMES = 3
TEST_SETS = 5
EXPERIMENT, COPIED, CORPUS, TRAINED_ON = "gene-r1", "reactome-human", "human", "go"
ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 30  # for the controller's answer
_TOTAL = re.compile(r"^total +(\d+)$", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=ROOT / "config")
    parser.add_argument("--rows", type=Path, help="also write the rows here, as JSON")
    given = parser.parse_args()
    ways = {"local": ["--cores", "1"]}
    if controller_answers():
        ways["profiles/slurm"] = ["--profile", str(ROOT / "profiles" / "slurm")]
    else:
        print("profiles/slurm is left out: no controller of SLURM answers here (scontrol ping)")
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    jobs: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        enlarge(shutil.copytree(given.config, Path(folder, "config")))
        for turn in range(TIMES):
            for name, arguments in ways.items():
                before = os.times()
                taken, jobs[name] = dry_run(Path(folder), arguments)
                seconds[name].append(taken)
                # Far fewer processor seconds than seconds: other work had the machine.
                after = os.times()
                used = after.children_user + after.children_system - before.children_user - before.children_system
                print(f"run {turn + 1} of {TIMES}, {name}: {taken:.2f} s ({used:.2f} s of processor)", flush=True)
    medians = {name: statistics.median(each) for name, each in seconds.items()}
    checks = [
        Check(f"dry-run: {EXPERIMENT}, {jobs[name]} jobs, {name}", f"{found:.2f} s") for name, found in medians.items()
    ]
    return report([], checks, given.rows)


def controller_answers() -> bool:
    """Whether SLURM can be asked from here."""
    if shutil.which("scontrol") is None:
        return False
    try:
        return subprocess.run(["scontrol", "ping"], capture_output=True, timeout=LIMIT_SECONDS).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def enlarge(config: Path) -> None:
    """Have the experiment of this configuration ask about TEST_SETS benchmarks."""
    asked = yaml.safe_load((config / "experiments" / f"{EXPERIMENT}.yaml").read_text(encoding="utf-8"))["benchmarks"]
    names = [f"{COPIED}-{seed}" for seed in range(1, 1 + TEST_SETS - len(asked))]

    def benchmarks(content: dict[str, Any]) -> None:
        content.update({name: {**content[COPIED], "seed": seed} for seed, name in enumerate(names, 1)})
        content[TRAINED_ON]["leave_out"] += names

    def experiment(content: dict[str, Any]) -> None:
        content["benchmarks"] += names
        content["out_of_distribution"] += names

    _edit(config / "benchmarks.yaml", benchmarks)
    _edit(config / "corpora.yaml", lambda content: content[CORPUS]["leave_out"].extend(names))
    _edit(config / "experiments" / f"{EXPERIMENT}.yaml", experiment)


def _edit(path: Path, change: Callable[[Any], None]) -> None:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def dry_run(folder: Path, arguments: list[str]) -> tuple[float, int]:
    """Seconds of a dry-run in `folder`, loading of Snakemake included, and the jobs it lists; InputError on failure."""
    target = f"results/experiments/{EXPERIMENT}/report.html"
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), "-n", target, *arguments]
    started = time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    total = _TOTAL.search(done.stdout)
    if done.returncode or total is None:
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise InputError(f"the dry-run failed: {' '.join(last)}", fix=f"snakemake -n {target}")
    return seconds, int(total[1])


if __name__ == "__main__":
    run_program(main)
