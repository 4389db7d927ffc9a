"""What this node computes with: torch and GPUs as torch's own `collect_env` tells, and memory."""

import json
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec

import psutil

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding

LIMIT_SECONDS = 180
GPU_LOCK = "envs/gpu.lock"

_ASK_TORCH = """
import json, torch
from torch.utils import collect_env
told = collect_env.get_env_info()
print(json.dumps({
    "version": told.torch_version,
    "cuda": told.cuda_compiled_version,
    "driver": told.nvidia_driver_version,
    "gpus": (told.nvidia_gpu_models or "").splitlines(),
    "count": torch.cuda.device_count(),
}))
"""


@dataclass(frozen=True)
class Torch:
    """What torch says; `version` None: it is not installed. `error`: it could not be imported.

    `gpus` are those that nvidia-smi lists, `count` is how many torch sees, `said` its last line of complaint.
    """

    version: str | None = None
    cuda: str | None = None
    driver: str | None = None
    gpus: tuple[str, ...] = ()
    count: int = 0
    said: str = ""
    error: str = ""


def read_torch() -> Torch:
    """What torch says in a process of its own, so that this one neither loads it nor falls with it."""
    if find_spec("torch") is None:
        return Torch()
    command = [sys.executable, "-c", _ASK_TORCH]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return Torch("?", error=f"it took longer than {LIMIT_SECONDS} s")
    complaints = [line for line in done.stderr.splitlines() if line.strip()]
    last = complaints[-1].strip() if complaints else ""
    if done.returncode:
        return Torch("?", error=last or "it ended without a word")
    found = json.loads(done.stdout.splitlines()[-1])
    return Torch(**found | {"gpus": tuple(found["gpus"]), "said": last})


def check_gpus(torch: Torch, expected: int | None, visible: str | None) -> Finding:
    """Whether the GPUs that the user expects are there, and torch sees them; `visible` is CUDA_VISIBLE_DEVICES."""
    check, here = "GPUs", len(torch.gpus)
    if torch.version is None:
        what = "torch is not installed: this is an environment to submit from, not one to train in"
        fix = "call it by the Python that jobs compute with: `python -m reasonome.cli doctor`"
        return Finding(check, NOT_HERE, what, fix if expected else "")
    if torch.error:
        return Finding(check, FAIL, f"torch cannot be imported: {torch.error}", f"pip install -r {GPU_LOCK}")
    if expected is not None and here != expected:
        fix = "ask for GPUs (`sbatch --gpus=N`, `gpus:` in config/resources.yaml); else see what `nvidia-smi` says"
        return Finding(check, FAIL, f"{expected} are expected, and nvidia-smi lists {here or 'none'}", fix)
    if not here:
        return Finding(check, NOT_HERE, f"none: jobs on this node train and answer on its CPU (torch {torch.version})")
    if torch.cuda is None:
        what = f"torch {torch.version} was built without CUDA, and {here} GPUs are here"
        return Finding(check, FAIL, what, f"pip install -r {GPU_LOCK}")
    name = torch.gpus[0].partition(": ")[2]
    what = f"torch {torch.version} (CUDA {torch.cuda}, driver {torch.driver}) sees {torch.count} of {here} {name}"
    if torch.count == here:
        return Finding(check, OK, what)
    if visible is not None:
        what, fix = f"{what}: CUDA_VISIBLE_DEVICES='{visible}'", "unset CUDA_VISIBLE_DEVICES, if a job is to have all"
    else:
        what = f"{what}: {torch.said}" if torch.said else what
        fix = (
            "compare driver and CUDA in `python -m torch.utils.collect_env`, and the job's GPUs in `scontrol show job`"
        )
    return Finding(check, WARN if torch.count else FAIL, what, fix)


def check_memory(asked: float) -> Finding:
    """GB of the node against the most that a job of training asks for."""
    have = psutil.virtual_memory().total / 1e9
    if have >= asked:
        return Finding("memory", OK, f"{have:,.0f} GB; jobs ask for up to {asked:g}")
    # SLURM's own nodes are other than the one that submits, and without SLURM a request is an upper bound.
    fix = "give jobs a node with more, or lower `memory_gb` in config/resources.yaml"
    return Finding("memory", WARN, f"{have:,.0f} GB; config/resources.yaml asks for up to {asked:g}", fix)
