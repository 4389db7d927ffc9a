"""Limits that control groups set to the memory of this process."""

from pathlib import Path

LISTING = Path("/proc/self/cgroup")
ROOT = Path("/sys/fs/cgroup")


def control_group_limits(root: Path = ROOT, listing: Path = LISTING) -> list[int]:
    """Limits, in bytes, of the control groups (v1 and v2) of this process and their parents; empty if none is set.

    A container often does not see its own group; its limit is then that of the root.
    """
    files = []
    for line in ("0::/", "0:memory:/", *_lines(listing)):
        _, controllers, group = line.split(":", 2)
        if controllers and "memory" not in controllers.split(","):
            continue
        top, file = (root / "memory", "memory.limit_in_bytes") if controllers else (root, "memory.max")
        own = top / group.lstrip("/")
        files += [folder / file for folder in (own, *own.parents) if folder.is_relative_to(top)]
    limits = [file.read_text(encoding="utf-8").strip() for file in dict.fromkeys(files) if file.is_file()]
    return [int(limit) for limit in limits if limit.isdigit()]


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
