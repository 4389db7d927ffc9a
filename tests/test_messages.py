"""The wording of messages, a few of each room, to be read as prose; other tests assert their places and ways out."""

from pathlib import Path

import pandas as pd
import pytest
import toy_config
from tiny_project import change
from unknown_genes import unknown

from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.benchmarks.gene_sets import GeneSet
from reasonome.commands.options import parse_columns
from reasonome.config.annotations import Annotation
from reasonome.core.errors import InputError
from reasonome.facts.sources import rankings
from reasonome.leaks import audit
from reasonome.scoring.answer_tables import score_table
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.naming import leaks
from reasonome.tasks.naming.settings import AuditPolicy


@pytest.fixture
def told(scrubbed):
    """The message of a call that is refused, without folders of this run."""

    def told(call, *given, **more) -> str:
        with pytest.raises(InputError) as caught:
            call(*given, **more)
        return scrubbed(caught.value)

    return told


def test_config(tmp_path, told, snapshot):
    config = toy_config.write(tmp_path)
    for file, old, new in (
        ("config.yaml", "prompt_share:", "prompt_shar:"),
        ("sources.yaml", "table: {", "table: {url: https://x.org/x, "),
        ("sources.yaml", "CC-BY-4.0", "X\n  restricted: true"),
        ("decodings.yaml", "greedy: {", "greedy: {samples: 4, "),
        ("teachers.yaml", "OPENAI_API_KEY", "sk-SECRET"),
        ("recipes/sft.yaml", "2.5e-4", "100"),
        ("recipes/grpo.yaml", "s: 8}", "s: 8, batch_size: 10, beta: on}"),
    ):
        change(config / file, old, new)
    assert told(load_project, config) == snapshot


def test_experiments(tmp_path, told, snapshot):
    config = toy_config.write(tmp_path)
    change(config / "corpora.yaml", "[sets, others]", "[others]")
    assert told(load_project, config) == snapshot


def test_leaks(told, snapshot):
    tested = leaks.HeldOut("bench", [GeneSet("GO:1", "bp", "DNA repair", frozenset("ABCD"))], AuditPolicy(), 0.5, 0.9)
    training = audit.Training("training sets", "go", ("sft.names",), Path("train.jsonl"))
    found = leaks.set_findings(training, [GeneSet("GO:1", "bp", "cell cycle", frozenset("PQ"))], tested, {})
    assert told(audit.check, "demo", found, leaks.FIXES) == snapshot


def test_tables_of_answers(told, snapshot):
    answers = pd.DataFrame({"answer": ["a", "b"], "gold": ["a", ""]})
    names = {"answer": "answer", "gold": "gold"}
    assert [
        told(score_table, answers, names, TASKS["gene_set_naming"]),
        told(parse_columns, "answer,gold=x"),
    ] == snapshot


def test_tables_of_genes(tmp_path, told, snapshot):
    texts = {
        "number.csv": "gene,log2FC,padj\nA,1,0.1\nB,1,high\n",
        "columns.csv": "gene,log2FC,pvalue\nA,1,0.01\n",
        "cells.txt": "A\nB\nTP53 ATM BRCA1\n",
        "tabs.gmt": "x\tna\tA\tB\tC\ny,na,A,B\n",
    }
    messages = []
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        messages.append(told(read_gene_lists, tmp_path / name, Annotation(sets=["any"]), unknown))
    assert messages == snapshot


def test_loci_and_cases(tmp_path, told, snapshot):
    loci, cases = tmp_path / "loci.tsv", tmp_path / "cases.tsv"
    loci.write_text("trait\tsnp\nLDL\trs11591147\n")
    cases.write_text("phenotypes\tgene\nSeizure\tA\n")
    assert [told(rankings.read_loci, loci), told(rankings.read_cases, cases)] == snapshot
