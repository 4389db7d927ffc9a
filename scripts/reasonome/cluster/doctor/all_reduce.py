"""An all-reduce between processes as the launcher starts them: one per GPU, or two where there is none.

The check starts this file as the program of each of them.
"""

import subprocess
import sys
import time
from pathlib import Path

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, Finding
from reasonome.cluster.doctor.machine import SCRIPTS, Torch, environment

LIMIT_SECONDS = 180
ON_GPUS = (
    "run again with NCCL_DEBUG=INFO; NCCL_P2P_DISABLE=1 or NCCL_SOCKET_IFNAME=<interface> narrow it down; a container "
    "needs --shm-size=8g or --ipc=host"
)
ON_CPU = "set GLOO_SOCKET_IFNAME=lo, and see that the node resolves its own name (`getent hosts $(hostname)`)"


def check_all_reduce(torch: Torch, limit: float = LIMIT_SECONDS, program: Path = Path(__file__)) -> Finding:
    """Start the processes and wait until they agree, `limit` seconds at most; a launcher that is killed ends them."""
    check = "all-reduce"
    if torch.version is None or torch.error or torch.count == 1:
        return Finding(check, NOT_HERE, "needs torch, and several GPUs or none")
    size, fix = torch.count or 2, ON_GPUS if torch.count else ON_CPU
    who = f"{size} processes over {'nccl' if torch.count else 'gloo'}"
    command = [sys.executable, str(SCRIPTS / "launch.py"), f"--processes={size}", str(program)]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=limit, env=environment())
    except subprocess.TimeoutExpired:
        return Finding(check, FAIL, f"{who} did not finish in {limit:g} s", fix)
    if done.returncode:
        return Finding(check, FAIL, f"{who}: {' / '.join(done.stderr.strip().splitlines()[-2:])}", fix)
    return Finding(check, OK, f"{who}, {time.monotonic() - started:.0f} s with loading torch")


def take_part() -> None:
    """One process: all have to find the largest of their ranks."""
    import torch
    from accelerate import PartialState

    from reasonome.training import processes

    processes.take_gpu()
    PartialState(cpu=not torch.cuda.is_available())
    if (largest := max(processes.gather(processes.rank()))) != processes.count() - 1:
        sys.exit(f"the largest rank is {largest}, expected {processes.count() - 1}")
    processes.leave()


if __name__ == "__main__":
    take_part()
