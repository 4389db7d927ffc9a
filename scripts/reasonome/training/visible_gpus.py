"""Which of a machine's GPUs a program uses: no more than its job asked for, and all that it may see where none did."""

import os

_VISIBLE = "CUDA_VISIBLE_DEVICES"
_DRIVERS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")  # of NVIDIA, AMD and WSL


def has_driver() -> bool:
    """Whether this machine has a driver of GPUs."""
    return any(os.path.exists(driver) for driver in _DRIVERS)


def leave(most: int | None) -> None:
    """Hide all but the first `most` GPUs from this process and those that it starts; None leaves them all.

    Has to come before anything looks at a GPU, as CUDA reads once which ones it may use. Numbers of GPUs that are not
    there do no harm: CUDA takes those before the first of them. ROCm heeds CUDA's variable where its own are not set.
    """
    if most is None:
        return
    visible = os.environ.get(_VISIBLE)
    may_see = [str(number) for number in range(most)] if visible is None else visible.split(",")
    os.environ[_VISIBLE] = ",".join(may_see[:most])
