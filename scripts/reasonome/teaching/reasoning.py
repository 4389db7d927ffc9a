"""The reasoning that a teacher's filter kept."""

from pathlib import Path
from typing import Any

from reasonome.core import atomic


def read_proposals(path: Path) -> dict[str, dict[str, Any]]:
    """The teacher's kept reasoning, by the id of its question."""
    return {row["id"]: row for row in atomic.read_jsonl(path)}
