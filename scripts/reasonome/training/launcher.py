"""Start the processes of one training job and end as they end.

The launcher holds the store in which the processes find each other. The store is bound to a port that the system
chooses before any process knows it, so that jobs that share a node cannot clash; a single process is kept one. The
launcher passes on every signal that asks for an end, and waits until the processes have saved. A process that fails
ends the others, and a launcher that is killed takes its processes with it. (docs/training.md says what torchrun does.)
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from reasonome.config.resources import Sharding
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.training import gpus
from reasonome.training.gpus import SHARDING

if TYPE_CHECKING:
    from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage]

SHARDINGS = get_args(Sharding)
VLLM_CACHE = "VLLM_CACHE_ROOT"
# Statuses of processes that were asked to stop and have saved, all after the same step.
SAVED = (128 + signal.SIGTERM, 128 + signal.SIGUSR1)
# Seconds between the failure of one process and the end of the others, in which they can print their errors.
GRACE = 10
LAST_LINES = 40  # of a failed process's errors, which are shown
POLL = 0.1  # seconds
PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Launch:
    """A training program and where it runs. All numbers but `nodes` are those of one node; 0 processes: one per GPU.

    `gpus` is the most that are used of those that are visible; None: all.
    """

    nodes: int
    processes: int
    cpus: int
    sharding: str
    program: tuple[str, ...]
    gpus: int | None = None


def gpus_here() -> int:
    """GPUs that torch sees on this node."""
    if not gpus.has_driver():  # torch then sees none, and need not be loaded to ask
        return 0
    import torch

    return torch.cuda.device_count()


def processes_here(launch: Launch) -> int:
    """Processes to start on this node, which are then left as many GPUs, where there are any.

    InputError if more are asked for than there are GPUs for them.
    """
    gpus.limit(launch.gpus)
    here = gpus_here()
    if launch.processes > here > 0:
        raise InputError(
            f"{launch.processes} processes for {here} GPUs: each process needs one of its own",
            field="--processes",
            fix="ask for as many processes as GPUs, or for 0, which is one per GPU",
        )
    if here > launch.processes > 0:
        gpus.limit(launch.processes)
    return launch.processes or max(1, here)


def shared_environment(launch: Launch, processes: int) -> dict[str, str]:
    """The environment variables that all processes of a node share."""
    return {"OMP_NUM_THREADS": str(max(1, launch.cpus // processes)), SHARDING: launch.sharding}


def lone_environment(launch: Launch) -> dict[str, str]:
    """The environment variables of a single process, which holds no store: vLLM opens one inside it.

    TRL would take the first of a few usual ports, as every job on the node does, long before vLLM binds it.
    """
    return {**shared_environment(launch, 1), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(_kept_port())}


def _kept_port() -> int:
    """A free port that no other job gets while this process lives, even after another program took its place.

    A socket that is bound to it and never listens keeps it: Linux gives the port to nobody by itself, and lets a store
    listen there, which asks to reuse addresses.
    """
    keeping = socket.socket()
    keeping.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    keeping.bind(("", 0))
    port = keeping.getsockname()[1]
    keeping.set_inheritable(True)
    keeping.detach()
    return port


def environment(launch: Launch, processes: int, node: int, local: int, store: str) -> dict[str, str]:
    """The environment variables of one process: its rank, the store's address, its share of the CPUs, its cache.

    An engine of vLLM inside each process takes itself for the first one: in one folder all would write the same files.
    """
    host, _, port = store.rpartition(":")
    caches = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    vllm_cache = os.environ.get(VLLM_CACHE, os.path.join(caches, "vllm"))  # by its own rule
    return {
        **shared_environment(launch, processes),
        "RANK": str(node * processes + local),
        "LOCAL_RANK": str(local),
        "WORLD_SIZE": str(launch.nodes * processes),
        "LOCAL_WORLD_SIZE": str(processes),
        "GROUP_WORLD_SIZE": str(launch.nodes),
        "MASTER_ADDR": host,
        "MASTER_PORT": port,
        # torch.distributed's env:// then joins the store at that address and never tries to open one there.
        "TORCHELASTIC_USE_AGENT_STORE": "True",
        VLLM_CACHE: os.path.join(vllm_cache, str(local)),
    }


def run_on_this_node(launch: Launch) -> int:
    """Run the program here and return its status; a single process takes the launcher's place."""
    processes = processes_here(launch)
    if processes == 1 and launch.sharding == "none":
        os.environ.update(lone_environment(launch))
        sys.stdout.flush()
        os.execv(sys.executable, [sys.executable, *launch.program])
    store = _bound_store("127.0.0.1")
    return _run_processes(launch, processes, 0, f"{store.host}:{store.port}")


