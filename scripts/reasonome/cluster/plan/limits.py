"""How many GPUs and cores of a node a plan counts with: those told, else a cluster's or this machine's."""

import importlib.util
import os
import shutil
import subprocess
from dataclasses import dataclass

from reasonome.training import gpus as gpus_of_machine
from reasonome.training.launcher import gpus_here

_TOLD = "--gpus and --cores plan for others"


@dataclass(frozen=True)
class Limits:
    """GPUs of a node and cores at most, None: as config/resources.yaml asks; and a line that says whose they are."""

    gpus: int | None
    cores: int | None
    words: str


def limits(gpus: int | None, cores: int | None) -> Limits:
    """What was told of GPUs and cores. What was not is what jobs ask for where SLURM is, else what is here."""
    if _slurm_answers():
        here, whose = (None, None), "of config/resources.yaml, as SLURM is here"
    else:
        here, whose = (_gpus_here(), len(os.sched_getaffinity(0))), "this machine's"
    counted = [told if told is not None else found for told, found in zip((gpus, cores), here, strict=True)]
    named = [
        f"{_in_words(count, what)} ({'as told' if told is not None else whose})"
        for told, count, what in zip((gpus, cores), counted, ("GPU", "core"), strict=True)
    ]
    return Limits(*counted, f"planned for: {', '.join(named)}; {_TOLD}")


def _slurm_answers() -> bool:
    """Whether SLURM is here and its controller answers; its commands alone may be left over."""
    if shutil.which("sinfo") is None:
        return False
    try:
        return subprocess.run(["sinfo", "--noheader"], capture_output=True, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def _gpus_here() -> int | None:
    """GPUs of this machine; None where it has some and no torch here to count them."""
    if gpus_of_machine.has_driver() and importlib.util.find_spec("torch") is None:
        return None
    return gpus_here()


def _in_words(count: int | None, what: str) -> str:
    if count is None:
        return f"{what}s as asked for"
    return f"{count or 'no'} {what}{'' if count == 1 else 's'}"
