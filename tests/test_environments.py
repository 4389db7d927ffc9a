"""The lock and what follows from it."""

from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def pins() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_every_pin_is_exact_and_of_no_local_build():
    assert all(line.count("==") == 1 and "+" not in line for line in pins())
    assert "torch==2.13.0" in pins()


def test_the_conda_environment_holds_the_same_pins():
    environment = yaml.safe_load((ROOT / "envs/cpu.yaml").read_text(encoding="utf-8"))
    (pip,) = [entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == pins(), "run: make envs/cpu.yaml"
