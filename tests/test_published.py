"""Published tables of gene sets: columns in any order and dress, identifiers of any kind, and every way to be wrong."""

import hashlib
import json
from dataclasses import replace

import pytest
from checkout import ROOT
from refusals import refused

from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.benchmarks.rows import SPLITS, read_rows
from reasonome.core.errors import InputError
from reasonome.facts import statements
from reasonome.facts.genes import Gene, GeneTable
from reasonome.task_parts import BuildingJob
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.sets import read_published
from reasonome.tasks.naming.settings import NamingBenchmark
from reasonome.tasks.naming.splits import split
from reasonome.tasks.naming.task import GeneSetNaming

GENES = GeneTable(
    [
        Gene("TP53", "tumor protein p53", entrez_id="7157", aliases=("P53",)),
        Gene("MARCHF1", previous=("MARCH1",)),
        Gene("BRCA1"),
        Gene("BRCA2", entrez_id="675"),
    ]
)
EXPECTED = [
    GeneSet("GO:2", "bp", "DNA repair, fast", frozenset({"BRCA1", "BRCA2", "TP53"})),
    GeneSet("GO:1", "bp", "growth", frozenset({"MARCHF1", "TP53"})),
]


def read(path, text, share=1.0):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_published(path, "bp", GENES, share)


@pytest.mark.parametrize(
    "text",
    [
        'ID,Genes,Count,Term_Description\nGO:2,BRCA1 BRCA2 TP53,3,"DNA repair, fast"\nGO:1,TP53 MARCHF1,2,growth\n',
        "Term_Description\tID\tGenes\r\nDNA repair, fast\tGO:2\tBRCA1,BRCA2,TP53\r\ngrowth\tGO:1\tTP53,MARCHF1\r\n",
        'id;genes;note;TERM DESCRIPTION\nGO:2;"BRCA1; BRCA2; TP53";x;DNA repair, fast\nGO:1;TP53/MARCHF1;;growth',
        b'\xef\xbb\xbf"ID", "Genes", "Term_Description"\n"GO:2", "BRCA1/BRCA2/tp53", "DNA repair, fast"\n\n'
        b'"GO:1", "P53 MARCH1 7157", "growth"\n',
        b"\xef\xbb\xbfsep=;\r\nID;Genes;Term_Description\r\nGO:2;BRCA1 BRCA2 TP53;DNA repair, fast\r\n"
        b"GO:1;TP53 MARCHF1;growth\r\n",
        '"sep=\t"\nID\tGenes\tTerm_Description\nGO:2\tBRCA1 BRCA2 TP53\tDNA repair, fast\nGO:1\tTP53 MARCHF1\tgrowth\n',
    ],
    ids=["csv", "tsv", "semicolons", "quoted with BOM", "Excel's first line", "the same, of tabs"],
)
def test_one_table_in_many_dresses(tmp_path, text):
    sets, unmapped, emptied = read(tmp_path / "test.csv", text)
    assert (sets, len(unmapped), emptied) == (EXPECTED, 0, [])


def test_identifiers_without_a_gene_are_written_out(tmp_path):
    text = "ID,Genes,Term_Description\nGO:1,TP53 BRCA9,growth\nGO:2,NOPE,nothing\n"
    sets, unmapped, emptied = read(tmp_path / "test.csv", text)
    assert sets == [GeneSet("GO:1", "bp", "growth", frozenset({"TP53"}))]
    assert emptied == ["GO:2"]
    assert unmapped.to_dict("list") == {
        "source": ["bp", "bp"],
        "identifier": ["BRCA9", "NOPE"],
        "where": ["test.csv:2", "test.csv:3"],
        "best_guess": ["BRCA1|BRCA2", ""],
    }
    with refused(fix="give symbols or ids of the same organism as"):
        read(tmp_path / "test.csv", text, share=0.5)


HEAD = "ID,Genes,Term_Description\nGO:1,TP53,growth\n"


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("ID,Gene,Term_Description\n1,TP53,x\n", 1, "Genes"),
        (HEAD + "GO:2, ,repair\n", 3, "Genes"),
        (HEAD + "GO:1,BRCA1,repair\n", 3, "ID"),
        (HEAD + "GO:2,BRCA1,TP53,repair\n", 3, None),
        ("<!DOCTYPE html>\n", None, None),
    ],
)
def test_a_table_that_cannot_be_used_is_an_error_with_its_line(tmp_path, text, line, field):
    path = tmp_path / "test.csv"
    with refused(path, line, field):
        read(path, text)


