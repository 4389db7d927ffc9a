"""A SLURM cluster on this machine: a controller and two nodes of 64 CPUs and 8 GPU resources each, none of them real.

Run by hand it stays up until Ctrl-C: python tests/slurm/one_machine.py
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
# The job-step plugin of Snakemake drops SLURM_CONF with all other SLURM_* variables, so the files must lie here.
CONFIGURATION = Path("/etc/slurm")
RUN = Path("/run/reasonome-slurm")
MARK = "# The tests' cluster on this machine, whose state is in "
END_SECONDS = 30
START_SECONDS = 30

SLURM_CONF = """\
{mark}{state}
ClusterName=one
SlurmctldHost={host}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={run}/munge.socket
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=root
SlurmctldPort=16817
StateSaveLocation={state}/controller
SlurmdSpoolDir={state}/%n
SlurmctldPidFile={state}/slurmctld.pid
SlurmdPidFile={state}/slurmd.%n.pid
SlurmctldLogFile={state}/slurmctld.log
SlurmdLogFile={state}/slurmd.%n.log
MailProg=/bin/true
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=batch_sched_delay=0,bf_interval=2,sched_interval=2
MpiDefault=none
SwitchType=switch/none
ReturnToService=2
EnforcePartLimits=ALL
DefMemPerCPU=1000
MinJobAge=3600
KillWait=20
JobRequeue=0
SlurmdParameters=config_overrides
GresTypes=gpu
NodeName=n1 NodeHostname={host} NodeAddr=127.0.0.1 Port=16819 {node}
NodeName=n2 NodeHostname={host} NodeAddr=127.0.0.1 Port=16820 {node}
PartitionName=gpu Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
"""
NODE = "CPUs=64 RealMemory=512000 Gres=gpu:h200:8 State=UNKNOWN"
GRES_CONF = "{mark}{state}\nAutoDetect=off\nNodeName=n[1-2] Name=gpu Type=h200 File={state}/nvidia[0-7]\n"


class Unavailable(Exception):
    """This machine cannot have the cluster, for the reason given."""


@contextmanager
def cluster() -> Iterator[Path]:
    """Have the cluster while the block runs; its state and logs are in the folder given. Unavailable says why not."""
    if os.geteuid() != 0:
        raise Unavailable("a SLURM cluster on this machine needs root")
    if missing := [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]:
        raise Unavailable(f"no {', '.join(missing)}: apt-get install slurmctld slurmd slurm-client munge")
    RUN.mkdir(mode=0o755, exist_ok=True)
    with open(RUN / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(f"somebody else has the tests' cluster now ({lock.name} is locked)") from None
        _clear_leftovers()
        state = Path(tempfile.mkdtemp(prefix="slurm-"))
        try:
            _start(state)
            yield state
        finally:
            _stop(state)
            shutil.rmtree(state, ignore_errors=True)


_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"


def _run(*command: str | Path) -> str:
    done = subprocess.run(
        ["timeout", "-k", "5", "30", *command],
        env=os.environ | {"PATH": _PATH},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    if done.returncode:
        raise Unavailable(f"{Path(command[0]).name} failed: {done.stdout.strip()}")
    return done.stdout


def _start(state: Path) -> None:
    for folder in ("munge", "controller", "n1", "n2"):
        (state / folder).mkdir(mode=0o700)
    state.chmod(0o755)
    for gpu in range(8):
        (state / f"nvidia{gpu}").symlink_to(os.devnull)  # resources must be files: without them the node is invalid
    key = state / "munge/key"
    key.touch(mode=0o600)
    key.write_bytes(os.urandom(1024))
    host = socket.gethostname().partition(".")[0]
    values = {"mark": MARK, "state": state, "run": RUN, "host": host, "node": NODE}
    (CONFIGURATION / "gres.conf").write_text(GRES_CONF.format(**values))
    (CONFIGURATION / "slurm.conf").write_text(SLURM_CONF.format(**values))
    munge = [
        f"--{name}={state}/munge/{name.split('-')[0]}" for name in ("key-file", "pid-file", "log-file", "seed-file")
    ]
    _run("munged", "--force", f"--socket={RUN}/munge.socket", *munge)
    _run("slurmctld", "-c")
    for node in ("n1", "n2"):
        _run("slurmd", "-c", "-N", node)
    deadline = time.monotonic() + START_SECONDS
    while (states := _run("sinfo", "--noheader", "--Node", "--format=%T").split()) != ["idle", "idle"]:
        if time.monotonic() > deadline:
            raise Unavailable(f"the nodes did not come up in {START_SECONDS} s: {states}, logs in {state}")
        time.sleep(0.2)


def _clear_leftovers() -> None:
    """What a test run left that was killed; Unavailable if the machine has a cluster of its own."""
    for name in ("slurm.conf", "gres.conf"):
        if (file := CONFIGURATION / name).exists():
            first = file.read_text().partition("\n")[0]
            if not first.startswith(MARK):
                raise Unavailable(f"{file} is not the tests': this machine belongs to a cluster")
            _stop(Path(first.removeprefix(MARK)))


def _stop(state: Path) -> None:
    """End the daemons that the files of process ids name, and take the configuration away."""
    if (state / "slurmctld.pid").exists():
        subprocess.run(["timeout", "-k", "5", "10", "scancel", "--partition=gpu"], capture_output=True)
        # The daemons of the nodes end what is cancelled, with SIGKILL after KillWait: nothing may outlive them.
        deadline = time.monotonic() + END_SECONDS
        while (
            time.monotonic() < deadline
            and subprocess.run(
                ["timeout", "-k", "5", "10", "squeue", "--noheader"], capture_output=True, text=True
            ).stdout.strip()
        ):
            time.sleep(0.5)
    for name in ("slurmd.n1.pid", "slurmd.n2.pid", "slurmctld.pid", "munge/pid"):
        if (file := state / name).exists():
            _end(int(file.read_text()), {"slurmd", "slurmctld", "munged"})
    for name in ("slurm.conf", "gres.conf"):
        (CONFIGURATION / name).unlink(missing_ok=True)


def _end(process: int, names: set[str]) -> None:
    """Terminate a process, and kill it if it stays; one whose id now belongs to another program is left alone."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for _ in range(50):
            try:
                found = psutil.Process(process)
                if found.name() not in names or found.status() == psutil.STATUS_ZOMBIE:
                    return
                found.send_signal(number)
            except psutil.NoSuchProcess:
                return
            time.sleep(0.1)


if __name__ == "__main__":
    try:
        with cluster() as folder:
            print(f"Two nodes are up (logs in {folder}); Ctrl-C ends them.", flush=True)
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            signal.pause()
    except Unavailable as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
