"""Disks: free space, what kind of file system results lie on, and whether files can be written there."""

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from reasonome.cluster.doctor.finding import FAIL, OK, WARN, Finding

LOCAL = ("ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs")
TEMPORARY = ("tmpfs", "ramfs", "overlay")  # in memory, or inside a container


def existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    path = path.absolute()
    return next(place for place in (path, *path.parents) if place.exists())


def check_free(path: Path, needed: float, experiment: str) -> Finding:
    """GB free to this user where the path is, or will be, against those needed."""
    free = shutil.disk_usage(existing(path)).free / 1e9
    what = f"{free:,.0f} GB free in {path}, {needed:,.0f} needed"
    if free >= needed:
        return Finding("disk", OK, what)
    fix = (
        f"free some, or set `results:` in config/config.yaml to a larger disk; `reasonome plan {experiment}` counts it"
    )
    return Finding("disk", FAIL, what, fix)


def file_system(path: Path) -> str:
    """The type of file system that a path is on, or will be."""
    place = existing(path).resolve()
    mounts = {Path(mount.mountpoint): mount.fstype for mount in psutil.disk_partitions(all=True)}
    return next((mounts[above] for above in (place, *place.parents) if above in mounts), "unknown")


def check_shared(path: Path, kind: str, has_slurm: bool) -> Finding:
    """Whether results stay, and other nodes can see them: on a cluster they have to."""
    check = "file system"
    if kind in TEMPORARY:
        fix = "set `results:` in config/config.yaml to a folder on a disk, or bind one there (`--bind`, `-v`)"
        return Finding(check, WARN, f"{path} is on {kind}, and gone with the node or the container", fix)
    if has_slurm and kind in LOCAL:
        fix = "put the project on the cluster's shared file system: jobs on other nodes cannot see this"
        return Finding(check, WARN, f"{path} is on {kind}, which looks like this node's own disk", fix)
    return Finding(check, OK, f"{path} is on {kind}")


def check_writing(folder: Path) -> Finding:
    """Write a file in the folder, or the nearest above it."""
    check, place = "writing", existing(folder)
    if folder.is_symlink() and not folder.exists():
        what = f"{folder} points to {os.readlink(folder)}, which is not there on this node"
        return Finding(check, FAIL, what, "let it point to a place that every node mounts")
    try:
        with tempfile.TemporaryFile(dir=place):
            return Finding(check, OK, f"{place}: files can be written")
    except OSError as error:
        fix = "set `results:` in config/config.yaml to a folder that you may write to"
        return Finding(check, FAIL, f"{place}: {os.strerror(error.errno)}", fix)
