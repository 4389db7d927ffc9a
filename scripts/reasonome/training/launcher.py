"""Start the processes of one training job and end as they end.

The launcher holds the store in which the processes find each other: it is bound to a port that the system chooses
before anybody is told of it, so that jobs that share a node cannot clash. Signals that ask for an end are passed on
as often as they come, and the launcher waits for as long as the processes take to save. A process that fails ends
the others, and a launcher that is killed takes its processes with it. (torchrun ends at the second signal that it
gets, kills what is still saving after a fixed time, and leaves its processes behind where it is killed itself.)
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from reasonome.config import Sharding
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.training import visible_gpus

SHARDINGS = get_args(Sharding)
# Variables that tell a training process how its model is sharded, and the megabytes that its job may have on a node.
SHARDING = "REASONOME_SHARDING"
MEMORY_MB = "REASONOME_MEMORY_MB"
FORWARDED = (signal.SIGTERM, signal.SIGUSR1)
# Statuses of processes that were asked to stop and have saved, all after the same step.
SAVED = (128 + signal.SIGTERM, 128 + signal.SIGUSR1)
# Seconds that the others have to say what they lost before they are killed, once one process has failed.
GRACE = 10
TOLD = 40  # last lines of a failed process's errors that are shown
POLL = 0.1  # seconds
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Launch:
    """A training program and where it runs. All numbers but `nodes` are those of one node; 0 processes: one per GPU.

    `gpus` is the most that are used of those that are visible, `memory_mb` the most memory; None: all.
    """

    nodes: int
    processes: int
    cpus: int
    sharding: str
    program: tuple[str, ...]
    gpus: int | None = None
    memory_mb: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("nodes", 1), ("processes", 0), ("cpus", 1), ("gpus", 0), ("memory_mb", 1)):
            if getattr(self, name) is not None and getattr(self, name) < least:
                raise InputError(f"--{name.replace('_', '-')} is {getattr(self, name)}; the least is {least}")
        if not Path(self.program[0]).is_file():
            raise InputError("there is no such program", file=self.program[0])

    def command(self) -> list[str]:
        """The command line of one training process."""
        return [sys.executable, *self.program]


def gpus_here() -> int:
    """GPUs that torch sees on this node."""
    if not visible_gpus.has_driver():  # torch then sees none, and need not be loaded to ask
        return 0
    import torch

    return torch.cuda.device_count()


def processes_here(launch: Launch) -> int:
    """Processes to start on this node, which are then left as many GPUs, where there are any.

    InputError if more are asked for than there are GPUs for them.
    """
    visible_gpus.leave(launch.gpus)
    gpus = gpus_here()
    if launch.processes > gpus > 0:
        raise InputError(
            f"{launch.processes} processes for {gpus} GPUs: each process needs one of its own",
            field="--processes",
            fix="ask for as many processes as GPUs, or for 0, which is one per GPU",
        )
    if gpus > launch.processes > 0:
        visible_gpus.leave(launch.processes)
    return launch.processes or max(1, gpus)


def environment(launch: Launch, processes: int, node: int, local: int, store: tuple[str, int]) -> dict[str, str]:
    """What one process is told: its rank, the store's address, its share of the CPUs."""
    return {
        **shared_environment(launch, processes),
        "RANK": str(node * processes + local),
        "LOCAL_RANK": str(local),
        "WORLD_SIZE": str(launch.nodes * processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "GROUP_RANK": str(node),
        "GROUP_WORLD_SIZE": str(launch.nodes),
        "MASTER_ADDR": store[0],
        "MASTER_PORT": str(store[1]),
        # torch.distributed's env:// then joins the store at that address and never tries to open one there.
        "TORCHELASTIC_USE_AGENT_STORE": "True",
    }


def shared_environment(launch: Launch, processes: int) -> dict[str, str]:
    """What all processes of a node are told alike."""
    told = {"OMP_NUM_THREADS": str(max(1, launch.cpus // processes)), SHARDING: launch.sharding}
    return told if launch.memory_mb is None else {**told, MEMORY_MB: str(launch.memory_mb)}


def run_on_this_node(launch: Launch) -> int:
    """Run the program here and return its status; a single process takes the launcher's place."""
    processes = processes_here(launch)
    if processes == 1 and launch.sharding == "none":
        os.environ.update(shared_environment(launch, processes))
        sys.stdout.flush()
        os.execv(sys.executable, launch.command())
    store = _bound_store("127.0.0.1")
    return _run_processes(launch, processes, 0, (store.host, store.port))


def run_on_nodes(launch: Launch, launcher: str) -> int:
    """Start one launcher a node with srun, each as a client of a store that is held here; the highest status.

    InputError outside a SLURM job, and in one of fewer nodes.
    """
    # Snakemake hides from its jobs most of what SLURM says: how many nodes there are is then left to srun.
    allocated = os.environ.get("SLURM_JOB_NUM_NODES", str(launch.nodes) if "SLURM_JOB_ID" in os.environ else None)
    if allocated is None:
        raise InputError(
            f"{launch.nodes} nodes are asked for outside a SLURM job, and other machines cannot be reached from here",
            field="--nodes",
            fix="run it with --profile profiles/slurm or inside `salloc --nodes`, or set `nodes: 1` in resources.yaml",
        )
    if int(allocated) < launch.nodes:
        raise InputError(
            f"{launch.nodes} nodes are asked for, and this SLURM job has {allocated}",
            field="--nodes",
            fix=f"sbatch --nodes={launch.nodes}, or `nodes: {allocated}` in resources.yaml",
        )
    store = _bound_store(_name_of_this_host())
    print(f"one launcher on each of {launch.nodes} nodes; they meet at {store.host}:{store.port}", flush=True)
    children = _Children(passed_on=signal.SIGUSR1)
    children.start(srun_command(launch, launcher, (store.host, store.port), os.environ), {}, None)
    children.wait()
    return children.status()


def srun_command(launch: Launch, launcher: str, store: tuple[str, int], job: Mapping[str, str]) -> list[str]:
    """The srun that starts `launcher` once a node; `job` is the environment of the SLURM job."""
    gpus = job.get("SLURM_GPUS_ON_NODE", "0")
    return [
        "srun",
        f"--nodes={launch.nodes}",
        f"--ntasks={launch.nodes}",
        "--ntasks-per-node=1",
        # A step gets one CPU if it does not ask for more, whatever the job has.
        f"--cpus-per-task={job.get('SLURM_CPUS_PER_TASK', launch.cpus)}",
        *([f"--gres=gpu:{gpus}"] if gpus not in ("", "0") else []),
        "--overlap",  # with the step that this launcher may itself run in
        "--kill-on-bad-exit=1",
        "--wait=0",  # however long the first process writes after the others have ended
        sys.executable,
        os.path.abspath(launcher),
        f"--nodes={launch.nodes}",
        f"--processes={launch.processes}",
        f"--cpus={launch.cpus}",
        f"--sharding={launch.sharding}",
        *([] if launch.gpus is None else [f"--gpus={launch.gpus}"]),
        *([] if launch.memory_mb is None else [f"--memory-mb={launch.memory_mb}"]),
        f"--store={store[0]}:{store[1]}",
        *launch.program,
    ]


def run_one_of_nodes(launch: Launch, store: str) -> int:
    """Run this node's share of a job on several nodes; the status of its processes."""
    host, _, port = store.rpartition(":")
    return _run_processes(launch, processes_here(launch), int(os.environ["SLURM_PROCID"]), (host, int(port)))


def _bound_store(host: str) -> Any:
    """A store that listens on a free port for as long as it is referred to; `host` is its name for the processes."""
    from torch.distributed import TCPStore

    return TCPStore(host, 0, is_master=True, wait_for_workers=False)


def _name_of_this_host() -> str:
    """A name of this machine that resolves; the other nodes look it up themselves."""
    for name in (socket.gethostname(), socket.getfqdn()):
        try:
            socket.getaddrinfo(name, None)
        except socket.gaierror:
            continue
        return name
    raise InputError(
        f"the name of this machine, {socket.gethostname()}, has no address, so that other nodes cannot find it",
        fix="ask the administrators for an entry in /etc/hosts or DNS",
    )


def _run_processes(launch: Launch, processes: int, node: int, store: tuple[str, int]) -> int:
    children = _Children()
    with tempfile.TemporaryDirectory() as folder:
        for local in range(processes):
            told = environment(launch, processes, node, local, store)
            # Rank 0 speaks for all; the others are heard if they fail.
            errors = None if told["RANK"] == "0" else Path(folder) / told["RANK"]
            children.start(launch.command(), told, errors)
        children.wait()
        failed = children.failed
        if failed is not None and children.received is None:
            rank, world = node * processes + failed, launch.nodes * processes
            status = children.statuses()[failed]
            how = f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
            print(f"error: process {rank} of {world}, on {socket.gethostname()}, {how}", file=sys.stderr)
            _show_errors(children, failed, rank)
    return children.status()


def _show_errors(children: "_Children", failed: int, rank: int) -> None:
    """What the failed process last said, unless it is the one that speaks anyway or both found the same input wrong."""
    errors = children.errors[failed]
    if errors is None or children.statuses()[0] == children.statuses()[failed] == 2:
        return
    lines = errors.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines[-TOLD:]:
        show(f"[{rank}] {line}", file=sys.stderr)


class _Children:
    """The processes that one launcher has started. Signals to the launcher reach all of them.

    They reach them as they are, or as `passed_on`: srun passes SIGUSR1 on to the tasks that it has started, and kills
    them all at a SIGTERM.
    """

    def __init__(self, passed_on: int | None = None) -> None:
        self.received: int | None = None
        self._passed_on = passed_on
        self.failed: int | None = None  # the first, by position, that failed
        self.errors: list[Path | None] = []
        self._processes: list[subprocess.Popen] = []
        self._libc = ctypes.CDLL(None)
        for number in FORWARDED:
            signal.signal(number, self._forward)
        # Ctrl-C reaches the whole group of processes by itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def start(self, command: list[str], told: Mapping[str, str], errors: Path | None) -> None:
        """Start one more; with `errors` its standard error goes to that file and its standard output nowhere."""
        self.errors.append(errors)
        process = subprocess.Popen(
            command,
            env={**os.environ, **told},
            stdout=subprocess.DEVNULL if errors else None,
            stderr=errors.open("wb") if errors else None,
            preexec_fn=self._tie,
        )
        self._processes.append(process)
        if self.received is not None:
            process.send_signal(self._passed_on or self.received)

    def _tie(self) -> None:
        """In the child: end when the launcher ends, however it does; be stoppable by Ctrl-C again."""
        if sys.platform == "linux":
            self._libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def _forward(self, number: int, frame) -> None:
        self.received = number
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(self._passed_on or number)

    def wait(self) -> None:
        """Wait for all. After a failure the others have `GRACE` seconds; while they save they have all they need."""
        deadline = None
        while True:
            statuses = self.statuses()
            if self.failed is None:
                self.failed = next((i for i, status in enumerate(statuses) if status and status not in SAVED), None)
                deadline = time.monotonic() + GRACE
            if None not in statuses:
                return
            if self.failed is not None and time.monotonic() > deadline:
                for process in self._processes:
                    process.kill()
            time.sleep(POLL)

    def statuses(self) -> list[int | None]:
        """Exit statuses, -n where signal n killed a process; None of what still runs."""
        return [process.poll() for process in self._processes]

    def status(self) -> int:
        """The status to end with once all have ended: that of the first failure, or of having saved, or 0."""
        statuses = self.statuses()
        status = statuses[self.failed] if self.failed is not None else max(statuses)
        return 128 - status if status < 0 else status