def run_on_nodes(launch: Launch, arguments: Sequence[str]) -> int:
    """Start this launcher once a node with srun, each as a client of a store that is held here; the highest status.

    `arguments` are those of this launcher, its path first. InputError outside a SLURM job.
    """
    if "SLURM_JOB_ID" not in os.environ:
        raise InputError(
            f"{launch.nodes} nodes are asked for outside a SLURM job, and other machines cannot be reached from here",
            field="--nodes",
            fix="run it with --profile profiles/slurm or inside `salloc --nodes`, or set `nodes: 1` in resources.yaml",
        )
    store = _bound_store(socket.gethostname())
    address = f"{store.host}:{store.port}"
    print(f"one launcher on each of {launch.nodes} nodes; they meet at {address}", flush=True)
    children = _Children(passed_on=signal.SIGUSR1)
    children.start(srun_command(launch, arguments, address, os.environ), {}, None)
    return _exit_status(children.wait())


def srun_command(launch: Launch, arguments: Sequence[str], store: str, job: Mapping[str, str]) -> list[str]:
    """The srun that starts the launcher once a node, with the job's GPUs; `job` is the environment of the SLURM job."""
    return [
        "srun",
        f"--nodes={launch.nodes}",
        f"--ntasks={launch.nodes}",
        "--ntasks-per-node=1",
        # A step gets one CPU if it does not ask for more, whatever the job has.
        f"--cpus-per-task={job.get('SLURM_CPUS_PER_TASK', launch.cpus)}",
        "--overlap",  # with the step that this launcher may itself run in
        "--kill-on-bad-exit=1",
        "--wait=0",  # however long the first process writes after the others have ended
        sys.executable,
        os.path.abspath(arguments[0]),
        f"--store={store}",
        *arguments[1:],
    ]


def run_one_of_nodes(launch: Launch, store: str) -> int:
    """Run this node's share of a job on several nodes; the status of its processes."""
    return _run_processes(launch, processes_here(launch), int(os.environ["SLURM_PROCID"]), store)


def _bound_store(host: str) -> "TCPStore":
    """A store that listens on a free port for as long as it is referred to; `host` is its name for the processes."""
    from torch.distributed import TCPStore  # pyright: ignore[reportPrivateImportUsage]

    return TCPStore(host, 0, is_master=True, wait_for_workers=False)


def _run_processes(launch: Launch, processes: int, node: int, store: str) -> int:
    children = _Children()
    with tempfile.TemporaryDirectory() as folder:
        for local in range(processes):
            variables = environment(launch, processes, node, local, store)
            # Rank 0 prints for all; what the others print is shown if they fail.
            errors = None if variables["RANK"] == "0" else Path(folder) / variables["RANK"]
            children.start([sys.executable, *launch.program], variables, errors)
        status = children.wait()
        for local, ended in children.failed.items() if children.received is None else ():
            rank = node * processes + local
            how = f"was killed by {signal.Signals(-ended).name}" if ended < 0 else f"ended with status {ended}"
            world = launch.nodes * processes
            print(f"error: process {rank} of {world}, on {socket.gethostname()}, {how}", file=sys.stderr)
            # Rank 0 has no file of them.
            said = children.errors[local]
            lines = said.read_text(encoding="utf-8", errors="replace").splitlines() if said else []
            for line in lines[-LAST_LINES:]:
                show(f"[{rank}] {line}", file=sys.stderr)
    return _exit_status(status)


def _exit_status(status: int) -> int:
    """As shells have it: 128 + n where signal n killed a process."""
    return 128 - status if status < 0 else status


class _Children:
    """The processes that one launcher has started. Signals to the launcher reach all of them.

    They reach them as they are, or as `passed_on`: srun passes SIGUSR1 on to the tasks that it has started, and kills
    them all at a SIGTERM.
    """

    def __init__(self, passed_on: int | None = None) -> None:
        self.received: int | None = None
        # Statuses by position of those that failed first: one that fails may fail others before anyone looks.
        self.failed: dict[int, int] = {}
        self.errors: list[Path | None] = []
        self._passed_on = passed_on
        self._processes: list[subprocess.Popen] = []
        self._libc = ctypes.CDLL(None)
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._forward)
        # Ctrl-C reaches the whole group of processes by itself.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def start(self, command: list[str], variables: Mapping[str, str], errors: Path | None) -> None:
        """Start one more; with `errors` its standard error goes to that file and its standard output nowhere."""
        self.errors.append(errors)
        process = subprocess.Popen(
            command,
            env={**os.environ, **variables},
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
            process.send_signal(self._passed_on or number)

    def wait(self) -> int:
        """Wait for all; the status of the first that failed, -n where signal n killed it, or of having saved, or 0.

        After a failure the others have `GRACE` seconds; while they save they have all they need.
        """
        deadline = 0.0
        while True:
            statuses = [process.poll() for process in self._processes]
            if not self.failed:
                self.failed = {i: status for i, status in enumerate(statuses) if status and status not in SAVED}
                deadline = time.monotonic() + GRACE
            ended = [status for status in statuses if status is not None]
            if len(ended) == len(statuses):
                return next(iter(self.failed.values()), max(ended))
            if self.failed and time.monotonic() > deadline:
                for process in self._processes:
                    process.kill()
            time.sleep(POLL)
