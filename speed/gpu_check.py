"""Whether the paths that only a GPU takes work here, and how fast they are: one line a check, and a report as JSON.

python speed/gpu_check.py --output report.json           all parts: at most 25 minutes on one H100
python speed/gpu_check.py training --output report.json  one of them: at most 8 minutes
python speed/gpu_check.py --small --output report.json   tiny sizes, as where no GPU is: 5 minutes on two CPU cores

The first part is what no GPU has run as it is now, for a GPU that is there for minutes. It needs neither Snakemake nor
vLLM, no network and no weights: models are random, in the shapes of real ones. What cannot be checked here, since a
package or a GPU is missing, is told and is no fault. A check that fails, crashes or hangs never stops the next. What
vLLM, several GPUs and several nodes do is not checked. Exit status 1 if something was missed.
"""

import argparse
import importlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gpu_checks.finding import Finding, Here

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
# Minutes of a part, and of all: a GPU is borrowed. A CPU may be slow, or have other work.
FULL, SMALL = (8, 25), (30, 60)
# Modules that trainings import, and a bare image may lack.
TRAINING = (
    "torch",
    "transformers",
    "accelerate",
    "trl",
    "peft",
    "datasets",
    "safetensors",
    "tokenizers",
)
COMMON = ("numpy", "pandas", "pyarrow", "scipy", "sklearn", "pydantic", "yaml", "tqdm")
ALL = (*TRAINING, *COMMON, "sentence_transformers", "rouge_score")
# Checks by part, by module and name.
PARTS = {
    "untried": ["training_runs.packing", "sizes.questions", "sizes.adapter", "sizes.syncs", "training_runs.rehearsed"],
    "machine": ["machine.hardware", "machine.branches"],
    "training": ["training_runs.killed", "training_runs.sharded"],
    "sizes": ["sizes.warm_up", "sizes.four_bits"],
    "rollouts": ["rollouts.grpo", "rollouts.rewards", "rollouts.generation", "rollouts.online_dpo"],
}
# The packages of checks that do not need ALL of them, and no others.
NEEDS = {
    "hardware": ("torch",),
    "sharded": (*ALL, "deepspeed"),
    "four_bits": (*ALL, "bitsandbytes"),
}
BEGUN = "begun"
POLL = 0.2  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)} (default: all)")
    parser.add_argument("--small", action="store_true", help="tiny models and few steps, as where no GPU is")
    folder = os.environ.get("OUT", "results")
    parser.add_argument("--output", type=Path, default=Path(folder) / "gpu_check.json", help="(%(default)s)")
    parser.add_argument("--checks", nargs="+", help=argparse.SUPPRESS)  # in a process of their own
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--findings", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if unknown := [part for part in given.parts if part not in PARTS]:
        parser.error(f"there is no part '{unknown[0]}': {', '.join(PARTS)}")
    if given.checks:
        run_checks(given.checks, functions(given.parts[0]), Here(given.work, given.small), given.findings)
        return 0
    try:
        write(given.output, [])
    except OSError as error:
        parser.error(f"--output {given.output}: {error.strerror}; give a file in a folder that can be written")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that what was started is ended, too
    small = given.small or not sees_gpu()
    if small and not given.small:
        print("torch sees no GPU: tiny models and few steps, which say nothing of a GPU's speed", flush=True)
    minutes_of_part, minutes = SMALL if small else FULL
    deadline = time.monotonic() + 60 * minutes
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory() as folder:
        for part in given.parts or PARTS:
            for found in run_part(part, needs(part), Path(folder), small, deadline, minutes_of_part):
                findings.append(found)
                write(given.output, findings)  # first: what was said is in the report, whatever ends this program
                print(found.line(), flush=True)
    verdicts = [found.verdict for found in findings]
    print(", ".join(f"{verdicts.count(verdict)} {verdict}" for verdict in dict.fromkeys(verdicts)))
    print(f"report: {given.output}")
    return int("MISSED" in verdicts)


def write(output: Path, findings: Sequence[Finding]) -> None:
    """Write the report, whole after each finding: what is found stays, should the machine go away."""
    output.parent.mkdir(parents=True, exist_ok=True)
    temporary = output.with_name(f".{output.name}.partial")
    temporary.write_text(json.dumps([asdict(found) for found in findings], indent=1), encoding="utf-8")
    temporary.replace(output)


