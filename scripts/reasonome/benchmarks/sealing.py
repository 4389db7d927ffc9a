"""Sealing: the part of a benchmark's test sets that is scored only for a final table."""

import hashlib
from collections.abc import Sequence
from typing import Any

from reasonome.core.errors import InputError


def is_sealed(example: Any, share: float) -> bool:
    """Whether an example is in the sealed part: by a hash of its id, or of the id of a variant's original.

    Only the id decides, so a set stays sealed whatever else the benchmark has, together with its variants, which have
    its id as their `term`.
    """
    digest = hashlib.sha256((getattr(example, "term", "") or example.id).encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def unsealed(examples: Sequence[Any], share: float, final: bool) -> list[Any]:
    """The examples that count: all of them for a final table, else those that are not sealed.

    InputError where that leaves none.
    """
    counted = [example for example in examples if final or not is_sealed(example, share)]
    if examples and not counted:
        raise InputError(
            f"all {len(examples)} test sets are sealed",
            field="sealed",
            fix="lower the benchmark's `sealed`, or set `final: true` in config.yaml",
        )
    return counted
