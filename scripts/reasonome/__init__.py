"""Reasonome: train small language models to reason over genes, and prove what they learned."""

import os
from collections.abc import Mapping

__version__ = "0.1.0"

WAITED = 20  # percent of ten seconds; a job alone comes to 3


def shares_cores(pressure: str = "/proc/pressure/cpu") -> bool:
    """Whether in the last ten seconds processes waited for a core for long; False where Linux does not tell."""
    if not os.path.exists(pressure):
        return False
    with open(pressure, encoding="ascii") as lines:
        return float(lines.readline().split("avg10=")[1].split()[0]) > WAITED


def waiting_threads(environment: Mapping[str, str], shared: bool) -> dict[str, str]:
    """What to set so that threads which wait for each other do not hold up other jobs; nothing that the user has set.

    Threads of a product of matrices wait in a loop before they sleep. OpenMP lets them turn for long. That is quickest
    for a job alone. Beside others it keeps these from working, so that threads sleep after 1,000 rounds there
    (docs/speed.md has the figures).
    """
    own = {"GOMP_SPINCOUNT", "OMP_WAIT_POLICY"} & environment.keys()
    return {"GOMP_SPINCOUNT": "1000"} if shared and not own else {}


os.environ.update(waiting_threads(os.environ, shares_cores()))  # read when torch is imported

# On GPUs of compute capability 9.0 and 10.0 torch prefers cuDNN's attention, which plans for 20 to 500 ms at each new
# length. Most batches, and each decoded token, have a new one. The other kernels plan nothing. Read at the first use.
os.environ.setdefault("TORCH_CUDNN_SDPA_DEPRIORITIZED", "1")
