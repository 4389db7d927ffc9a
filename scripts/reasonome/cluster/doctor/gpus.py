"""GPUs as the driver and torch see them, and what they and the processor can do."""

import ctypes
import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, WARN, Finding

# CUDA's major version → the oldest Linux driver that runs all of its minor ones.
OLDEST_DRIVER = {11: 450, 12: 525, 13: 580}
BF16_CAPABILITY = (8, 0)
LIMIT_SECONDS = 180

_ASK_TORCH = """
import json, torch
from reasonome.answering import precision
cuda = torch.cuda.is_available()
count = torch.cuda.device_count() if cuda else 0
print(json.dumps({
    "version": torch.__version__, "cuda": torch.version.cuda, "available": cuda, "count": count,
    "capabilities": [list(torch.cuda.get_device_capability(i)) for i in range(count)],
    "nccl": torch.distributed.is_available() and torch.distributed.is_nccl_available(),
    "precision": precision.of_machine(),
}))
"""


@dataclass(frozen=True)
class Gpu:
    """A GPU as nvidia-smi lists it."""

    name: str
    memory_gb: float
    capability: tuple[int, int] | None


@dataclass(frozen=True)
class Driver:
    """The NVIDIA driver: its library is there or not, its version, and the GPUs that it lists."""

    library: bool
    version: str | None = None
    gpus: tuple[Gpu, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Torch:
    """What torch says; `version` None: it is not installed. `error`: it could not be imported."""

    version: str | None = None
    cuda: str | None = None
    available: bool = False
    count: int = 0
    capabilities: tuple[tuple[int, int], ...] = ()
    nccl: bool = False
    precision: tuple[str, str] = ("", "")  # in which it is faster here, and why
    error: str = ""


def read_driver() -> Driver:
    """The driver of this node, through libcuda and nvidia-smi."""
    try:
        ctypes.CDLL("libcuda.so.1")
        library = True
    except OSError:
        library = False
    program = shutil.which("nvidia-smi")
    if program is None:
        return Driver(library)
    query = "--query-gpu=name,memory.total,compute_cap,driver_version"
    try:
        done = subprocess.run(
            [program, query, "--format=csv,noheader,nounits"], capture_output=True, text=True, timeout=30
        )
    except subprocess.TimeoutExpired:
        return Driver(library, error="nvidia-smi gave no answer in 30 s")
    except OSError as error:
        return Driver(library, error=f"nvidia-smi cannot be run: {error.strerror}")
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or [f"nvidia-smi ended with status {done.returncode}"]
        return Driver(library, error=said[0])
    return parse_nvidia_smi(done.stdout, library)


def parse_nvidia_smi(text: str, library: bool = True) -> Driver:
    """The driver of `nvidia-smi --query-gpu=name,memory.total,compute_cap,driver_version`."""
    rows = [[cell.strip() for cell in line.split(",")] for line in text.splitlines() if line.count(",") == 3]
    gpus = tuple(
        Gpu(name, float(memory) * 2**20 / 1e9 if memory.isdigit() else 0.0, _pair(capability))
        for name, memory, capability, _ in rows
    )
    return Driver(library, rows[0][3] if rows else None, gpus)


def _pair(version: str) -> tuple[int, int] | None:
    major, _, minor = version.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def read_torch() -> Torch:
    """What torch says in a process of its own, so that this one neither loads it nor falls with it."""
    if find_spec("torch") is None:
        return Torch()
    try:
        done = subprocess.run([sys.executable, "-c", _ASK_TORCH], capture_output=True, text=True, timeout=LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return Torch("?", error=f"importing torch took longer than {LIMIT_SECONDS} s")
    if done.returncode:
        return Torch("?", error=(done.stderr.strip().splitlines() or ["it ended without a word"])[-1])
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Torch(
        **{**found, "capabilities": tuple(map(tuple, found["capabilities"])), "precision": tuple(found["precision"])}
    )


def check_driver(driver: Driver, expected: int | None) -> Finding:
    """The GPUs that the driver lists; `expected` as the user says."""
    check = "driver"
    if driver.error:
        return Finding(check, FAIL, driver.error, "ask the administrators: driver and nvidia-smi do not agree, or hang")
    if not driver.gpus:
        if expected:
            what = f"{expected} GPUs are expected and none is seen" + (", though libcuda is here" * driver.library)
            fix = "ask for GPUs (`sbatch --gpus=N`, `gpus:` in config/resources.yaml), or load the driver's module"
            return Finding(check, FAIL, what, fix)
        return Finding(check, NOT_HERE, "no NVIDIA GPU: jobs on this node train and answer on its CPU")
    names = ", ".join(f"{name} × {sum(gpu.name == name for gpu in driver.gpus)}" for name in _names(driver))
    what = f"{driver.version}, {names}, {driver.gpus[0].memory_gb:.0f} GB each"
    if expected is not None and len(driver.gpus) != expected:
        fix = f"ask for {expected} (`gpus: {expected}` in config/resources.yaml), or give --gpus {len(driver.gpus)}"
        return Finding(check, FAIL, f"{what}; {expected} are expected", fix)
    return Finding(check, OK, what)


def _names(driver: Driver) -> list[str]:
    return list(dict.fromkeys(gpu.name for gpu in driver.gpus))


def check_torch(driver: Driver, torch: Torch, gpu_lock: str, visible: str | None) -> Finding:
    """Whether torch sees the driver's GPUs; `visible` is CUDA_VISIBLE_DEVICES."""
    check = "torch"
    install = f"pip install -r {gpu_lock}"
    if torch.version is None:
        what = "not installed: this is an environment to submit from, not one to train in"
        return Finding(check, NOT_HERE, what, "" if not driver.gpus else install)
    if torch.error:
        return Finding(check, FAIL, f"cannot be imported: {torch.error}", install)
    if not driver.gpus:
        return Finding(check, OK, f"{torch.version}, on the CPU")
    if torch.cuda is None:
        what = f"{torch.version} was built without CUDA, and {len(driver.gpus)} GPUs are here"
        return Finding(check, FAIL, what, install)
    if not torch.available:
        what = f"{torch.version} (CUDA {torch.cuda}) sees none of {len(driver.gpus)} GPUs"
        if visible is not None and not visible.strip("-1, "):
            return Finding(check, FAIL, f"{what}: CUDA_VISIBLE_DEVICES='{visible}'", "unset CUDA_VISIBLE_DEVICES")
        return Finding(check, FAIL, what, "see the line on CUDA; else ask the administrators (`dmesg | grep NVRM`)")
    what = f"{torch.version} (CUDA {torch.cuda}) sees {torch.count} of {len(driver.gpus)} GPUs"
    if torch.count < len(driver.gpus):
        fix = "unset CUDA_VISIBLE_DEVICES" if visible else "check `scontrol show job $SLURM_JOB_ID` for its GPUs"
        return Finding(check, WARN, what, f"{fix}, if the job is to have all")
    return Finding(check, OK, what)


def check_cuda(driver: Driver, torch: Torch) -> Finding:
    """Whether the driver is new enough for the CUDA that torch was built with."""
    check = "CUDA"
    if not driver.version or not torch.cuda:
        return Finding(check, NOT_HERE, "needs a driver and a torch that was built with CUDA")
    have, major = int(driver.version.split(".")[0]), int(torch.cuda.split(".")[0])
    oldest = OLDEST_DRIVER.get(major)
    if oldest is None:
        return Finding(check, WARN, f"CUDA {torch.cuda} is not known here", "compare with NVIDIA's release notes")
    if have < oldest:
        fix = f"a driver of {oldest} or newer, or torch of the CUDA that `nvidia-smi` prints"
        return Finding(check, FAIL, f"torch's CUDA {torch.cuda} needs driver {oldest}, here is {driver.version}", fix)
    return Finding(check, OK, f"driver {driver.version} runs CUDA {torch.cuda} (from {oldest})")


def check_precision(driver: Driver, torch: Torch) -> Finding:
    """In which precision jobs compute here where it is left to the machine (`precision: auto`)."""
    check = "precision"
    known = [gpu for gpu in driver.gpus if gpu.capability is not None]
    if slow := [gpu for gpu in known if gpu.capability < BF16_CAPABILITY]:
        name, capability = slow[0].name, ".".join(map(str, slow[0].capability))
        fix = "ask for an A100 or newer by `gpu_model:` in config/resources.yaml: it computes in bf16, which is faster"
        return Finding(check, WARN, f"fp32: {name} has capability {capability}, bf16 needs 8.0", fix)
    if known:
        return Finding(check, OK, f"bf16: capability {'.'.join(map(str, known[0].capability))}")
    if torch.precision[0]:
        return Finding(check, OK, ": ".join(torch.precision))
    return Finding(check, NOT_HERE, "needs a torch that can be imported")
