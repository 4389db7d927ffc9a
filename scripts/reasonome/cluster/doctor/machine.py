"""Checks of this node's hardware: GPUs by torch's own `collect_env`, precision, compiler, memory, an all-reduce.

The check of the all-reduce starts this file as the program of each process.
"""

import json
import os
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil

from reasonome.cluster.doctor import FAIL, NOT_HERE, OK, WARN, Finding

LIMIT_SECONDS = 180
SCRIPTS = Path(__file__).resolve().parents[3]
GPU_LOCK = "envs/gpu.lock"
CONTROL_GROUPS_OF_PROCESS = Path("/proc/self/cgroup")
CONTROL_GROUPS = Path("/sys/fs/cgroup")

_ASK_TORCH = """
import json, torch
from torch.utils import collect_env
from reasonome.answering import precision
info = collect_env.get_env_info()
print(json.dumps({
    "version": info.torch_version,
    "cuda": info.cuda_compiled_version,
    "driver": info.nvidia_driver_version,
    "gpus": (info.nvidia_gpu_models or "").splitlines(),
    "count": torch.cuda.device_count(),
    "compiler": info.gcc_version or info.clang_version,
    "precision": precision.fastest(),
}))
"""


@dataclass(frozen=True)
class Torch:
    """Readings of torch; `version` None: it is not installed. `error`: it could not be imported.

    `gpus` are those that nvidia-smi lists, `count` is how many torch sees, `said` its last line of complaint.
    `precision` is the one in which it is faster here, and why.
    """

    version: str | None = None
    cuda: str | None = None
    driver: str | None = None
    gpus: tuple[str, ...] = ()
    count: int = 0
    compiler: str | None = None
    precision: tuple[str, str] | None = None
    said: str = ""
    error: str = ""


def environment() -> dict[str, str]:
    """The environment of a process that imports this library."""
    paths = filter(None, [str(SCRIPTS), os.environ.get("PYTHONPATH")])
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONSAFEPATH": "1"}


def read_torch() -> Torch:
    """Readings of torch from a process of its own, so that this one neither loads it nor falls with it."""
    if find_spec("torch") is None:
        return Torch()
    command = [sys.executable, "-c", _ASK_TORCH]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS, env=environment())
    except subprocess.TimeoutExpired:
        return Torch("?", error=f"it took longer than {LIMIT_SECONDS} s")
    complaints = [line for line in done.stderr.splitlines() if line.strip()]
    last = complaints[-1].strip() if complaints else ""
    if done.returncode:
        return Torch("?", error=last or "it ended without a word")
    read = json.loads(done.stdout.splitlines()[-1])
    return Torch(**read | {"gpus": tuple(read["gpus"]), "precision": tuple(read["precision"]), "said": last})


def check_gpus(torch: Torch, expected: int | None, visible: str | None) -> Finding:
    """Whether the GPUs that the user expects are there, and torch sees them; `visible` is CUDA_VISIBLE_DEVICES."""
    check, here = "GPUs", len(torch.gpus)
    if torch.version is None:
        what = "torch is not installed: this is an environment to submit from, not one to train in"
        fix = "call it by the Python that jobs compute with: `python -m reasonome.cli doctor`"
        return Finding(check, NOT_HERE, what, fix if expected else "")
    if torch.error:
        return Finding(check, FAIL, f"torch cannot be imported: {torch.error}", f"pip install -r {GPU_LOCK}")
    hidden = visible is not None and torch.count == expected  # others are on the node, and not for this job
    if expected is not None and here != expected and not hidden:
        fix = "ask for GPUs (`sbatch --gpus=N`, `gpus:` in config/resources.yaml); else see what `nvidia-smi` says"
        return Finding(check, FAIL, f"{expected} are expected, and nvidia-smi lists {here or 'none'}", fix)
    if not here:
        return Finding(check, NOT_HERE, f"none: jobs on this node train and answer on its CPU (torch {torch.version})")
    if torch.cuda is None:
        what = f"torch {torch.version} was built without CUDA, and {here} GPUs are here"
        return Finding(check, FAIL, what, f"pip install -r {GPU_LOCK}")
    name = torch.gpus[0].partition(": ")[2]
    what = f"torch {torch.version} (CUDA {torch.cuda}, driver {torch.driver}) sees {torch.count} of {here} {name}"
    if torch.count == here or hidden:
        return Finding(check, OK, what)
    if visible is not None:
        what, fix = f"{what}: CUDA_VISIBLE_DEVICES='{visible}'", "unset CUDA_VISIBLE_DEVICES, if a job is to have all"
    else:
        what = f"{what}: {torch.said}" if torch.said else what
        fix = (
            "compare driver and CUDA in `python -m torch.utils.collect_env`, and the job's GPUs in `scontrol show job`"
        )
    return Finding(check, WARN if torch.count else FAIL, what, fix)


def check_precision(torch: Torch) -> Finding:
    """The precision that jobs compute in here with `precision: auto`."""
    check = "precision"
    if torch.precision is None:
        return Finding(check, NOT_HERE, "needs a torch that can be imported")
    if torch.count and torch.precision[0] == "fp32":
        fix = "ask for an A100 or newer by `gpu_model:` in config/resources.yaml: it computes in bf16, which is faster"
        return Finding(check, WARN, ": ".join(torch.precision), fix)
    return Finding(check, OK, ": ".join(torch.precision))


