"""What of this node would fail jobs, and how to mend it.

It starts where packages are missing or broken: the rest of the library is imported for its last checks alone.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reasonome.cluster.plan import Job
    from reasonome.config.project import Project

OK, WARN, FAIL, NOT_HERE = "ok", "warn", "fail", "not here"
GPU_LOCK = "envs/gpu.lock"
PACKAGES = ("torch", "transformers", "trl", "accelerate", "peft", "deepspeed", "vllm", "datasets", "tokenizers")
PACKAGES += ("snakemake", "snakemake-executor-plugin-slurm")
LONGEST_LOOK = 200  # Snakemake looks at its jobs every 180 seconds at the latest
_ASK_TORCH = "import json, torch; print(json.dumps([torch.__version__, torch.version.cuda, torch.cuda.device_count()]))"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor: `state` is OK, WARN, FAIL or NOT_HERE; `fix` is a command or a line to edit."""

    check: str
    state: str
    what: str
    fix: str = ""

    def __str__(self) -> str:
        line = f"{self.state:<8}  {self.check}: {self.what}"
        return f"{line}\n          fix: {self.fix}" if self.fix else line


def examine(load: Callable[[], "Project"], names: list[str], expected: int | None) -> Iterator[Finding]:
    """The findings of every check, as they come, quick ones first.

    `load` gives the project, of which `names` are experiments; `expected` is the number of GPUs that should be seen.
    """
    yield check_packages(installed(), {file: pins(Path(file)) for file in ("requirements.lock", GPU_LOCK)})
    yield check_gpus(listed_gpus(), *ask_torch(), expected, os.environ.get("CUDA_VISIBLE_DEVICES"))
    yield from check_slurm()
    yield from check_project(load, names)


def installed() -> dict[str, str]:
    """Package → version, of PACKAGES that are installed; torch 2.13.0+cpu is 2.13.0."""
    here = [name for name in PACKAGES if any(metadata.Distribution.discover(name=name))]
    return {name: metadata.version(name).partition("+")[0] for name in here}


def pins(lock: Path) -> dict[str, str]:
    """Package → version of a lock; none where the file is not there."""
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    return dict(re.findall(r"^([a-z0-9-]+)==([^\s;\\+]+)", text, re.MULTILINE))


def check_packages(have: dict[str, str], locks: dict[str, dict[str, str]]) -> Finding:
    """The installed versions against the lock that they agree with most; `locks` are pins by file."""
    check, python = "packages", f"Python {sys.version.split()[0]}"
    if "torch" not in have:
        what = f"{python}, without torch: this is an environment to submit from, not one to train in"
        return Finding(
            check, NOT_HERE, what, "to check another, call doctor by its Python: `python -m reasonome.cli doctor`"
        )
    if not any(locks.values()):
        return Finding(
            check, NOT_HERE, f"{python}, and no lock here to compare with", "run this in the project's folder"
        )
    others = {
        file: [name for name, version in have.items() if pinned.get(name, version) != version]
        for file, pinned in locks.items()
    }
    file = min(others, key=lambda file: len(others[file]))
    if others[file]:
        off = ", ".join(f"{name} {have[name]} (lock: {locks[file][name]})" for name in others[file])
        return Finding(check, WARN, f"{python}, and not as in {file}: {off}", f"pip install -r {file}")
    alike = ", ".join(f"{name} {version}" for name, version in have.items() if name in locks[file])
    return Finding(check, OK, f"{python}, and as in {file}: {alike}")


def answer_of(command: list[str], seconds: float = 30) -> tuple[str | None, str]:
    """The output of a program (None if it failed), and the last line of its complaint."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
    except (subprocess.TimeoutExpired, FileNotFoundError) as error:
        return None, f"{command[0]}: {type(error).__name__}"
    complaint = done.stderr.strip().splitlines() or [""]
    return None if done.returncode else done.stdout, complaint[-1]


def listed_gpus() -> list[str]:
    """The names of this node's GPUs; none without a driver."""
    names, _ = answer_of(["nvidia-smi", "--query-gpu=name", "--format=csv,noheader"])
    return (names or "").splitlines()


def ask_torch() -> tuple[list | None, str]:
    """Its version, its CUDA's, and how many GPUs it sees, None if it cannot be imported; and its complaint.

    It is asked in a process of its own, so that this one neither loads it nor falls with it.
    """
    answer, complaint = answer_of([sys.executable, "-c", _ASK_TORCH], 180)
    return (json.loads(answer.splitlines()[-1]) if answer else None), complaint


