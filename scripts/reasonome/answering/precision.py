"""bf16 or fp32: the one that is faster on this machine, and how slow the other one is."""

import time
from functools import cache

import torch

from reasonome.config import Precision

DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
PROBE_SECONDS = 0.5
PROBES = 5
PROBE_SIZE = {"cuda": 8192, "cpu": 1024}
# Of processors: instructions that multiply matrices of bf16. Without them PyTorch is up to 100 times slower in bf16.
_INSTRUCTIONS = ("avx512_bf16", "amx_bf16", "bf16")


def device() -> str:
    """What this machine computes on: its first GPU by name, or "cpu"."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def fastest() -> tuple[str, str]:
    """The precision in which this machine is faster ("bf16" or "fp32"), and why."""
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
        if torch.cuda.is_bf16_supported(including_emulation=False):
            return "bf16", f"{name} has bf16 instructions"
        return "fp32", f"{name} has no bf16 instructions"
    # ATEN_CPU_CAPABILITY can keep PyTorch from what the processor has.
    has = torch.cpu.get_capabilities() if torch.backends.cpu.get_cpu_capability() != "AVX2" else {}
    names = [name for name in _INSTRUCTIONS if has.get(name)]
    return _faster_product(names[0]) if names else ("fp32", "the processor has no bf16 instructions")


@cache
def _faster_product(instructions: str) -> tuple[str, str]:
    """The precision in which a processor with these bf16 instructions multiplies faster, and both rates.

    The instructions alone do not tell: with avx512_bf16 an AMD EPYC multiplies four times as fast in bf16 as in fp32,
    an Intel Xeon without AMX half as fast.
    """
    rates: dict[str, float] = dict.fromkeys(DTYPES, 0.0)
    for _ in range(PROBES):  # by turns, so that other work on the machine slows both
        for name, dtype in DTYPES.items():
            rates[name] = max(rates[name], 1000 * matmul_tflops("cpu", dtype, PROBE_SECONDS / PROBES))
    told = ", ".join(f"{rate:.0f} in {name}" for name, rate in rates.items())
    why = f"the processor has {instructions}, and products run at {told} (GFLOP/s)"
    return max(rates, key=rates.__getitem__), why


def choose(configured: Precision, say: bool = True) -> str:
    """The precision to compute in, printed if it is to `say`: the machine's own for "auto", else the configured one."""
    best, why = fastest() if configured == "auto" else (configured, "as the configuration says")
    if say:
        print(f"computing in {best}: {why}", flush=True)
    return best


def matmul_tflops(device: str, precision: torch.dtype, seconds: float = PROBE_SECONDS) -> float:
    """The best rate of a product of two square matrices, in 10¹² FLOPs a second, as measured for so many seconds.

    They are random, as weights are: a GPU draws less power on constant ones, and is faster.
    """
    size = PROBE_SIZE["cuda" if device == "cuda" else "cpu"]
    generator = torch.Generator(device).manual_seed(0)  # training draws from others
    matrix = torch.randn(size, size, dtype=precision, device=device, generator=generator)
    best, spent, product = 0.0, 0.0, torch.empty_like(matrix)
    torch.mm(matrix, matrix, out=product)
    while spent < seconds:
        started = now()
        torch.mm(matrix, matrix, out=product)
        took = now() - started
        best, spent = max(best, 2 * size**3 / took / 1e12), spent + took
    return best


def now() -> float:
    """Seconds of a clock, once the GPU has done what it was given."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()