def check_compiler(torch: Torch, expected: int | None) -> Finding:
    """The C compiler and the header of Python with which Triton builds kernels at run time."""
    check, builds = "compiler", "on GPUs Triton builds kernels at run time (vLLM, Liger, TRL's head)"
    if torch.version is None or not (torch.gpus or expected):
        return Finding(check, NOT_HERE, f"needed with GPUs: {builds}; for DeepSpeed on CPUs see `ds_report`")
    if not torch.compiler and "CC" not in os.environ:
        fix = "module load gcc (in `setup:` of profiles/slurm/jobs.yaml for jobs), apt-get install gcc, or export CC=…"
        return Finding(check, FAIL, f"no C compiler (gcc or clang) on the path: {builds}", fix)
    header = Path(sysconfig.get_paths()["include"]) / "Python.h"
    if not header.is_file():
        fix = "apt-get install python3-dev, or make the environment of a Python that has it (conda's, uv's)"
        return Finding(check, FAIL, f"{header} is missing: {builds}", fix)
    return Finding(check, OK, f"C compiler {torch.compiler or os.environ['CC']}, and Python.h: {builds}")


def control_group_limits(root: Path = CONTROL_GROUPS, listing: Path = CONTROL_GROUPS_OF_PROCESS) -> list[int]:
    """Limits, in bytes, of the control groups (v1 and v2) of this process and their parents; empty if none is set.

    A container often does not see its own group; its limit is then that of the root.
    """
    files = []
    for line in ("0::/", "0:memory:/", *_lines(listing)):
        _, controllers, group = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top, file = (root / "memory", "memory.limit_in_bytes") if controllers else (root, "memory.max")
        own = top / group.lstrip("/")
        files += [folder / file for folder in (own, *own.parents) if folder.is_relative_to(top)]
    limits = [file.read_text(encoding="utf-8").strip() for file in dict.fromkeys(files) if file.is_file()]
    return [int(limit) for limit in limits if limit.isdigit()]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def check_memory(asked: float, in_job: bool, groups: Path = CONTROL_GROUPS) -> Finding:
    """GB of the node, or of this job's control group, against the most that a job of training asks for."""
    check = "memory"
    total = psutil.virtual_memory().total / 1e9
    limit = min((limit / 1e9 for limit in control_group_limits(groups)), default=total)
    have = min(limit, total)
    what = f"{have:,.0f} GB" + (f" by the control group, of {total:,.0f}" if limit < total else "")
    if have >= asked:
        return Finding(check, OK, f"{what}; training asks for up to {asked:g}")
    # Without SLURM a request is an upper bound; SLURM's own nodes are other than the one that submits.
    state = FAIL if in_job and limit < total else WARN
    fix = f"on one machine this is an upper bound; give SLURM's jobs a node with more (`srun --mem={asked:g}G`), or "
    fix += "lower `memory_gb` in config/resources.yaml"
    return Finding(check, state, f"{what}; config/resources.yaml asks for up to {asked:g} to train", fix)


ON_GPUS = (
    "run again with NCCL_DEBUG=INFO; NCCL_P2P_DISABLE=1 or NCCL_SOCKET_IFNAME=<interface> narrow it down; a container "
    "needs --shm-size=8g or --ipc=host"
)
ON_CPU = "set GLOO_SOCKET_IFNAME=lo, and see that the node resolves its own name (`getent hosts $(hostname)`)"


def check_all_reduce(torch: Torch, limit: float = LIMIT_SECONDS, program: Path = Path(__file__)) -> Finding:
    """Start the processes and wait until they agree, `limit` seconds at most; a launcher that is killed ends them."""
    check = "all-reduce"
    if torch.version is None or torch.error or torch.count == 1:
        return Finding(check, NOT_HERE, "needs torch, and several GPUs or none")
    size, fix = torch.count or 2, ON_GPUS if torch.count else ON_CPU
    who = f"{size} processes over {'nccl' if torch.count else 'gloo'}"
    command = [sys.executable, str(SCRIPTS / "launch.py"), f"--processes={size}", str(program)]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment())
    except subprocess.TimeoutExpired:
        return Finding(check, FAIL, f"{who} did not finish in {limit:g} s", fix)
    if done.returncode:
        return Finding(check, FAIL, f"{who}: {' / '.join(done.stderr.strip().splitlines()[-2:])}", fix)
    return Finding(check, OK, f"{who}, {time.monotonic() - started:.0f} s with loading torch")


def take_part() -> None:
    """One process: all have to find the largest of their ranks."""
    import torch
    from accelerate import PartialState

    from reasonome.training import processes

    processes.take_gpu()
    PartialState(cpu=not torch.cuda.is_available())
    if (largest := max(processes.gather(processes.rank()))) != processes.count() - 1:
        sys.exit(f"the largest rank is {largest}, expected {processes.count() - 1}")
    processes.leave()


if __name__ == "__main__":
    take_part()
