"""bf16 or fp32: the one that is faster on this machine."""

import time

import torch

from reasonome.config import Precision

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
# Of processors: instructions that multiply matrices of bf16. Without them PyTorch is up to 100 times slower in bf16.
_INSTRUCTIONS = ("amx_bf16", "bf16", "avx512_bf16")
_OF_AMD = "avx512_bf16"  # an AMD EPYC multiplies four times as fast with them as in fp32, an Intel Xeon half as fast


def device() -> str:
    """What this machine computes on: its first GPU by name, or "cpu"."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def fastest() -> tuple[str, str]:
    """The precision in which this machine is faster ("bf16" or "fp32"), and why.

    It is told by what the machine has, and not timed: seeds of one arm would differ by what else ran beside them.
    """
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16", f"{name} has bf16 instructions"
        return "fp32", f"{name} has no bf16 instructions"
    # ATEN_CPU_CAPABILITY can keep PyTorch from what the processor has.
    has = torch.cpu.get_capabilities() if torch.backends.cpu.get_cpu_capability() != "AVX2" else {}
    name = next((name for name in _INSTRUCTIONS if has.get(name)), None)
    if name is None:
        return "fp32", "the processor has no bf16 instructions"
    if name == _OF_AMD and "AMD" not in str(has.get("cpu_name", "")):
        return "fp32", f"of the bf16 instructions the processor has {name} alone, by which it is no faster"
    return "bf16", f"the processor has {name}"


def choose(configured: Precision, say: bool = True) -> str:
    """The precision to compute in, printed if it is to `say`: the machine's own for "auto", else the configured one."""
    best, why = fastest() if configured == "auto" else (configured, "as the configuration says")
    if say:
        print(f"computing in {best}: {why}", flush=True)
    return best


def now() -> float:
    """Seconds of a clock, once the GPU has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
