"""Metrics of reasoning: which genes it names, and whether its claims about them are supported by facts."""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.tasks.naming.claims import CONTRADICTED, TRUE, UNKNOWN, Knowledge

COUNTS = {"claims_supported": TRUE, "claims_unknown": UNKNOWN, "claims_contradicted": CONTRADICTED}


def reasoning_scores(
    answers: Sequence[Any], examples: Sequence[Any], shown: Sequence[Sequence[str]], checker: Knowledge | None
) -> dict[str, np.ndarray]:
    """Scores of the steps of parsed answers, one array of len(answers) per column; `shown`: symbols in the prompt.

    gene_coverage: share of the shown genes that are named, nan without reasoning. foreign_genes: number of named genes
    that are not in the set. claims, claims_supported, claims_unknown, claims_contradicted: numbers of distinct claims.
    supported_share: share of supported claims, nan without claims. checked_claims: JSON texts, a list of gene, term,
    negated, verdict, fact. Without a checker all but the coverage are nan, and checked_claims "[]".
    """
    # Without facts the reader still finds the genes of the set in a text.
    reader = checker or Knowledge(pd.DataFrame(columns=FACT_COLUMNS, dtype=str))
    columns: dict[str, list] = {name: [] for name in ("gene_coverage", "foreign_genes", "claims", *COUNTS)}
    checked = []
    rows = zip(answers, examples, shown, strict=True)
    for answer, example, visible in tqdm(rows, "claims", total=len(answers), delay=5):
        set_symbols = {gene.symbol for gene in example.genes}
        reading = reader.read("\n".join(answer.steps), set_symbols)
        verdicts = [claim.verdict for claim in reading.claims]
        covered = len(reading.genes & set(visible)) / len(set(visible)) if answer.steps and visible else np.nan
        columns["gene_coverage"].append(covered)
        columns["foreign_genes"].append(len(reading.genes - set_symbols))
        columns["claims"].append(len(verdicts))
        for name, verdict in COUNTS.items():
            columns[name].append(verdicts.count(verdict))
        checked.append(json.dumps([claim._asdict() for claim in reading.claims], ensure_ascii=False))
    scores = {name: np.array(values, dtype=float) for name, values in columns.items()}
    if checker is None:
        scores = {name: values if name == "gene_coverage" else values * np.nan for name, values in scores.items()}
    with np.errstate(invalid="ignore"):
        scores["supported_share"] = scores["claims_supported"] / scores["claims"]
    return {**scores, "checked_claims": np.array(checked, dtype=object)}
