"""What relatives of the true term earn by term_score, and the four numbers of its scale; from training sets alone.

snakemake --cores 1 results/benchmarks/demo-go/train.jsonl results/backgrounds/demo-go.parquet \
    results/encoders/minilm/manifest.json
python speed/term_scale.py

Prints the numbers (`tasks/naming/metrics.py` has them), and a table in Markdown: for each kind of answer, what it earns
by Lin's similarity and by genes alone, and by term_score before (the larger of both) and after (on one scale).
"""

import random
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from reasonome.benchmarks.rows import read_rows
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks import load_project
from reasonome.tasks.naming.background import BackgroundTerm, read_background
from reasonome.tasks.naming.dialogue import Example
from reasonome.tasks.naming.metrics import TermScorer

ROOT = Path(__file__).resolve().parents[1]
BENCHMARK, ENCODER = "demo-go", "minilm"
DRAWN = 20  # random terms, and siblings, of a training set
CHANCE = 0.95  # the share of random terms that earn nothing
KINDS = ("random term, any branch", "random term, same branch", "sibling", "parent", "child", "the true term")
GENE_NAME = "official name of a gene"
COLUMNS = {"lin": "Lin", "gene_overlap": "genes", "term_part": "term_part", "gene_part": "gene_part"}


def main() -> int:
    project = load_project(ROOT / "config")
    results = project.results
    examples = read_rows(results.benchmark(BENCHMARK) / "train.jsonl", project.task(BENCHMARK).Example)
    background = read_background(results.background(BENCHMARK))
    scorer = TermScorer(background, load_encoders(project.encoders, [results.encoder(ENCODER)]))
    pairs = [pair for example in examples for pair in answers(scorer, example)]
    kinds, names, asked = zip(*pairs, strict=True)
    table = scorer.score_terms(names, asked).assign(kind=kinds, subset=[example.subset for example in asked])
    table["before"] = table[["lin", "gene_overlap", "same_term"]].max(axis=1)
    for name in ("lin", "gene_overlap"):
        chance = table.loc[table["kind"] == KINDS[1], name].quantile(CHANCE)
        parent = table.loc[table["kind"] == "parent", name].median()
        print(f"{name}: {chance:.3f} of random terms (quantile {CHANCE}), {parent:.3f} of parents (median)")
    print(f"{len(examples)} training sets of {BENCHMARK}; means over the answers of a kind\n")
    print(in_words(table).to_markdown(floatfmt=".2f"))
    return 0


def answers(scorer: TermScorer, example: Example) -> Iterator[tuple[str, str, Example]]:
    """(kind, name, the set) of answers to a training set; none where the background does not have its term."""
    background, truth = scorer.background, scorer.truth(example)
    if truth is None:
        return
    drawing = random.Random(example.id)
    branch = [term for term in background.candidates if term.namespace == truth.namespace]
    related = {kind: [] for kind in KINDS}
    for term in branch:
        relation = background.relation(term.id, truth.id)
        related.get(relation, []).append(term)
    others = {KINDS[0]: drawn(background.candidates, truth, drawing), KINDS[1]: drawn(branch, truth, drawing)}
    others |= {"sibling": drawn(related["sibling"], truth, drawing), "the true term": [truth]}
    for kind, terms in (related | others).items():
        yield from ((kind, term.name, example) for term in terms)
    named = [gene.name for gene in example.genes if gene.name]
    yield from ((GENE_NAME, name, example) for name in drawing.sample(named, min(1, len(named))))


def drawn(terms: list[BackgroundTerm], truth: BackgroundTerm, drawing: random.Random) -> list[BackgroundTerm]:
    others = [term for term in terms if term != truth]
    return drawing.sample(others, min(DRAWN, len(others)))


def in_words(table: pd.DataFrame) -> pd.DataFrame:
    """A row per kind of answer: means of all columns, and the share of answers by encoders that are far."""
    rows = {}
    for kind in (*KINDS, GENE_NAME):
        own = table[table["kind"] == kind]
        means = own[[*COLUMNS, "before", "term_score"]].mean().rename(COLUMNS | {"term_score": "after"})
        rows[kind] = {"answers": str(len(own)), **means, "far": np.mean(own["term_by"] == "far")}
    return pd.DataFrame.from_dict(rows, orient="index")


if __name__ == "__main__":
    sys.exit(main())
