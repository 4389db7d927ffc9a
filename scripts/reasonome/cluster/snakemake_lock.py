"""Snakemake's lock on this folder: on which machine it was taken, and whether anything living holds it.

Snakemake's own files say neither. A note among them does, which Snakemake removes together with the lock.
"""

import os
import shutil
import socket
from pathlib import Path

import psutil

LOCKS = Path(".snakemake/locks")
NOTE = "taken_on"


def note() -> None:
    """Write down beside the lock which machine's processes hold it."""
    LOCKS.mkdir(parents=True, exist_ok=True)
    (LOCKS / NOTE).write_text(socket.gethostname(), encoding="utf-8")


def release(scripts: Path) -> str | None:
    """Remove a lock that no living process holds; what was done, or why not. None where there is no lock.

    `scripts` has the programs of jobs. Only a lock of our own on this machine is removed: nobody can see from here
    what runs elsewhere.
    """
    if not any(LOCKS.glob("*.lock")):
        return None
    note = LOCKS / NOTE
    machine = note.read_text(encoding="utf-8", errors="replace") if note.is_file() else None
    if machine != socket.gethostname() or note.stat().st_uid != os.getuid():
        taken = f"on {machine}" if machine else "by a run on a cluster, or one that had hardly begun"
        return f"{LOCKS}: taken {taken}; once nothing of it runs any more, `snakemake --unlock` removes it"
    holders = living(scripts)
    if holders:
        return f"{LOCKS}: held by {', '.join(holders)}"
    shutil.rmtree(LOCKS)
    return f"{LOCKS}: removed, as the run that held it is no more"


def living(scripts: Path) -> list[str]:
    """Name and number of our processes in this folder that run Snakemake or a program in `scripts`."""
    holders = []
    for process in psutil.process_iter():
        try:
            mine = process.pid != os.getpid() and process.uids().real == os.getuid()
            if mine and Path(process.cwd()) == Path.cwd() and (program := _program(process.cmdline(), scripts)):
                holders.append(f"{program} (process {process.pid})")
        except psutil.Error:  # it has just ended
            continue
    return holders


def _program(command: list[str], scripts: Path) -> str | None:
    """`snakemake`, or which program in `scripts` a command line runs; None for all others."""
    paths = [Path(word) for word in command[:4]]
    return next((path.name for path in paths if path.name == "snakemake" or path.parent == scripts), None)
