"""Programs of speed/ as checks."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from measuring import read

from gpu_checks import made
from gpu_checks.finding import Finding, Here

SPEED = Path(__file__).resolve().parent.parent


def findings(here: Here, name: str, *options: str) -> Iterator[Finding]:
    """The rates of a program of speed/, each with its bound, and what it found beside them."""
    inputs, rows = made.project(here).inputs, here.work / f"{name}.json"
    rows.unlink(missing_ok=True)
    where = ["--config", str(made.ROOT / "config"), "--results", str(inputs.results.root), "--rows", str(rows)]
    words = [sys.executable, str(SPEED / f"{name}.py"), *where, *options]
    done = subprocess.run(words, capture_output=True, text=True)
    if not rows.is_file():
        raise RuntimeError(f"status {done.returncode}: {(done.stdout + done.stderr)[-600:]}")
    speeds, beside = read(rows)
    for speed in speeds:
        found = f"{speed.part}: {speed.ours:,.3g} {speed.unit}, {speed.ratio:.1f} × theirs"
        bound = "" if speed.least is None else f"≥ {speed.least:g} × theirs"
        yield here.compare(name, bound, found, speed.kept)
    for check in beside:
        yield Finding(name, "" if check.bound == "–" else check.bound, f"{check.what}: {check.found}", check.kept)
