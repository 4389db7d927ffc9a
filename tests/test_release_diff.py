"""Two tables of facts compared, with counts and examples worked out by hand."""

import pandas as pd

from reasonome import cli
from reasonome.facts import corpus
from reasonome.facts.sources.source import FACT_COLUMNS

OLD = [
    ("TP53", "involved_in", "GO:1", "apoptosis", "go", "IDA"),
    ("TP53", "involved_in", "GO:2", "ageing", "go", "IEA"),
    ("EGFR", "involved_in", "GO:1", "apoptosis", "go", "IDA"),
    ("EGFR", "enables", "GO:9", "binding", "go", "IPI"),
    ("EGFR", "member_of_pathway", "R-1", "Signalling", "reactome", ""),
]
NEW = [
    ("TP53", "involved_in", "GO:1", "apoptotic process", "go", "IDA"),  # another name
    ("TP53", "involved_in", "GO:3", "cell death", "go", "IMP"),  # added
    ("EGFR", "involved_in", "GO:1", "apoptosis", "go", "IDA,IMP"),  # another evidence
    ("EGFR", "enables", "GO:9", "binding", "go", "IPI"),
    ("TP53", "member_of_pathway", "R-1", "Signalling", "reactome", ""),  # added
    ("EGFR", "member_of_pathway", "R-1", "Signalling", "reactome", ""),
    ("TP53", "has_name", "HGNC:11998", "tumor protein p53", "hgnc", ""),  # a new source
]


def table(rows) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=FACT_COLUMNS)


def counts(old, new) -> list[list]:
    return corpus.compare_releases(table(old), table(new)).counts.to_numpy().tolist()


def test_counts_by_source_and_relation():
    assert corpus.DIFF_COLUMNS == ["source", "relation", "before", "after", "added", "removed", "changed"]
    assert counts(OLD, NEW) == [
        ["go", "enables", 1, 1, 0, 0, 0],
        ["go", "involved_in", 3, 3, 1, 1, 2],
        ["hgnc", "has_name", 0, 1, 1, 0, 0],
        ["reactome", "member_of_pathway", 1, 2, 1, 0, 0],
        ["total", "", 5, 7, 3, 1, 2],
    ]


def test_examples_tell_what_became_of_a_fact(snapshot, scrubbed):
    text = corpus.compare_releases(table(OLD), table(NEW)).text()
    assert scrubbed(text) == snapshot


def test_a_few_examples_of_each_kind():
    more = OLD + [(f"G{n}", "enables", "GO:9", "binding", "go", "IPI") for n in range(100)]
    examples = corpus.compare_releases(table(OLD), table(more)).examples
    assert list(examples["gene"]) == ["G0", "G1", "G10"] and set(examples["kind"]) == {"added"}


def test_the_command(tmp_path, capsys, refused):
    for name, rows in (("a", OLD), ("b", NEW)):
        (tmp_path / name).mkdir()
        table(rows).to_parquet(tmp_path / name / "facts.parquet")
    a, b = str(tmp_path / "a"), str(tmp_path / "b" / "facts.parquet")
    assert cli.main(["diff", a, b, "--format", "tsv"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split("\t") == corpus.DIFF_COLUMNS and lines[-1] == "total\t\t5\t7\t3\t1\t2" and len(lines) == 6
    assert cli.main(["diff", a, b]) == 1
    assert "removed, for example:" in capsys.readouterr().out
    assert cli.main(["diff", a, a]) == 0
    assert "example" not in capsys.readouterr().out
    with refused():
        cli.main(["diff", a, str(tmp_path / "c")])