def sees_gpu() -> bool:
    """Whether torch is here and sees a GPU."""
    return importlib.util.find_spec("torch") is not None and Here(Path(), False).gpu


def needs(part: str) -> dict[str, Sequence[str]]:
    """The packages that each check of a part needs, by the check's name."""
    names = [check.partition(".")[2] for check in PARTS[part]]
    return {name: NEEDS.get(name, ALL) for name in names}


def functions(part: str) -> dict[str, Callable[[Here], Iterator[Finding]]]:
    """The checks of a part by name; it imports what they need."""
    places = [check.split(".") for check in PARTS[part]]
    return {name: getattr(importlib.import_module(f"gpu_checks.{module}"), name) for module, name in places}


def run_part(
    part: str,
    needs: dict[str, Sequence[str]],
    work: Path,
    small: bool,
    deadline: float,
    minutes: float,
    program: str = __file__,
) -> Iterator[Finding]:
    """The findings of a part's checks (name → packages that it needs), which run in a process of their own.

    Where one ends that process, or runs past the part's or all time, it is missed, and another process goes on.
    """
    left = []
    for check, packages in needs.items():
        if lacking := [package for package in packages if importlib.util.find_spec(package) is None]:
            yield Finding(check, "", f"this machine lacks {', '.join(lacking)}", None)
        else:
            left.append(check)
    until = min(deadline, time.monotonic() + 60 * minutes)
    while left:
        if until <= time.monotonic():
            yield from (Finding(check, "", "no time was left", None) for check in left)
            return
        findings, log = work / f"{part}.jsonl", work / f"{part}.log"
        findings.write_text("")
        words = [sys.executable, program, part, "--work", str(work), "--findings", str(findings), "--checks", *left]
        process = _started([*words, *(["--small"] if small else [])], log)
        begun, late = [], False
        for row in _followed(findings, process, until):
            if row is None:
                late = True
            elif row["check"] == BEGUN:
                begun.append(row["found"])
            else:
                yield Finding(**row)
        if late or process.returncode:  # in the last check that was begun, or before the first
            how = "it did not end in time" if late else f"its process ended with status {process.returncode}"
            begun = begun or left[:1]
            yield Finding(begun[-1], "ends", f"{how}: {_last_line(log)}", False)
        left = [check for check in left if check not in begun]


def _started(words: list[str], log: Path) -> subprocess.Popen:
    paths = [str(SCRIPTS), str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}
    with log.open("ab") as handle:
        return subprocess.Popen(words, stdout=handle, stderr=handle, env=environment, start_new_session=True)


def _followed(findings: Path, process: subprocess.Popen, until: float) -> Iterator[dict[str, Any] | None]:
    """The rows of a file as the process writes them. It is ended, with those that it started, at `until`: then None."""
    with findings.open(encoding="utf-8") as handle:
        try:
            ended = False
            while not ended:
                ended = process.poll() is not None  # before reading: what it wrote last is read once more
                for line in handle:
                    yield json.loads(line)
                if not ended and time.monotonic() > until:
                    yield None
                    return
                time.sleep(POLL)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _last_line(log: Path) -> str:
    lines = [line for line in log.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1][-200:] if lines else "it printed nothing"


def run_checks(
    names: Sequence[str], known: dict[str, Callable[[Here], Iterator[Finding]]], here: Here, output: Path
) -> None:
    """Run checks one after another; each finding is a line of `output` as soon as it is known."""
    with output.open("a", encoding="utf-8") as handle:

        def tell(finding: Finding) -> None:
            handle.write(json.dumps(asdict(finding)) + "\n")
            handle.flush()

        for name in names:
            tell(Finding(BEGUN, "", name, None))
            started, used = time.monotonic(), of_processor()
            try:
                for finding in known[name](here):
                    tell(finding)
            except Exception as error:  # whatever a check meets, the next one runs
                traceback.print_exc()
                tell(Finding(name, "ends", f"{type(error).__name__}: {str(error).strip()[-300:]}", False))
            used = f"{of_processor() - used:.0f} s of processor"
            tell(Finding(name, "", f"took {time.monotonic() - started:.0f} s ({used})"))


def of_processor() -> float:
    """Seconds that processors worked for this process and those that it started, once they have ended."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main())
