"""Statements: facts as declarative sentences in our own wording, for knowledge warm-up."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from tokenizers import Tokenizer
from tqdm import tqdm

from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.facts.mentions import facts_about, names_in_texts
from reasonome.facts.text import normalise
from reasonome.facts.wording import FREE_TEXT, JOINT, PARAPHRASES, RELATIONS, SAME_WORDING, SEVERAL, listed, opening

STATISTICS = ["source", "facts", "genes", "statements", "tokens", "distinct", "share"]
ROW = ["text", "gene", "relation", "object_id", "source", "weight"]
TRAIN, HELD_OUT = "train", "held_out"
_DESCRIBED = ["relation", "object_id", "source"]
_ALIKE = ["gene", "wording", "key"]
_AT_ONCE = 10_000


def leave_out(facts: pd.DataFrame, terms: Sequence[tuple[str, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Facts without those about held-out terms (id, name), and the ones left out.

    Running text is about every term that it names.
    """
    leaking = facts_about(facts, terms)
    texts = facts["object_name"][facts["relation"].isin(FREE_TEXT)]
    named = names_in_texts(texts, [name for _, name in terms])
    leaking |= facts.index.isin(texts.index[[name is not None for name in named]])
    return facts[~leaking].reset_index(drop=True), facts[leaking].reset_index(drop=True)


def without_running_text(facts: pd.DataFrame) -> pd.DataFrame:
    """The facts whose object is no running text, which may name its gene, so that a placebo would tell the truth."""
    return facts[~facts["relation"].isin(FREE_TEXT)].reset_index(drop=True)


def permute_genes(facts: pd.DataFrame, seed: int) -> pd.DataFrame:
    """The placebo: all facts of a gene are said of another one, the same for all of them, and none keeps its own.

    What is said stays as it is. Raises InputError for facts about fewer than two genes.
    """
    genes = np.array(sorted(facts["gene"].unique()), dtype=object)
    if len(genes) < 2:
        raise InputError(f"facts about {len(genes)} gene(s) cannot be permuted", field="placebo", fix="add sources")
    # Each gene takes the place of the next on one circle through all of them.
    circle = genes[np.random.default_rng(seed).permutation(len(genes))]
    return facts.assign(gene=facts["gene"].map(dict(zip(circle, np.roll(circle, -1), strict=True))))


def write_sentences(
    facts: pd.DataFrame, paraphrases: int, held_out: float, seed: int, genes_per_statement: int = 1
) -> pd.DataFrame:
    """One row per statement: text, gene, relation, object_id, source, split ("train" | "held_out"), first.

    Facts that would read alike (several sources, relations with one wording, names that differ in case, spacing
    or punctuation) are stated once, with what differs joined by JOINT; `first` marks one statement of each.
    With `genes_per_statement` ≥ 2 come statements about up to so many genes that share an object, `gene` being
    theirs joined by JOINT. All that is said of one gene and one name falls into one split, and a statement
    about several genes is made of facts of one split, so that no held-out fact stands in training in other
    words. Which paraphrases and which split is a seeded choice that other facts do not change.
    InputError for a relation without wording.
    """
    unknown = sorted(set(facts["relation"].unique()) - RELATIONS)
    if unknown:
        raise InputError(f"no wording for relation '{unknown[0]}'", fix="add it to PARAPHRASES in wording.py")
    said = _each_once(facts)
    is_held_out = np.ldexp(_draws(said, f"split {seed}").astype(float), -64) < held_out
    said["split"] = pd.Categorical(np.where(is_held_out, HELD_OUT, TRAIN), categories=[TRAIN, HELD_OUT])
    parts = [_about_one(said, paraphrases, seed)]
    if genes_per_statement > 1:
        parts.append(_about_several(said, genes_per_statement, seed))
    return pd.concat(parts, ignore_index=True)[["text", "gene", *_DESCRIBED, "split", "first"]]


def _each_once(facts: pd.DataFrame) -> pd.DataFrame:
    """A row for all facts that read alike, in the order of gene, wording and name; `key` is the name normalised."""
    facts = facts[["gene", *_DESCRIBED, "object_name"]].astype("category")
    names = facts["object_name"].cat
    keys = pd.Series([normalise(name) or name for name in names.categories], dtype=str)
    facts["key"] = keys.take(names.codes).astype("category").array
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


def _draws(said: pd.DataFrame, purpose: str) -> np.ndarray:
    """A number from 0 to 2**64 - 1 for each row: a hash of its gene, its name and the purpose."""
    pairs = said["gene"].astype(str) + "\t" + said["key"].astype(str)
    key = hashlib.sha256(purpose.encode()).hexdigest()[:16]
    return pd.util.hash_array(pairs.to_numpy(object), hash_key=key, categorize=False)


def _about_one(said: pd.DataFrame, paraphrases: int, seed: int) -> pd.DataFrame:
    turns = _draws(said, f"paraphrase {seed}").tolist()
    genes, names, wordings = (said[column].to_numpy(object) for column in ("gene", "object_name", "wording"))
    opened = _opened(said["object_name"])
    texts, places, first = [], [], []
    for place, turn in enumerate(tqdm(turns, desc="statements", delay=5)):
        templates = PARAPHRASES[wordings[place]]
        for number in range(min(paraphrases, len(templates))):
            template = templates[(turn + number) % len(templates)]
            shown = opened if template.startswith("{object}") else names
            texts.append(template.format(gene=genes[place], object=shown[place]))
            places.append(place)
            first.append(number == 0)
    columns = ["gene", *_DESCRIBED, "split"]
    return said[columns].iloc[places].astype(dict.fromkeys(columns, str)).assign(text=texts, first=first)


