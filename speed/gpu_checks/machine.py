"""The machine itself: rates of memory and products, and what the code chooses on it."""

import platform
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from importlib import metadata

import torch

from gpu_checks.finding import Finding, Here

PACKAGES = ("torch", "transformers", "trl", "peft", "accelerate", "deepspeed", "bitsandbytes", "liger-kernel", "vllm")
TIMES = 5


def seconds(work: Callable[[], object], times: int = TIMES) -> float:
    """The least seconds of several runs, after one that warms up."""
    work()
    best = float("inf")
    for _ in range(times):
        started = _now()
        work()
        best = min(best, _now() - started)
    return best


def _now() -> float:
    """Seconds, once the GPU is done; of torch alone, as a bare image may have no more."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def hardware(here: Here) -> Iterator[Finding]:
    """What this machine is, and how fast it copies and multiplies."""
    name = "hardware"
    found = [f"{package} {_version(package)}" for package in PACKAGES]
    yield Finding(name, "", f"Python {platform.python_version()}, {', '.join(found)}")
    if here.gpu:
        asked = "--query-gpu=name,memory.total,driver_version,power.limit"
        program = shutil.which("nvidia-smi")
        told = program and subprocess.run([program, asked, "--format=csv,noheader"], capture_output=True, text=True)
        yield Finding(name, "", told.stdout.strip() if told else torch.cuda.get_device_name())
    else:
        yield Finding(name, "a GPU", "torch sees none: nothing below says anything of GPUs", None)
    numbers = torch.empty(here.size(2**30, 2**22), dtype=torch.float32, device=here.device)
    rate = 2 * numbers.nbytes / seconds(numbers.clone) / 1e12
    yield here.compare(name, "copies at 2.2 TB/s or more", f"{rate:.3g} TB/s", rate >= 2.2)
    size = here.size(8192, 512)
    random = torch.randn(size, size, dtype=torch.bfloat16, device=here.device)
    rate = 2 * size**3 / seconds(lambda: random @ random) / 1e12
    yield here.compare(name, "650 TFLOP/s or more in bf16, of random matrices", f"{rate:.4g} TFLOP/s", rate >= 650)


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "is not there"


def branches(here: Here) -> Iterator[Finding]:
    """What precision, kernels, encoders and processes choose."""
    from measuring import recipe_of

    from gpu_checks import made
    from reasonome.answering import precision
    from reasonome.scoring.encoders import load_encoders
    from reasonome.training import kernels, processes

    project = made.project(here)
    chosen, why = precision.fastest()
    yield here.compare("branches", "bf16", f"{chosen}: {why}", chosen == "bf16")
    yield Finding("branches", "", f"kernels: {kernels.choose(recipe_of('sft', precision=chosen), say=False)}")
    processes.take_gpu()
    device = torch.cuda.current_device() if here.gpu else "none"
    yield here.compare("branches", "GPU 0 is taken", f"GPU {device}", device == 0)
    [encoder] = load_encoders([project.inputs.encoder()], keep=False).values()
    encoder.embed(["a text"])
    on = encoder._model.device.type
    yield Finding("branches", f"the encoder is on {here.device}", f"on {on}", on == here.device)
    backend = "nccl" if here.gpu else "gloo"
    store = torch.distributed.TCPStore("127.0.0.1", 0, 1, is_master=True)
    torch.distributed.init_process_group(backend, store=store, rank=0, world_size=1)
    value = torch.ones(1, device=here.device)
    torch.distributed.all_reduce(value)
    torch.distributed.destroy_process_group()
    yield Finding("branches", f"one process agrees over {backend}", f"sum {value.item():g}", value.item() == 1)
