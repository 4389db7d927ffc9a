"""Environments of their own for libraries that the main one lacks, each built once into a folder that git ignores."""

import subprocess
import sys
from pathlib import Path

import pytest
from checkout import ROOT


def failure(program: list, **more) -> str | None:
    """None if the program succeeds, else the end of what it said."""
    done = subprocess.run(program, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)
    return done.stdout.strip()[-2000:] if done.returncode else None


def python_with(lock: Path, folder: str) -> Path:
    """The interpreter of an environment with the packages of a lock; skips where they cannot be had."""
    python, installed = ROOT / folder / "bin/python", ROOT / folder / "installed.lock"
    if installed.is_file() and installed.read_text(encoding="utf-8") == lock.read_text(encoding="utf-8"):
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", ROOT / folder], check=True)
    # The lock is whole, and what it leaves out on purpose would be missed by a resolver.
    said = failure([python, "-m", "pip", "install", "--quiet", "--no-deps", "--requirement", lock])
    if said is not None:
        pytest.skip(f"{lock.name} cannot be installed here: {said.splitlines()[-1]}")
    installed.write_text(lock.read_text(encoding="utf-8"), encoding="utf-8")
    return python
