"""Benchmarks: gene sets of a small ontology, splits without leaks, and rows read back."""

import json
import random

import pandas as pd
import pytest

from reasonome import benchmarks
from reasonome.audit import GeneSet
from reasonome.config import Benchmark
from reasonome.errors import InputError
from reasonome.sources.go import read_obo

OBO = """format-version: 1.2

[Term]
id: GO:1
name: response
namespace: biological_process

[Term]
id: GO:2
name: DNA repair
namespace: biological_process
alt_id: GO:20
is_a: GO:1

[Term]
id: GO:3
name: mismatch repair
namespace: biological_process
relationship: part_of GO:2

[Term]
id: GO:4
name: DNA binding
namespace: molecular_function
relationship: part_of GO:1
"""


def benchmark(**changes):
    given = {
        "task": "gene_set_naming",
        "corpus": "demo",
        "subsets": {"bp": {"namespace": "biological_process", "test": 1, "valid": 1}},
        "minimum_genes": 2,
        "maximum_genes": 4,
        "encoders": [],
    }
    return Benchmark(**{**given, **changes})


@pytest.fixture
def ontology(tmp_path):
    path = tmp_path / "small.obo"
    path.write_text(OBO)
    return read_obo(path)


def facts(*rows):
    return pd.DataFrame(rows, columns=["gene", "relation", "object_id"]).assign(object_name="", source="s", evidence="")


FACTS = facts(
    ("A", "involved_in", "GO:3"),
    ("B", "acts_upstream_of", "GO:20"),  # an alternative id of GO:2
    ("C", "involved_in", "GO:1"),
    ("D", "enables", "GO:4"),
    ("E", "enables", "GO:4"),
    ("A", "involved_in", "GO:2"),  # known already from its child
    ("F", "member_of_pathway", "R:1"),
)


def test_gene_sets_are_propagated_within_their_namespace(ontology):
    subsets = {
        "bp": {"namespace": "biological_process", "test": 1, "valid": 1},
        "mf": {"namespace": "molecular_function", "test": 1, "valid": 1},
    }
    found = benchmarks.gene_sets(FACTS, ontology, benchmark(subsets=subsets))
    assert found == {
        "bp": [
            GeneSet("GO:1", "bp", "response", frozenset("ABC")),
            GeneSet("GO:2", "bp", "DNA repair", frozenset("AB")),
        ],
        "mf": [GeneSet("GO:4", "mf", "DNA binding", frozenset("DE"))],
    }


@pytest.mark.parametrize(("least", "most", "ids"), [(2, 2, ["GO:2"]), (3, 3, ["GO:1"]), (4, 9, []), (2, 3, None)])
def test_sizes_are_limits_that_belong_to_the_range(ontology, least, most, ids):
    found = benchmarks.gene_sets(FACTS, ontology, benchmark(minimum_genes=least, maximum_genes=most))
    assert [s.id for s in found["bp"]] == (["GO:1", "GO:2"] if ids is None else ids)


def apart(count, subset="bp"):
    """Gene sets without a gene, a name or an id in common."""
    return [
        GeneSet(f"{subset}{i:03d}", subset, f"{subset} term {i}", frozenset(f"{subset}{i}g{j}" for j in range(4)))
        for i in range(count)
    ]


def test_splits_are_drawn_by_subset_and_by_seed():
    spec = {"namespace": "biological_process", "test": 4, "valid": 3}
    wanted = benchmark(subsets={"bp": spec, "cc": {**spec, "train": 5}})
    candidates = {"bp": apart(20), "cc": apart(30, "cc")}
    splits, report = benchmarks.split(candidates, wanted)
    assert report["sizes"] == {
        "train": {"bp": 13, "cc": 5},
        "valid": {"bp": 3, "cc": 3},
        "test": {"bp": 4, "cc": 4},
    }
    assert report["candidates"] == {"bp": 20, "cc": 30}
    assert report["dropped_from_train"] == {}
    ids = [s.id for part in splits.values() for s in part]
    assert len(ids) == len(set(ids))
    assert benchmarks.split(candidates, wanted) == (splits, report)
    other, _ = benchmarks.split(candidates, wanted.model_copy(update={"seed": 1}))
    assert [s.id for s in other["test"]] != [s.id for s in splits["test"]]
    # A subset's test sets do not depend on what other subsets there are.
    alone, _ = benchmarks.split({"bp": apart(20)}, benchmark(subsets={"bp": spec}))
    assert alone["test"] == splits["test"][:4]