def test_published_splits_leak_nothing_into_one_another():
    def sets(prefix, *genes):
        return [GeneSet(f"{prefix}{i}", "bp", f"{prefix} {i}", frozenset(g)) for i, g in enumerate(genes)]

    files = {key: {"bp": {"path": f"{key}.csv"}} for key in ("files", "valid_files", "train_files")}
    wanted = NamingBenchmark(task="gene_set_naming", kind="published", corpus="demo", encoders=[], **files)
    published = {
        "test": sets("test", "abcd"),
        "valid": sets("valid", "efgh", "abce"),  # the second: 3 of 5 shared with the test set
        "train": sets("train", "ijkl", "efg"),  # the second nearly the first valid one
    }
    splits, _, _ = split({}, wanted, None, published)
    ids = {part: [s.id for s in sets] for part, sets in splits.items()}
    assert ids == {"train": ["train0"], "valid": ["valid0"], "test": ["test0"]}
    with refused(fix="answers are told apart by the id"):
        split({}, wanted, None, {"test": published["test"] * 2})
    alone, report, _ = split({}, wanted, None, {"test": published["test"]})
    assert [len(alone[part]) for part in SPLITS] == [0, 0, 1]
    assert report["remaining"]["train/test"]["highest_jaccard"] is None


@pytest.mark.slow
def test_a_published_benchmark_from_files_to_rows(tmp_path, demo_facts):
    """Two sets of the demo slice and the shipped HGNC slice; training is built around them."""
    table = tmp_path / "published.tsv"
    table.write_text(
        "ID\tGenes\tTerm_Description\nX:1\tp53 ATM XYZ123\tsomething of mine\nGO:0000125\tKAT2A/TRRAP\tsome complex\n"
    )
    sha256 = hashlib.sha256(table.read_bytes()).hexdigest()
    demo_facts.to_parquet(tmp_path / "facts.parquet", index=False)
    entry = {
        "task": "gene_set_naming",
        "kind": "published",
        "corpus": "demo",
        "files": {"mine": {"path": str(table), "sha256": sha256}},
        "subsets": {"bp": {"namespace": "biological_process", "valid": 5, "train": 20}},
        "contaminated": [0.5],
        "encoders": [],
    }
    files = {
        "facts": tmp_path / "facts.parquet",
        "ontologies": {"go-demo": ROOT / "resources/demo/go-basic.obo.gz"},
        "synonyms": {},
        "authority": {"table": ROOT / "resources/demo/hgnc_complete_set.txt.gz"},
        "published": {"test/mine": table},
    }
    given = {"benchmark": NamingBenchmark.model_validate(entry), "name": "mine", "folder": tmp_path / "out"}
    job = BuildingJob(**given, files=files, unmapped=0.1)
    with refused(fix="give symbols or ids of the same organism as"):
        GeneSetNaming().building.build(job)
    job = replace(job, unmapped=0.3)
    GeneSetNaming().building.build(job)
    rows = read_rows(tmp_path / "out/test.jsonl", Example)
    assert [(row.id, row.subset, [gene.symbol for gene in row.genes]) for row in rows[:2]] == [
        ("X:1", "mine", ["ATM", "TP53"]),
        ("GO:0000125", "mine", ["KAT2A", "TRRAP"]),
    ]
    # An alternative id of GO:0000124, SAGA complex, under which all facts stand.
    assert rows[1].main_id == "GO:0000124" and "SAGA complex" in rows[1].synonyms
    _, left_out = statements.leave_out(demo_facts, GeneSetNaming().terms(rows[1]))
    assert "GO:0000124" in set(left_out["object_id"])
    assert [(row.id, row.subset) for row in rows[2:]] == [("X:1-50", "mine-50"), ("GO:0000125-50", "mine-50")]
    assert len(read_rows(tmp_path / "out/train.jsonl", Example)) == 20
    assert (tmp_path / "out/unmapped.tsv").read_text().splitlines()[1].startswith("mine\tXYZ123\tpublished.tsv:2\t")
    told = json.loads((tmp_path / "out/audit.json").read_text())["published"]["test/mine"]
    assert (told["sets"], told["unmapped_identifiers"], told["sha256"]) == (2, 1, sha256)
    table.write_text(table.read_text() + "X:3\tTP53\tmore\n")
    with pytest.raises(InputError, match="this file has sha256"):
        GeneSetNaming().building.build(job)
