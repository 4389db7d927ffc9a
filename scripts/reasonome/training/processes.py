"""The processes of a training: how many there are, which is the first, and what they agree on.

The launcher tells a process its rank and their number; a program that is started by itself is the only one.
"""

import atexit
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import torch
import torch.distributed as dist

from reasonome.core.errors import run_program

T = TypeVar("T")


def count() -> int:
    """Processes of this job on all its nodes."""
    return int(os.environ.get("WORLD_SIZE", 1))


def nodes() -> int:
    """Nodes of this job."""
    return int(os.environ.get("GROUP_WORLD_SIZE", 1))


def rank() -> int:
    """This process's number, from 0."""
    return int(os.environ.get("RANK", 0))


def is_first() -> bool:
    """Whether this is the process that writes what all have made."""
    return rank() == 0


def take_gpu() -> None:
    """From here on CUDA means the GPU of this process. Until then it means the node's first one to all of them."""
    if torch.cuda.is_available():
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))


def wait_for_all() -> None:
    """Return when every process has come here."""
    if count() > 1:
        dist.barrier()


def gather(value: T) -> list[T]:
    """The values that all processes bring, in the order of their ranks, on each of them; every process must call it."""
    if count() == 1:
        return [value]
    values: list[Any] = [None] * count()
    dist.all_gather_object(values, value)
    return values


def leave(status: int = 0) -> None:
    """End this process with `status` if it is one of several; functions registered for its exit run first.

    The interpreter is left standing. Threads of Gloo live for as long as anything refers to their group, as a trainer
    does after `destroy_process_group`, and one that lets go of a tensor while Python is taken down aborts the process
    (https://github.com/pytorch/pytorch/issues/190489). A group of GPUs stays open: closing it would wait for the first
    process, which still writes.
    """
    if not dist.is_initialized():
        return
    if "nccl" not in dist.get_backend():
        dist.destroy_process_group()
    atexit._run_exitfuncs()
    _end(status)


def run(main: Callable[[], int | None]) -> None:
    """Run a training program's `main` as `run_program` does; of several processes one that fails ends at once.

    It closes no group and calls no function registered for its exit: with NCCL both may wait for processes that wait
    for this one, and the launcher ends those only when this one has ended.
    """
    try:
        run_program(main)
    except SystemExit as end:
        if count() > 1 and end.code:
            _end(int(end.code))
        raise
    except BaseException:
        if count() > 1:
            traceback.print_exc()
            _end(1)
        raise


def _end(status: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