def test_planted_leaks_are_dropped_and_counted():
    # The seed decides which set is the test set, so the leaks are planted as copies of each set in turn.
    originals = apart(8)
    wanted = benchmark()
    test_set = benchmarks.split({"bp": originals}, wanted)[0]["test"][0]
    genes = sorted(test_set.symbols)
    planted = [
        GeneSet("P1", "mf", test_set.name.upper(), frozenset("xyz")),
        GeneSet("P2", "mf", "identical", test_set.symbols),
        GeneSet("P3", "mf", "at the threshold", frozenset(genes[:2])),
        GeneSet("P4", "mf", "below the threshold", frozenset([*genes[:2], "new"])),
        GeneSet(test_set.id, "mf", "same id in another subset", frozenset("uvw")),
        *apart(9, "mf"),
    ]
    subsets = {
        "bp": {"namespace": "biological_process", "test": 1, "valid": 1},
        "mf": {"namespace": "molecular_function", "test": 1, "valid": 1},
    }
    counted = []
    for seed in range(20):
        wanted = benchmark(subsets=subsets, seed=seed)
        splits, report = benchmarks.split({"bp": originals, "mf": planted}, wanted)
        if splits["test"][0] != test_set or any(s.id[0] == "P" for s in splits["test"] + splits["valid"]):
            continue
        if any(s.subset == "mf" and s.id == test_set.id for s in splits["test"] + splits["valid"]):
            continue
        counted.append(report["dropped_from_train"])
        assert "P4" in {s.id for s in splits["train"]}
        assert not {"P1", "P2", "P3", test_set.id} & {s.id for s in splits["train"]}
        assert report["remaining"]["train/test"]["highest_jaccard"] == 0.4  # P4: 2 of 5
    assert counted
    assert all(c == {"identical_set": 1, "jaccard": 1, "same_name": 1, "same_term": 1} for c in counted)


def test_validation_sets_do_not_leak_into_test():
    # Twins: whichever is drawn for the test, the other may not be drawn for validation, nor stay in training.
    sets = [
        GeneSet(f"{i}{twin}", "bp", f"name {i} {twin}", frozenset(f"{i}g{j}" for j in range(4)))
        for i in range(6)
        for twin in "ab"
    ]
    for seed in range(10):
        spec = {"namespace": "biological_process", "test": 2, "valid": 2}
        splits, report = benchmarks.split({"bp": sets}, benchmark(subsets={"bp": spec}, seed=seed))
        families = {part: {s.id[0] for s in splits[part]} for part in splits}
        assert not families["valid"] & families["test"]
        assert not families["train"] & (families["valid"] | families["test"])
        assert report["dropped_from_train"].keys() == {"identical_set"}


@pytest.mark.parametrize(("count", "part"), [(2, "test"), (3, "valid")])
def test_a_subset_that_is_too_small_is_an_error(count, part):
    wanted = benchmark(subsets={"bp": {"namespace": "biological_process", "test": 3, "valid": 2}})
    with pytest.raises(InputError, match=f"to draw . {part} sets from") as error:
        benchmarks.split({"bp": apart(count)}, wanted)
    assert error.value.field == f"subsets.bp.{part}"


def test_rows_are_written_and_read_back(tmp_path):
    one = GeneSet("GO:1", "bp", "DNA repair", frozenset("BA"))
    two = GeneSet("GO:2", "bp", "DNA binding", frozenset("C"))
    splits = {"train": [], "valid": [two], "test": [one]}
    benchmarks.write_benchmark(splits, {"jaccard_threshold": 0.5}, {"A": "ay"}, tmp_path)
    assert json.loads((tmp_path / "test.jsonl").read_text()) == {
        "id": "GO:1",
        "subset": "bp",
        "name": "DNA repair",
        "genes": [{"symbol": "A", "name": "ay"}, {"symbol": "B", "name": ""}],
    }
    assert json.loads((tmp_path / "audit.json").read_text()) == {"jaccard_threshold": 0.5}
    assert benchmarks.held_out_terms(tmp_path) == [("GO:2", "DNA binding"), ("GO:1", "DNA repair")]
    assert benchmarks.held_out_terms(tmp_path, ("test",)) == [("GO:1", "DNA repair")]
    assert benchmarks.read_rows(tmp_path / "train.jsonl") == []


