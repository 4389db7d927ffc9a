"""The GPUs of a machine: whether there are any, how many a program uses, and what shares them in training."""

import os
import shutil

# The variable that tells a training process how its model is spread over them.
SHARDING = "REASONOME_SHARDING"
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, AMD and WSL


def has_driver() -> bool:
    """Whether this machine has a driver of GPUs."""
    return any(os.path.exists(driver) for driver in _DRIVERS)


def within_reach() -> bool:
    """Whether jobs may get GPUs: those of this machine, or of a cluster with SLURM."""
    return has_driver() or shutil.which("sbatch") is not None


def limit(most: int | None) -> None:
    """Hide all but the first `most` GPUs from this process and those that it starts; None leaves them all.

    Call it before anything looks at a GPU: CUDA reads once which ones it may use. Numbers of GPUs that are not there do
    no harm: CUDA takes those before the first of them. ROCm heeds CUDA's variable where its own are not set.
    """
    if most is None:
        return
    visible = os.environ.get(_VISIBLE)
    numbers = [str(number) for number in range(most)] if visible is None else visible.split(",")
    os.environ[_VISIBLE] = ",".join(numbers[:most])