def check_gpus(
    listed: list[str], torch: list | None, complaint: str, expected: int | None, visible: str | None
) -> Finding:
    """Whether the GPUs that the user expects are there, and torch sees them; `visible` is CUDA_VISIBLE_DEVICES."""
    check, here = "GPUs", len(listed)
    if torch is None:
        state = FAIL if expected or here else NOT_HERE
        return Finding(check, state, f"torch cannot be imported: {complaint}", f"pip install -r {GPU_LOCK}")
    version, cuda, count = torch
    if expected is not None and expected not in (here, count):
        fix = "ask for GPUs (`sbatch --gpus=N`, `gpus:` in config/resources.yaml); else see what `nvidia-smi` says"
        return Finding(check, FAIL, f"{expected} are expected, and nvidia-smi lists {here or 'none'}", fix)
    if not here:
        return Finding(check, NOT_HERE, f"none: jobs on this node train and answer on its CPU (torch {version})")
    what = f"torch {version} (CUDA {cuda}) sees {count} of {here} {', '.join(dict.fromkeys(listed))}"
    if count in (here, expected):
        return Finding(check, OK, what)
    if visible is not None and count:
        what, fix = f"{what}: CUDA_VISIBLE_DEVICES='{visible}'", "unset CUDA_VISIBLE_DEVICES, if a job is to have all"
        return Finding(check, WARN, what, fix)
    fix = f"pip install -r {GPU_LOCK}, and compare driver and CUDA in `python -m torch.utils.collect_env`"
    return Finding(check, FAIL, f"{what}: {complaint}", fix)


def check_slurm() -> Iterator[Finding]:
    """Whether jobs can be submitted from here, and Snakemake hears of their end."""
    check = "SLURM"
    if shutil.which("sinfo") is None:
        yield Finding(check, NOT_HERE, "no client (sinfo): jobs run on this machine alone")
        return
    partitions, complaint = answer_of(["sinfo", "-h", "-o", "%R"])
    if partitions is None:
        fix = "`scontrol ping`, on a login node; without a controller every start of Snakemake waits for it"
        yield Finding(check, WARN, f"no answer: {complaint}", fix)
        return
    yield Finding(check, OK, f"partitions {', '.join(dict.fromkeys(partitions.split()))}")
    settings, _ = answer_of(["scontrol", "show", "config"])
    age = re.search(r"^\s*MinJobAge\s*=\s*(\d+) sec", settings or "", re.MULTILINE)
    if age and 0 < int(age[1]) < LONGEST_LOOK:  # 0 is for ever
        what = f"squeue forgets ended jobs after {age[1]} seconds (MinJobAge): Snakemake may wait for ever"
        fix = "`slurm-status-command: sacct` in profiles/slurm/config.yaml; without accounting ask for MinJobAge=300"
        yield Finding(check, FAIL, what, fix)


def check_project(load: Callable[[], "Project"], names: list[str]) -> Iterator[Finding]:
    """Whether results can be written, the configuration read, requests met by nodes, and all weights are there."""
    results, requests = Path("results"), []
    try:
        from reasonome.cluster.plan import still_to_run

        project = load()
        results = Path(project.settings.results)
        jobs = [job for name in names or project.settings.experiments for job in still_to_run(project, name)]
        requests = check_requests(project, [job for job in jobs if not job.local])
        last = check_weights([job.outputs for job in jobs if job.rule in ("fetch_backbone", "fetch_encoder")])
    except Exception as error:  # whatever it is, it would fail jobs too
        fix = "pip install -r requirements.lock" if isinstance(error, ImportError) else ""
        last = Finding("configuration", FAIL, str(error), fix)
    yield check_disk(results)
    yield from requests
    yield last


def check_requests(project: "Project", jobs: "list[Job]") -> list[Finding]:
    """What jobs ask for that no node of their partition gives; nothing where no SLURM answers."""
    from reasonome.cluster import partitions

    check = "requests"
    listed, _ = answer_of([*partitions.SINFO])
    nodes = partitions.read(listed or "")
    if not nodes or not jobs:
        return []
    found = [
        Finding(check, FAIL if attempt == 1 else WARN, error.what, f"{error.file}:{error.line}: {error.fix}")
        for attempt, error in partitions.beyond(project, jobs, nodes)
    ]
    return found or [Finding(check, OK, f"a node gives what each of {len(jobs)} jobs asks for")]


def check_weights(to_fetch: list[tuple[str, ...]]) -> Finding:
    """Whether nothing is still to be fetched; `to_fetch` are the outputs of the jobs that do."""
    missing = list(dict.fromkeys(name for outputs in to_fetch for name in outputs if name.endswith("manifest.json")))
    if not missing:
        return Finding("weights", OK, "all are fetched")
    fix = f"where there is a network: snakemake --cores 1 {' '.join(missing)}"
    return Finding("weights", WARN, f"{len(missing)} still to be fetched; jobs have no network", fix)


def check_disk(results: Path) -> Finding:
    """GB free to this user where results are or will be, and whether a file can be written there."""
    place = next(place for place in (results.absolute(), *results.absolute().parents) if os.path.lexists(place))
    try:
        free = shutil.disk_usage(place).free / 1e9
        tempfile.TemporaryFile(dir=place).close()
    except OSError as error:
        fix = "set `results:` in config/config.yaml to a folder that you may write to"
        return Finding("disk", FAIL, f"{results}: {error.strerror}", fix)
    return Finding("disk", OK, f"{free:,.0f} GB free in {results}")
