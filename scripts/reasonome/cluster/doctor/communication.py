"""An all-reduce between real processes: over NCCL where there are several GPUs, else over gloo between two.

python -m reasonome.cluster.doctor.communication BACKEND     one of them: RANK, WORLD_SIZE and STORE are set
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from reasonome.cluster.doctor.finding import FAIL, NOT_HERE, OK, Finding
from reasonome.cluster.doctor.gpus import Torch

LIMIT_SECONDS = 180


def check_all_reduce(torch: Torch, limit: float = LIMIT_SECONDS, program: list[str] | None = None) -> Finding:
    """Start the processes and wait for their sums, `limit` seconds at most; then they are killed."""
    check = "all-reduce"
    if torch.version is None or torch.error:
        return Finding(check, NOT_HERE, "needs torch")
    several = torch.count > 1
    if several and not torch.nccl:
        return Finding(
            check, FAIL, "torch was built without NCCL, which GPUs need to work together", "install torch's CUDA build"
        )
    backend, size = ("nccl", torch.count) if several else ("gloo", 2)
    with tempfile.TemporaryDirectory(prefix="reasonome-") as folder:
        return _run(check, backend, size, Path(folder), limit, program or [sys.executable, "-m", __name__])


def _run(check: str, backend: str, size: int, folder: Path, limit: float, program: list[str]) -> Finding:
    package = str(Path(__file__).resolve().parents[3])
    shared = {**os.environ, "WORLD_SIZE": str(size), "STORE": str(folder / "store"), "OMP_NUM_THREADS": "1"}
    shared["PYTHONPATH"] = os.pathsep.join(filter(None, [package, os.environ.get("PYTHONPATH")]))
    started, processes = time.monotonic(), []
    for rank in range(size):
        with open(folder / f"{rank}.log", "wb") as log:
            environment = {**shared, "RANK": str(rank)}
            processes.append(subprocess.Popen([*program, backend], env=environment, stdout=log, stderr=log))
    try:
        for process in processes:
            process.wait(max(0.0, limit - (time.monotonic() - started)))
    except subprocess.TimeoutExpired:
        fix = _FIXES[backend]
        return Finding(check, FAIL, f"{size} processes over {backend} did not finish in {limit:g} s", fix)
    finally:
        for process in processes:
            process.kill()
            process.wait()
    failed = [rank for rank, process in enumerate(processes) if process.returncode]
    if failed:
        lines = (folder / f"{failed[0]}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
        reason = lines[-1] if lines else f"exit status {processes[failed[0]].returncode}"
        return Finding(check, FAIL, f"process {failed[0]} of {size} over {backend}: {reason}", _FIXES[backend])
    return Finding(check, OK, f"{size} processes over {backend}, {time.monotonic() - started:.0f} s with loading torch")


_FIXES = {
    "nccl": "run again with NCCL_DEBUG=INFO; NCCL_P2P_DISABLE=1 or NCCL_SOCKET_IFNAME=<interface> narrow it down",
    "gloo": "set GLOO_SOCKET_IFNAME=lo, and see that the node resolves its own name (`getent hosts $(hostname)`)",
}


def take_part(backend: str) -> None:
    """One process: the sum of all ranks has to come out."""
    import torch
    from torch import distributed

    rank, size = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    device = torch.device("cuda", rank) if backend == "nccl" else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    distributed.init_process_group(backend, init_method=f"file://{os.environ['STORE']}", rank=rank, world_size=size)
    value = torch.tensor([float(rank)], device=device)
    distributed.all_reduce(value)
    distributed.destroy_process_group()
    if value.item() != size * (size - 1) / 2:
        sys.exit(f"the sum of ranks is {value.item():g}, expected {size * (size - 1) / 2:g}")


if __name__ == "__main__":
    take_part(sys.argv[1])
