"""Statements: facts as sentences in our own wording, for the knowledge warm-up."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from tokenizers import Tokenizer
from tqdm import tqdm

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.sources.go import Ontology
from reasonome.facts.text import facts_about, names_in_texts, normalise
from reasonome.facts.wording import (
    FREE_TEXT,
    JOINT,
    PART_OF_PATHWAY,
    RELATIONS,
    SAME_WORDING,
    SEVERAL,
    listed,
    opening,
    paraphrases,
    worded_as,
)

STATISTICS = ["source", "facts", "genes", "statements", "tokens", "distinct", "share"]
ROW = ["text", "gene", "relation", "object_id", "source", "weight"]
TRAIN, HELD_OUT = "train", "held_out"
_DESCRIBED = ["relation", "object_id", "source"]
_ALIKE = ["gene", "wording", "key"]
_AT_ONCE = 10_000


def leave_out(facts: pd.DataFrame, terms: Sequence[tuple[str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The facts that are not about held-out terms (id, name), and the ones that are.

    Running text is about every term that it names.
    """
    leaking = facts_about(facts, terms)
    texts = facts["object_name"][facts["relation"].isin(FREE_TEXT)]
    named = names_in_texts(texts.tolist(), [name for _, name in terms])
    leaking |= facts.index.isin(texts.index[[name is not None for name in named]])
    return facts[~leaking].reset_index(drop=True), facts[leaking].reset_index(drop=True)


