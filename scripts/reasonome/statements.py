"""Statements: facts as declarative sentences in our own wording, for knowledge warm-up."""

import random
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from tqdm import tqdm

from reasonome import atomic, audit
from reasonome.errors import InputError
from reasonome.metrics.naming import normalise

# {gene} and {object} are filled in. Several paraphrases per relation; one fact uses `paraphrases` of them.
PARAPHRASES: dict[str, list[str]] = {
    "involved_in": [
        "{gene} takes part in {object}.",
        "{object} involves {gene}.",
        "One of the genes at work in {object} is {gene}.",
        "Among its roles, {gene} contributes to {object}.",
    ],
    "enables": [
        "The product of {gene} has {object}.",
        "{gene} encodes a product with {object}.",
        "{object} is an activity of {gene}.",
        "At the molecular level, {gene} provides {object}.",
    ],
    "located_in": [
        "The product of {gene} is found in the {object}.",
        "{gene} encodes a product located at the {object}.",
        "In the cell, {gene} belongs to the {object}.",
        "The {object} contains the product of {gene}.",
    ],
    "colocalizes_with": [
        "The product of {gene} colocalizes with the {object}.",
        "The {object} and the product of {gene} are seen in the same place.",
        "In the cell, the product of {gene} accompanies the {object}.",
    ],
    "contributes_to": [
        "The product of {gene} contributes to {object}.",
        "{object} is an activity to which the product of {gene} contributes.",
        "As part of a complex, the product of {gene} helps to provide {object}.",
    ],
    "acts_upstream_of": [
        "{gene} acts ahead of {object}.",
        "{object} is influenced by an earlier action of {gene}.",
    ],
    "acts_upstream_of_positive_effect": [
        "{gene} acts ahead of {object} and promotes it.",
        "{object} is furthered by an earlier action of {gene}.",
    ],
    "acts_upstream_of_negative_effect": [
        "{gene} acts ahead of {object} and holds it back.",
        "{object} is restrained by an earlier action of {gene}.",
    ],
    "acts_upstream_of_or_within": [
        "{gene} acts within {object} or ahead of it.",
        "{object} is influenced by {gene}, from within or from upstream.",
        "Either in {object} or upstream of it, {gene} is at work.",
    ],
    "acts_upstream_of_or_within_positive_effect": [
        "{gene} acts within {object} or ahead of it, and promotes it.",
        "{object} is furthered by {gene}, from within or from upstream.",
        "Either in {object} or upstream of it, {gene} has a positive effect on it.",
    ],
    "acts_upstream_of_or_within_negative_effect": [
        "{gene} acts within {object} or ahead of it, and holds it back.",
        "{object} is restrained by {gene}, from within or from upstream.",
        "Either in {object} or upstream of it, {gene} has a negative effect on it.",
    ],
    "member_of_pathway": [
        "{gene} is a member of the pathway {object}.",
        "The pathway {object} includes {gene}.",
        "{object} is a pathway with {gene} in it.",
        "Part of the pathway {object} is {gene}.",
    ],
    "has_name": [
        "{gene} stands for {object}.",
        "The full name of {gene} is {object}.",
        "{object} is abbreviated {gene}.",
        "The gene symbol {gene} means {object}.",
    ],
    "in_gene_group": [
        "{gene} belongs to the gene group {object}.",
        "The gene group {object} counts {gene} among its members.",
        "{gene} is one of the {object} genes.",
    ],
}
# GAF 2.2 qualifiers that imply another relation, and are said in its words.
SAME_WORDING = {"is_active_in": "located_in", "part_of": "located_in"}


# A first word of small letters alone; a single letter (as in p-cresol) is a symbol, not a word.
_PLAIN_WORD = re.compile(r"[a-z]{2,}(-[a-z]+)*(?![\w'-])")


def leave_out(facts: pd.DataFrame, terms: Sequence[tuple[str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts without those about held-out terms, and the ones left out."""
    leaking = audit.facts_about(facts, terms)
    return facts[~leaking].reset_index(drop=True), facts[leaking].reset_index(drop=True)


def write_sentences(facts: pd.DataFrame, paraphrases: int, held_out: float, seed: int) -> pd.DataFrame:
    """One row per statement: text, gene, relation, object_id, source, split ("train" | "held_out").

    Facts that would read alike (several sources, relations with one wording, two ids with one name) are
    stated once, with what differs joined by commas. All that is said of one gene and one name falls into one
    split, so that no held-out fact stands in training in other words. Which paraphrases and which split is a
    seeded choice that other facts do not change. InputError for a relation without wording.
    """
    unknown = sorted(set(facts["relation"]) - set(PARAPHRASES) - set(SAME_WORDING))
    if unknown:
        raise InputError(f"no wording for relation '{unknown[0]}'", fix="add it to PARAPHRASES in statements.py")
    alike: dict[tuple[str, str, str], list[tuple[str, str, str]]] = {}
    for fact in facts.itertuples(index=False):
        wording = SAME_WORDING.get(fact.relation, fact.relation)
        facts_of = alike.setdefault((fact.gene, wording, fact.object_name), [])
        facts_of.append((fact.relation, fact.object_id, fact.source))
    rows = []
    for (gene, wording, name), same in tqdm(sorted(alike.items()), "statements"):
        described = [",".join(sorted(set(column))) for column in zip(*same, strict=True)]
        rng = random.Random(f"{seed}:{gene}:{normalise(name)}")
        part = "held_out" if rng.random() < held_out else "train"
        templates = PARAPHRASES[wording]
        for template in rng.sample(templates, min(paraphrases, len(templates))):
            text = template.format(gene=gene, object=_opening(name) if template.startswith("{object}") else name)
            rows.append((text, gene, *described, part))
    return pd.DataFrame(rows, columns=["text", "gene", "relation", "object_id", "source", "split"])


def _opening(name: str) -> str:
    """A name as a sentence begins with it: mRNA, p53 and the like stay as they are written."""
    return name[0].upper() + name[1:] if _PLAIN_WORD.match(name) else name


def statistics(facts: pd.DataFrame, statements: pd.DataFrame) -> pd.DataFrame:
    """Facts, genes and statements per source; a statement that several sources support counts for each.

    The last row, `total`, counts every fact and statement once.
    """
    exploded = statements.assign(source=statements["source"].str.split(",")).explode("source")
    rows = [
        {
            "source": source,
            "facts": len(group),
            "genes": group["gene"].nunique(),
            "statements": int((exploded["source"] == source).sum()),
        }
        for source, group in facts.groupby("source", sort=True)
    ]
    distinct = facts[["gene", "relation", "object_id"]].drop_duplicates()
    total = {"source": "total", "facts": len(distinct), "genes": facts["gene"].nunique(), "statements": len(statements)}
    return pd.DataFrame([*rows, total])


def write_statements(statements: pd.DataFrame, facts: pd.DataFrame, left_out: pd.DataFrame, folder: Path) -> None:
    """Write {train,held_out}.jsonl, left_out.tsv and statistics.tsv."""
    for part in ("train", "held_out"):
        rows = statements[statements["split"] == part].drop(columns="split")
        atomic.write_jsonl(folder / f"{part}.jsonl", rows.to_dict("records"))
    for name, table in (("left_out.tsv", left_out), ("statistics.tsv", statistics(facts, statements))):
        with atomic.replacing(folder / name) as temporary:
            table.to_csv(temporary, sep="\t", index=False)
