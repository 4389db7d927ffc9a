"""What the first releases of Python 3.11, such as Debian's, read in another way than later ones."""

import re
from pathlib import Path

import pytest

POSSESSIVE_GROUP = re.compile(r"\)(?:[*+?]|\{\d*,?\d*\})\+|\(\?>")


@pytest.mark.parametrize("pattern", [r"(?:a|b)*+", r"(a)?+", r"(?:a){2,}+", r"(?>a)"])
def test_a_possessive_group_is_found(pattern):
    assert POSSESSIVE_GROUP.search(pattern)
    assert not POSSESSIVE_GROUP.search(r"(?:[^a]++|b*+)*c")


def test_no_pattern_has_a_possessive_group():
    """Before 3.11.5 one may keep a part that did not match (gh-106052)."""
    files = sorted(Path("scripts/reasonome").rglob("*.py"))
    lines = [(str(file), line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    found = [place for place in lines if POSSESSIVE_GROUP.search(place[1])]
    assert len(files) > 300 and found == []