GOOD = b'{"id": "GO:1", "subset": "bp", "name": "DNA repair", "genes": [{"symbol": "A"}]}\n'


@pytest.mark.parametrize(
    ("bad", "message", "field"),
    [
        (b'{"id": "GO:1", \n', "Invalid JSON", None),
        (b"\n", "Invalid JSON", None),
        (b'{"id": "\xff"}\n', "Invalid JSON", None),
        (b'["GO:1"]\n', "should be an object", None),
        (GOOD.replace(b'[{"symbol": "A"}]', b"[]"), "at least 1 item", "genes"),
        (GOOD.replace(b'"A"', b'""'), "at least 1 character", "genes.0.symbol"),
        (GOOD.replace(b'"DNA repair"', b'""'), "at least 1 character", "name"),
        (GOOD.replace(b'"subset"', b'"part"'), "Field required", "subset"),
        (GOOD.replace(b'"A"', b'"A", "entrez": 1'), "Extra inputs", "genes.0.entrez"),
    ],
)
def test_a_malformed_row_is_named_by_its_line(tmp_path, bad, message, field):
    path = tmp_path / "test.jsonl"
    path.write_bytes(GOOD + bad)
    with pytest.raises(InputError, match=message) as error:
        benchmarks.read_rows(path)
    assert (error.value.file, error.value.line, error.value.field) == (path, 2, field)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="file is missing") as error:
        benchmarks.held_out_terms(tmp_path)
    assert error.value.file == tmp_path / "valid.jsonl"


@pytest.mark.parametrize(
    ("bad", "message", "field"),
    [
        (b'{"id": "GO:2"}\n', "has none", "name"),
        (b'{"id": 2, "name": "growth"}\n', "has none", "id"),
        (b'{"id": "GO:2", "name": ""}\n', "has none", "name"),
        (b'{"id": "GO:2", "na', "Invalid JSON", None),
    ],
)
def test_a_held_out_term_without_id_or_name_is_an_error(tmp_path, bad, message, field):
    (tmp_path / "valid.jsonl").write_bytes(GOOD + bad)
    (tmp_path / "test.jsonl").write_bytes(GOOD)
    with pytest.raises(InputError, match=message) as error:
        benchmarks.held_out_terms(tmp_path)
    assert (error.value.file, error.value.line, error.value.field) == (tmp_path / "valid.jsonl", 2, field)


def test_nothing_of_the_demo_test_is_in_its_training(project, demo_benchmark):
    """Recomputed with plain sets, for half of the training and all of the held-out sets."""
    train, valid, test = (benchmarks.read_rows(demo_benchmark / f"{part}.jsonl") for part in benchmarks.SPLITS)
    for subset, spec in project.benchmarks["demo-go"].subsets.items():
        assert sum(row.subset == subset for row in test) == spec.test >= 30
        assert sum(row.subset == subset for row in valid) == spec.valid
    symbols = {row.id: {gene.symbol for gene in row.genes} for row in [*train, *valid, *test]}
    for known, held_out in ((train, test + valid), (valid, test)):
        assert not {row.id for row in known} & {row.id for row in held_out}
        assert not {row.name.lower() for row in known} & {row.name.lower() for row in held_out}
        for row in random.Random(0).sample(known, len(known) // 2):
            for other in held_out:
                shared = len(symbols[row.id] & symbols[other.id])
                assert shared / len(symbols[row.id] | symbols[other.id]) < 0.5
    assert all(3 <= len(genes) <= 500 for genes in symbols.values())
    audit = json.loads((demo_benchmark / "audit.json").read_text())
    assert audit["remaining"]["train/test"]["highest_jaccard"] < 0.5
    assert audit["dropped_from_train"]["jaccard"] > 0
