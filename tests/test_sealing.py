"""Which test sets are sealed, and that variants stay with the set they were made of."""

import hashlib

import pytest
from refusals import refused

from reasonome.benchmarks.rows import is_sealed, unsealed
from reasonome.tasks.naming.questions import Example, Gene


def example(identifier: str, **fields) -> Example:
    return Example(id=identifier, subset="bp", name="a process", genes=[Gene(symbol="TP53")], **fields)


def test_the_hash_of_the_id_decides():
    first_byte = hashlib.sha256(b"GO:0006281").digest()[0] / 256  # 0.3 of the range, to the first of eight bytes
    assert is_sealed(example("GO:0006281"), first_byte + 0.01)
    assert not is_sealed(example("GO:0006281"), first_byte - 0.01)


def test_a_set_stays_sealed_as_the_share_grows():
    examples = [example(f"GO:{number:07d}") for number in range(2000)]
    less, more = ({e.id for e in examples if is_sealed(e, share)} for share in (0.3, 0.5))
    assert less < more
    assert len(less) == pytest.approx(600, abs=60) and len(more) == pytest.approx(1000, abs=60)


def test_variants_are_sealed_with_the_set_they_were_made_of():
    for number in range(50):
        origin = example(f"GO:{number:07d}")
        variant = example(f"GO:{number:07d}-50", term=origin.id, contaminated=0.5)
        assert is_sealed(origin, 0.5) == is_sealed(variant, 0.5)


def test_a_final_table_scores_all():
    examples = [example(f"GO:{number:07d}") for number in range(20)]
    kept = unsealed(examples, 0.5, final=False)
    assert 0 < len(kept) < 20
    assert unsealed(examples, 0.5, final=True) == examples
    assert unsealed(examples, 0.0, final=False) == examples


def test_nothing_left_says_what_to_do():
    sealed = [e for e in (example(f"GO:{n:07d}") for n in range(20)) if is_sealed(e, 0.5)]
    with refused(fix="lower the benchmark's `sealed`"):
        unsealed(sealed, 0.5, final=False)