def terms_below(ontologies: Iterable[Ontology], terms: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(id, name) of every term below one of `terms` (id, name) by is_a and part_of, with each exact synonym."""
    ids = {term for term, _ in terms}
    below = []
    for ontology in ontologies:
        above = {ontology.main_id(term) for term in ids}
        for term, ancestors in ontology.ancestors.items():
            if ancestors & above:
                described = ontology.terms[term]
                below += [(term, name) for name in (described.name, *described.synonyms)]
    return below


def leave_out_names(facts: pd.DataFrame, names_of: Mapping[str, Collection[str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The facts whose object holds none of the names that `names_of` has of its gene, and the ones that do.

    Names are looked for as whole words, without case and punctuation.
    """
    wanted = {gene: [f" {normalise(name)} " for name in names] for gene, names in names_of.items()}
    about = facts[facts["gene"].isin(wanted)]
    naming = [
        any(name in f" {normalise(text)} " for name in wanted[gene])
        for gene, text in zip(about["gene"], about["object_name"], strict=True)
    ]
    leaking = facts.index.isin(about.index[naming])
    return facts[~leaking].reset_index(drop=True), facts[leaking].reset_index(drop=True)


def without_running_text(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts without running texts: a text may name its gene, and would make a statement of the placebo true."""
    return facts[~facts["relation"].isin(FREE_TEXT)].reset_index(drop=True)


def permute_genes(facts: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The placebo: a random permutation of the genes that leaves none in its place; all facts of a gene move together.

    Of facts about pathways the pathways are permuted. Relations and objects stay unchanged. Raises InputError for facts
    about a single gene or a single pathway.
    """
    about_pathways = facts["relation"] == PART_OF_PATHWAY
    moved = pd.concat(_permuted(subjects, seed) for _, subjects in facts["gene"].groupby(about_pathways))
    return facts.assign(gene=moved)


def _permuted(subjects: pd.Series, seed: int) -> pd.Series:
    known = np.array(sorted(subjects.unique()), dtype=object)
    if len(known) < 2:
        raise InputError(f"facts about {known[0]} alone cannot be permuted", field="placebo", fix="add sources")
    # A single random cycle through all of them.
    circle = known[np.random.default_rng(seed).permutation(len(known))]
    return subjects.map(dict(zip(circle, np.roll(circle, -1), strict=True)))


def write_sentences(
    facts: pd.DataFrame,
    most: int,
    held_out: float,
    seed: int,
    genes_per_statement: int = 1,
    begins_with: Literal["gene", "object"] | None = None,
) -> pd.DataFrame:
    """One row per statement: text, gene, relation, object_id, source, split ("train" | "held_out"), first.

    A fact is said in up to `most` wordings, with `begins_with` in those alone in which that stands before the other.

    Facts that would read alike (several sources, relations with one wording, names that differ in case, spacing
    or punctuation) are stated once, with differing values joined by JOINT; `first` marks one statement of each.
    `genes_per_statement` ≥ 2 adds statements about up to that many genes that share an object; their `gene` has the
    genes joined by JOINT. All statements about one gene and one name fall into one split, and a statement about
    several genes uses facts of one split, so that no held-out fact is in the training data in other words. A seeded
    hash of the fact chooses its paraphrases and split, independent of other facts. Raises InputError for a relation
    without wording.
    """
    unknown = sorted(set(facts["relation"].unique()) - RELATIONS)
    if unknown:
        raise InputError(f"no wording for relation '{unknown[0]}'", fix="add it to facts/wording/sentences.yaml")
    for relation in map(worded_as, facts["relation"].unique()) if begins_with else ():
        if not paraphrases(relation, 0, begins_with):
            what = f"no wording of relation '{relation}' has the {begins_with} first"
            raise InputError(what, fix=f"leave out '{begins_with}_first' of the corpus, or the relation")
    distinct = _each_once(facts)
    is_held_out = np.ldexp(_draws(distinct, f"split {seed}").astype(float), -64) < held_out
    distinct["split"] = pd.Categorical(np.where(is_held_out, HELD_OUT, TRAIN), categories=[TRAIN, HELD_OUT])
    parts = [_about_one(distinct, most, seed, begins_with)]
    if genes_per_statement > 1:
        parts.append(_about_several(distinct, genes_per_statement, seed))
    return pd.concat(parts, ignore_index=True)[["text", "gene", *_DESCRIBED, "split", "first"]]


def _each_once(facts: pd.DataFrame) -> pd.DataFrame:
    """One row for all facts that read alike, sorted by gene, wording and name; `key` is the normalised name."""
    facts = facts[["gene", *_DESCRIBED, "object_name"]].astype("category")
    names = facts["object_name"].cat
    keys = pd.Series([normalise(name) or name for name in names.categories], dtype=str)
    facts["key"] = keys.take(names.codes.to_numpy()).astype("category").array
    facts["wording"] = facts["relation"].astype(str).replace(SAME_WORDING).astype("category")
    facts = facts.sort_values([*_ALIKE, "object_name", *_DESCRIBED], ignore_index=True)
    first = ~facts.duplicated(_ALIKE)
    alike = [slice(*ends) for ends in pairwise([*np.flatnonzero(first), len(facts)])]
    once = facts[first].reset_index(drop=True)
    for column in _DESCRIBED:
        values = facts[column].to_numpy(object)
        once[column] = pd.Categorical(
            [values[rows.start] if rows.stop - rows.start == 1 else _joined(set(values[rows])) for rows in alike]
        )
    return once


def _joined(values: Iterable[str]) -> str:
    return JOINT.join(sorted(values))


def _draws(facts: pd.DataFrame, purpose: str) -> np.ndarray:
    """A number from 0 to 2**64 - 1 for each row: a hash of its gene, its name and the purpose."""
    pairs = facts["gene"].astype(str) + "\t" + facts["key"].astype(str)
    key = hashlib.sha256(purpose.encode()).hexdigest()[:16]
    return pd.util.hash_array(pairs.to_numpy(object), hash_key=key, categorize=False)


def _about_one(
    facts: pd.DataFrame, most: int, seed: int, begins_with: Literal["gene", "object"] | None
) -> pd.DataFrame:
    turns = _draws(facts, f"paraphrase {seed}").tolist()
    genes, names, relations = (facts[column].to_numpy(object) for column in ("gene", "object_name", "wording"))
    opened = _opened(facts["object_name"])
    texts, places, first = [], [], []
    for place, turn in enumerate(tqdm(turns, desc="statements", delay=5)):
        for number, template in enumerate(paraphrases(relations[place], turn, begins_with)[:most]):
            shown = opened if template.startswith("{object}") else names
            texts.append(template.format(gene=genes[place], object=shown[place]))
            places.append(place)
            first.append(number == 0)
    columns = ["gene", *_DESCRIBED, "split"]
    return facts[columns].iloc[places].astype(dict.fromkeys(columns, str)).assign(text=texts, first=first)


def _about_several(facts: pd.DataFrame, genes_per_statement: int, seed: int) -> pd.DataFrame:
    """Statements about genes that share an object, in a seeded order and in parts of nearly equal size."""
    facts = facts[facts["wording"].isin(list(SEVERAL))].assign(order=lambda rows: _draws(rows, f"order {seed}"))
    shared = ["split", "wording", "key"]
    facts = facts[facts.duplicated(shared, keep=False)].sort_values([*shared, "order"], ignore_index=True)
    group = facts.groupby(shared, observed=True)
    size, place = group["gene"].transform("size").to_numpy(), group.cumcount().to_numpy()
    part = place * -(-size // genes_per_statement) // size
    starts = np.flatnonzero((np.diff(part, prepend=-1) != 0) | (place == 0))
    facts, turns = facts.drop(columns=[*_ALIKE[2:], "order"]), facts["order"].to_numpy()
    columns = {name: facts[name].to_numpy(object) for name in facts}
    names, opened = columns.pop("object_name"), _opened(facts["object_name"])
    rows = []
    spans = pairwise([*starts, len(facts)])
    for start, end in tqdm(spans, desc="statements about several genes", total=len(starts), delay=5):
        if end - start == 1:
            continue  # already a statement about one gene
        of_several = SEVERAL[columns["wording"][start]]
        template = of_several[int(turns[start]) % len(of_several)]
        genes = columns["gene"][start:end].tolist()
        shown = opened if template.startswith("{object}") else names
        described = [_union(columns[name][start:end]) for name in _DESCRIBED]
        text = template.format(genes=listed(genes), object=shown[start])
        rows.append((text, JOINT.join(genes), *described, columns["split"][start]))
    return pd.DataFrame(rows, columns=["text", "gene", *_DESCRIBED, "split"], dtype=str).assign(first=False)


def _union(values: np.ndarray) -> str:
    """The distinct values, split at JOINT, sorted and joined again."""
    different = set(values)
    if len(different) == 1:
        return different.pop()
    return _joined({part for value in different for part in value.split(JOINT)})


def _opened(names: pd.Series) -> np.ndarray:
    return np.array([opening(name) for name in names.cat.categories], dtype=object)[names.cat.codes]


def count_tokens(texts: Sequence[str], model: Path) -> np.ndarray:
    """Tokens of each text, without special ones, by a model folder's tokenizer. Raises InputError if it has none."""
    file = model / "tokenizer.json"
    if not file.is_file():
        raise InputError("there is no such tokenizer", file=file, fix="name a backbone whose model folder has one")
    tokenizer = Tokenizer.from_file(str(file))
    counts = np.empty(len(texts), dtype=np.int64)
    with tqdm(total=len(texts), desc="texts tokenized", delay=5) as progress:
        for start in range(0, len(texts), _AT_ONCE):
            batch = list(texts[start : start + _AT_ONCE])
            encoded = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            counts[start : start + len(batch)] = [len(encoding) for encoding in encoded]
            progress.update(len(batch))
    return counts


def statistics(facts: pd.DataFrame, statements: pd.DataFrame) -> pd.DataFrame:
    """Counts of facts, genes, statements, distinct statements and tokens per source; the last row is `total`.

    A statement that several sources support counts for each of them and once in the total. `distinct` counts
    facts that read differently, each once: no paraphrases, and no statements about several genes. `share` is
    a source's share of all statements, from 0 to 1. `tokens` is empty where `statements` has no such column.
    """
    facts = facts[["gene", "relation", "object_id", "source"]]
    counts = {"statements": ("first", "size"), "distinct": ("first", "sum")}
    if "tokens" in statements:
        counts["tokens"] = ("tokens", "sum")
    by_sources = statements.groupby("source", observed=True).agg(**counts).reset_index()
    by_source = by_sources.assign(source=by_sources["source"].astype(str).str.split(JOINT)).explode("source")
    by_source = by_source.groupby("source").sum()
    by_source["facts"] = facts.groupby("source").size()
    by_source["genes"] = facts.groupby("source")["gene"].nunique()
    total = by_sources.drop(columns="source").sum()
    total["facts"] = len(facts.drop_duplicates(["gene", "relation", "object_id"]))
    total["genes"] = facts["gene"].nunique()
    table = pd.concat([by_source, total.to_frame("total").T])
    table = table.reindex(columns=STATISTICS[1:-1]).astype("Int64").rename_axis("source").reset_index()
    return table.assign(share=(table["statements"].astype(float) / max(1, total["statements"])).round(4))


def weigh(
    statements: pd.DataFrame,
    sources: Mapping[str, float],
    relations: Mapping[str, float],
    objects: Mapping[str, float] | None = None,
) -> np.ndarray:
    """The sampling weight of each statement: the weights of its source, relation and object id, multiplied.

    Each is 1 by default. Of several sources, relations or objects the largest weight counts.
    """
    weights = np.ones(len(statements))
    for column, by_value in (("source", sources), ("relation", relations), ("object_id", objects)):
        if not by_value:
            continue
        joined = statements[column].astype("category").cat
        heaviest = [max(by_value.get(part, 1.0) for part in value.split(JOINT)) for value in joined.categories]
        weights *= np.array(heaviest)[joined.codes]
    return weights


def write_statements(statements: pd.DataFrame, facts: pd.DataFrame, left_out: pd.DataFrame, folder: Path) -> None:
    """Write {train,held_out}.jsonl, left_out.tsv and statistics.tsv.

    The rows of train.jsonl have the column `weight` if `statements` has it; held-out statements are never sampled.
    """
    for part in (TRAIN, HELD_OUT):
        shown = [column for column in ROW if column in statements and (column != "weight" or part == TRAIN)]
        rows = statements.loc[statements["split"] == part, shown]
        atomic.write_jsonl(folder / f"{part}.jsonl", tqdm(_rows(rows), f"{part}.jsonl", total=len(rows), delay=5))
    for name, table in (("left_out.tsv", left_out), ("statistics.tsv", statistics(facts, statements))):
        with atomic.replacing(folder / name) as temporary:
            table.to_csv(temporary, sep="\t", index=False)


def _rows(table: pd.DataFrame) -> Iterator[dict]:
    """The rows as dictionaries, converted in batches: Python objects take far more memory."""
    names = table.columns.tolist()
    for start in range(0, len(table), _AT_ONCE):
        columns = [table[name].iloc[start : start + _AT_ONCE].tolist() for name in names]
        yield from (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