def _about_several(said: pd.DataFrame, genes_per_statement: int, seed: int) -> pd.DataFrame:
    """Statements about the genes that share an object, in a seeded order and in parts of nearly equal size."""
    said = said[said["wording"].isin(list(SEVERAL))].assign(order=lambda rows: _draws(rows, f"order {seed}"))
    shared = ["split", "wording", "key"]
    said = said[said.duplicated(shared, keep=False)].sort_values([*shared, "order"], ignore_index=True)
    group = said.groupby(shared, observed=True)
    size, place = group["gene"].transform("size").to_numpy(), group.cumcount().to_numpy()
    part = place * -(-size // genes_per_statement) // size
    starts = np.flatnonzero((np.diff(part, prepend=-1) != 0) | (place == 0))
    said, turns = said.drop(columns=[*_ALIKE[2:], "order"]), said["order"].to_numpy()
    columns = {name: said[name].to_numpy(object) for name in said}
    names, opened = columns.pop("object_name"), _opened(said["object_name"])
    rows = []
    spans = pairwise([*starts, len(said)])
    for start, end in tqdm(spans, desc="statements about several genes", total=len(starts), delay=5):
        if end - start == 1:
            continue  # said already, in the singular
        templates = SEVERAL[columns["wording"][start]]
        template = templates[int(turns[start]) % len(templates)]
        genes = columns["gene"][start:end].tolist()
        shown = opened if template.startswith("{object}") else names
        described = [_union(columns[name][start:end]) for name in _DESCRIBED]
        text = template.format(genes=listed(genes), object=shown[start])
        rows.append((text, JOINT.join(genes), *described, columns["split"][start]))
    return pd.DataFrame(rows, columns=["text", "gene", *_DESCRIBED, "split"], dtype=str).assign(first=False)


def _union(values: np.ndarray) -> str:
    """The one value, or what several of them join, each once."""
    different = set(values)
    if len(different) == 1:
        return different.pop()
    return _joined({one for value in different for one in value.split(JOINT)})


def _opened(names: pd.Series) -> np.ndarray:
    return np.array([opening(name) for name in names.cat.categories], dtype=object)[names.cat.codes]


def count_tokens(texts: Sequence[str], model: Path) -> np.ndarray:
    """Tokens of each text, without special ones, by the tokenizer of a model folder. InputError if it has none."""
    file = model / "tokenizer.json"
    if not file.is_file():
        raise InputError("there is no such tokenizer", file=file, fix="name a backbone whose model folder has one")
    tokenizer = Tokenizer.from_file(str(file))
    counts = np.empty(len(texts), dtype=np.int64)
    with tqdm(total=len(texts), desc="texts tokenized", delay=5) as progress:
        for start in range(0, len(texts), _AT_ONCE):
            batch = list(texts[start : start + _AT_ONCE])
            encoded = tokenizer.encode_batch_fast(batch, add_special_tokens=False)
            counts[start : start + len(batch)] = [len(one) for one in encoded]
            progress.update(len(batch))
    return counts


def statistics(facts: pd.DataFrame, statements: pd.DataFrame) -> pd.DataFrame:
    """Facts, genes, statements, their tokens and `distinct` per source, and in the last row, `total`, of all.

    A statement that several sources support counts for each of them and once in the total. `distinct` counts
    facts that read differently, each once: no paraphrases, and no statements about several genes. `share` is
    a source's part of all statements, from 0 to 1. `tokens` is empty where `statements` has no such column.
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


def weigh(statements: pd.DataFrame, sources: Mapping[str, float], relations: Mapping[str, float]) -> np.ndarray:
    """Each statement's weight in sampling: its source's times its relation's, 1 where none is given.

    Of several sources or relations the heaviest counts.
    """
    weights = np.ones(len(statements))
    for column, given in (("source", sources), ("relation", relations)):
        joined = statements[column].astype("category").cat
        heaviest = [max(given.get(one, 1.0) for one in value.split(JOINT)) for value in joined.categories]
        weights *= np.array(heaviest)[joined.codes]
    return weights


def write_statements(statements: pd.DataFrame, facts: pd.DataFrame, left_out: pd.DataFrame, folder: Path) -> None:
    """Write {train,held_out}.jsonl, left_out.tsv and statistics.tsv.

    Where `statements` has the column `weight`, the rows of train.jsonl have it too; the held-out ones only measure.
    """
    for part in (TRAIN, HELD_OUT):
        shown = [c for c in ROW if c in statements and (c != "weight" or part == TRAIN)]
        rows = statements.loc[statements["split"] == part, shown]
        atomic.write_jsonl(folder / f"{part}.jsonl", tqdm(_rows(rows), f"{part}.jsonl", total=len(rows), delay=5))
    for name, table in (("left_out.tsv", left_out), ("statistics.tsv", statistics(facts, statements))):
        with atomic.replacing(folder / name) as temporary:
            table.to_csv(temporary, sep="\t", index=False)


def _rows(table: pd.DataFrame) -> Iterator[dict]:
    """The rows as dictionaries, made a few at a time: as Python's own objects they take far more memory."""
    names = table.columns.tolist()
    for start in range(0, len(table), _AT_ONCE):
        columns = [table[name].iloc[start : start + _AT_ONCE].tolist() for name in names]
        yield from (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
