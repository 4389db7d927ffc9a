"""The cache of embeddings: what is kept comes back bit for bit, whatever other processes and disks do."""

import warnings

import numpy as np
import pytest

from reasonome.scoring.encoders import EmbeddingCache

IDENTITY = "0123456789abcdef" * 4


def vectors(count, seed=0):
    return np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)


def shards(folder):
    return sorted((folder / IDENTITY[:16]).glob("*"))


def same(found, texts, expected):
    return list(found) == list(texts) and all((found[t] == v).all() for t, v in zip(texts, expected, strict=True))


def test_vectors_come_back_bit_for_bit(tmp_path):
    expected = vectors(3)
    expected[0, :3] = [np.float32(1) / 3, np.float32(1e-45), -0.0]  # the second is the smallest float there is
    EmbeddingCache(tmp_path, IDENTITY).add(["a", "b", "c"], expected)
    found = EmbeddingCache(tmp_path, IDENTITY).find(["c", "d", "a"])
    assert set(found) == {"a", "c"}
    assert found["a"].dtype == np.float32
    assert found["a"].tobytes() == expected[0].tobytes()
    assert found["c"].tobytes() == expected[2].tobytes()


def test_texts_are_told_apart_by_white_space_case_and_form(tmp_path):
    assert EmbeddingCache(tmp_path / "not there", IDENTITY).find(["a"]) == {}
    texts = [
        "DNA repair",
        "DNA  repair",
        "DNA repair ",
        "dna repair",
        "\u00e9",
        "e\u0301",
        "",
        "日本",
        "\ud83d repair",
        "\ufffd repair",
    ]
    expected = vectors(len(texts))
    EmbeddingCache(tmp_path, IDENTITY).add(texts, expected)
    assert same(EmbeddingCache(tmp_path, IDENTITY).find(texts), texts, expected)
    assert EmbeddingCache(tmp_path, IDENTITY).find(["DNA\trepair", "DNA Repair"]) == {}


def test_vectors_of_another_encoder_are_not_found(tmp_path):
    EmbeddingCache(tmp_path, IDENTITY).add(["a"], vectors(1))
    assert EmbeddingCache(tmp_path, IDENTITY[::-1]).find(["a"]) == {}
    # Nor where the folder, which has the beginning of the identity only, is the same.
    assert EmbeddingCache(tmp_path, IDENTITY[:16] + "f" * 48).find(["a"]) == {}


def test_a_cache_sees_what_others_add_later(tmp_path):
    first, second = EmbeddingCache(tmp_path, IDENTITY), EmbeddingCache(tmp_path, IDENTITY)
    assert first.find(["a"]) == {}
    second.add(["a"], vectors(1))
    assert same(first.find(["a"]), ["a"], vectors(1))


@pytest.mark.slow
def test_a_byte_changed_anywhere_gives_the_right_vector_or_a_warning_and_none(tmp_path):
    expected = vectors(2)
    EmbeddingCache(tmp_path, IDENTITY).add(["a", "b"], expected)
    (shard,) = shards(tmp_path)
    whole = shard.read_bytes()
    passed_over = 0
    for place in range(len(whole)):
        for bits in (0x01, 0xFF):
            shard.write_bytes(whole[:place] + bytes([whole[place] ^ bits]) + whole[place + 1 :])
            with warnings.catch_warnings(record=True) as told:
                warnings.simplefilter("always")
                found = EmbeddingCache(tmp_path, IDENTITY).find(["a", "b"])
            assert all((found[t] == v).all() for t, v in zip("ab", expected, strict=True) if t in found), place
            assert len(found) == 2 or str(shard) in str(told[0].message), place
            passed_over += not found
    assert passed_over > len(whole)  # more than half of the bytes matter


@pytest.mark.parametrize("left", [0, 1, 100, 0.5, -1])
def test_a_torn_shard_is_named_and_the_others_are_read(tmp_path, left):
    EmbeddingCache(tmp_path, IDENTITY).add(["a"], vectors(1))
    (torn,) = shards(tmp_path)
    EmbeddingCache(tmp_path, IDENTITY).add(["b"], vectors(1, seed=1))
    whole = torn.read_bytes()
    torn.write_bytes(whole[: int(left * len(whole)) if isinstance(left, float) else left])
    cache = EmbeddingCache(tmp_path, IDENTITY)
    with pytest.warns(UserWarning, match=f"{torn.name} cannot be read, its texts are encoded again; delete it"):
        assert same(cache.find(["a", "b"]), ["b"], vectors(1, seed=1))
    with warnings.catch_warnings():  # once is enough
        warnings.simplefilter("error")
        assert cache.find(["a"]) == {}
    cache.add(["a"], vectors(1, seed=2))
    assert same(cache.find(["a"]), ["a"], vectors(1, seed=2))


def test_of_two_vectors_of_a_text_the_older_counts(tmp_path):
    for seed in (1, 2, 3):
        EmbeddingCache(tmp_path, IDENTITY).add(["a"], vectors(1, seed))
    assert same(EmbeddingCache(tmp_path, IDENTITY).find(["a"]), ["a"], vectors(1, seed=1))
