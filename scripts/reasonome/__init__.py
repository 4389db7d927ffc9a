"""Reasonome: train small language models to reason over genes, and prove what they learned."""

import os
from collections.abc import MutableMapping

__version__ = "0.1.0"

WAITED = 20  # percent of ten seconds; a job alone comes to 3
BESIDE_OTHERS = {"GOMP_SPINCOUNT": "1000"}
DECIDED = "REASONOME_WAITING_THREADS"  # that these are ours, so that a job decides again, when and where it runs


def shares_cores(pressure: str = "/proc/pressure/cpu") -> bool:
    """Whether in the last ten seconds processes waited for a core for long; False where Linux does not tell."""
    try:  # a kernel may lack the file, or refuse to read it
        with open(pressure, encoding="ascii") as lines:
            return float(lines.readline().split("avg10=")[1].split()[0]) > WAITED
    except (OSError, IndexError, ValueError):
        return False


def decide_waiting_threads(environment: MutableMapping[str, str], shared: bool) -> None:
    """Let threads that wait for each other not hold up other jobs, unless the user says how they wait.

    Threads of a product of matrices wait in a loop before they sleep. OpenMP lets them turn for long. That is quickest
    for a job alone. Beside others it keeps these from working, so that threads sleep after 1,000 rounds there
    (docs/speed.md has the figures).
    """
    if environment.pop(DECIDED, None):
        environment.pop("GOMP_SPINCOUNT", None)
    if shared and not {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & environment.keys():
        environment.update(BESIDE_OTHERS | {DECIDED: "1"})


decide_waiting_threads(os.environ, shares_cores())  # OpenMP reads it when torch is imported

# On GPUs of compute capability 9.0 and 10.0 torch prefers cuDNN's attention, which plans for 20 to 500 ms at each new
# length. Most batches, and each decoded token, have a new one. The other kernels plan nothing. Read at the first use.
os.environ.setdefault("TORCH_CUDNN_SDPA_DEPRIORITIZED", "1")
