"""Where the tests' cluster is not started: it says why, and touches nothing of others."""

import os

import one_machine
import pytest


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with root's rights, and no program or file of SLURM; the folder of its configuration."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(one_machine, "PROGRAMS", ())
    monkeypatch.setattr(one_machine, "RUN", tmp_path / "run")
    monkeypatch.setattr(one_machine, "CONFIGURATION", tmp_path)
    return tmp_path


def unavailable() -> str:
    with pytest.raises(one_machine.Unavailable) as error, one_machine.cluster():
        pass
    return str(error.value)


def test_a_machine_of_a_real_cluster_is_left_alone(machine):
    (machine / "slurm.conf").write_text("ClusterName=theirs\n")
    assert "slurm.conf is not the tests'" in unavailable()
    assert (machine / "slurm.conf").read_text() == "ClusterName=theirs\n"


def test_missing_packages_and_rights_are_named(machine, monkeypatch):
    monkeypatch.setattr(one_machine, "PROGRAMS", ("no-such-daemon",))
    assert unavailable() == "no no-such-daemon: apt-get install slurmctld slurmd slurm-client munge"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert unavailable() == "a SLURM cluster on this machine needs root"


def test_two_test_runs_do_not_share_it(machine, monkeypatch):
    monkeypatch.setattr(one_machine, "_start", lambda state: None)
    with one_machine.cluster():
        assert "somebody else has the tests' cluster" in unavailable()


def test_what_a_killed_run_left_is_taken_away(machine, monkeypatch):
    monkeypatch.setattr(one_machine, "_start", lambda state: None)
    state = machine / "state"
    (state / "munge").mkdir(parents=True)
    (state / "munge/pid").write_text(f"{os.getpid()}\n")  # an id that now belongs to another program
    for name in ("slurm.conf", "gres.conf"):
        (machine / name).write_text(f"{one_machine.MARK}{state}\nClusterName=one\n")
    with one_machine.cluster():
        assert not (machine / "slurm.conf").exists() and not (machine / "gres.conf").exists()
