"""Reasoning metrics by hand: coverage, foreign genes, supported claims."""

import json

import numpy as np
import pandas as pd
import pytest

from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.tasks import TASKS
from reasonome.tasks.naming.claims import Knowledge
from reasonome.tasks.naming.metrics import reasoning_scores
from reasonome.tasks.naming.questions import Example, Gene

TASK = TASKS["gene_set_naming"]
FACTS = [
    ("LIG3", "involved_in", "GO:1", "DNA repair", "go", "IDA"),
    ("XRCC1", "NOT|involved_in", "GO:1", "DNA repair", "go", "IDA"),
    ("TP53", "involved_in", "GO:2", "cell cycle", "go", "IDA"),
    ("KAT5", "involved_in", "GO:3", "chromatin remodeling", "go", "IDA"),
    *((f"FILL{n}", "involved_in", f"GO:1{n}", f"process {n}", "go", "IDA") for n in range(10)),  # terms stay rare
]
SET = Example(id="GO:1", subset="bp", name="x", genes=[Gene(symbol=s) for s in ("LIG3", "XRCC1", "TP53", "POLB")])


@pytest.fixture(scope="module")
def scored():
    texts = [
        # Three of the four that are shown; KAT5 is foreign; true, contradicted, unknown, true.
        "Process: x\nReasoning:\n<think>LIG3 and XRCC1 do DNA repair.</think><think>TP53 does DNA repair.</think>"
        "<think>KAT5 does chromatin remodeling.</think>",
        "Process: x\nReasoning:\n<think>Well.</think>",
        "Process: LIG3 and KAT5",
        "",
    ]
    knowledge = Knowledge(pd.DataFrame(FACTS, columns=FACT_COLUMNS))
    shown = [["LIG3", "XRCC1", "TP53", "POLB"]] * 4
    return reasoning_scores([TASK.parse(text) for text in texts], [SET] * 4, shown, knowledge)


def test_scores_by_hand(scored):
    np.testing.assert_equal(scored["gene_coverage"], [0.75, 0, np.nan, np.nan])
    np.testing.assert_equal(scored["foreign_genes"], [1, 0, 0, 0])
    np.testing.assert_equal(scored["claims"], [4, 0, 0, 0])
    np.testing.assert_equal(scored["claims_supported"], [2, 0, 0, 0])
    np.testing.assert_equal(scored["claims_contradicted"], [1, 0, 0, 0])
    np.testing.assert_equal(scored["claims_unknown"], [1, 0, 0, 0])
    np.testing.assert_equal(scored["supported_share"], [0.5, np.nan, np.nan, np.nan])


def test_checked_claims_say_what_was_found(scored):
    first, *others = map(json.loads, scored["checked_claims"])
    assert (first[0]["gene"], first[0]["term"], first[0]["fact"]) == (
        "LIG3", "DNA repair", "involved in DNA repair (GO:1, go, IDA)",
    )  # fmt: skip
    assert [claim["verdict"] for claim in first] == ["true", "contradicted", "unknown", "true"]
    assert others == [[], [], []]


def test_coverage_is_of_the_genes_that_are_shown():
    answers = [TASK.parse("Process: x\nReasoning:\n<think>LIG3, POLB</think>")] * 2
    knowledge = Knowledge(pd.DataFrame(FACTS, columns=FACT_COLUMNS))
    scored = reasoning_scores(answers, [SET] * 2, [["LIG3", "TP53"], []], knowledge)
    # POLB is of the set, though not shown: neither covered nor foreign.
    np.testing.assert_equal(scored["gene_coverage"], [0.5, np.nan])
    np.testing.assert_equal(scored["foreign_genes"], [0, 0])


def test_without_facts_only_the_coverage_is_known():
    answers = [TASK.parse("Process: x\nReasoning:\n<think>LIG3 and KAT5 do DNA repair</think>")]
    scored = reasoning_scores(answers, [SET], [["LIG3", "TP53"]], None)
    assert scored["gene_coverage"].tolist() == [0.5]
    assert all(np.isnan(scored[name]).all() for name in ("foreign_genes", "claims", "supported_share"))
    assert scored["checked_claims"].tolist() == ["[]"]
