"""Write a corpus' facts as statements, without those about the held-out terms (valid and test) of its benchmarks.

python scripts/write_statements.py results/statements/demo/train.job.json
"""

from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, read_splits
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import run_program
from reasonome.core.manifest import file_sha256
from reasonome.facts import statements
from reasonome.facts.selection import bits, select, without_labels
from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import read_facts
from reasonome.jobs import Job, StatementSettings, read_job
from reasonome.task import Task, held_out_names, held_out_terms
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, StatementSettings)
    name, corpus = job.settings.name, job.settings.corpus
    facts, left_out = _without_held_out(job)
    told = bits(facts)
    facts = _selected(job, facts)
    n_facts = len(facts)
    if corpus.placebo:
        facts = statements.permute_genes(statements.without_running_text(facts), corpus.seed)
    sentences = statements.write_sentences(
        facts, corpus.paraphrases, corpus.held_out, corpus.seed, corpus.genes_per_statement, corpus.begins_with
    )
    objects = told if corpus.weigh_by_information else None
    sentences["weight"] = statements.weigh(sentences, {**corpus.weights}, corpus.relation_weights, objects)
    tokenizer = job.settings.tokenizer
    if tokenizer:
        sentences["tokens"] = statements.count_tokens(sentences["text"].tolist(), tokenizer)
    statements.write_statements(sentences, facts, left_out, job.output("train").parent)
    atomic.write_json(
        job.output("manifest"),
        {
            "corpus": {"name": name, **corpus.model_dump(mode="json")},
            "facts_sha256": file_sha256(job.file("facts")),
            "tokenizer_sha256": file_sha256(tokenizer / "tokenizer.json") if tokenizer else None,
            "code_sha256": code_sha256(__file__),
            "statements": sentences["split"].value_counts().to_dict(),
            # Of all facts, each once: what a model would have to hold.
            "bits": round(float(statements.weigh(sentences[sentences["first"]], {}, {}, told).sum()), 1),
            "facts_left_out": len(left_out),
            "running_text_left_out": n_facts - len(facts),
            # What a model that learns from the statements is under.
            "licences": job.settings.licences,
        },
    )
    placebo = f"; genes are permuted, {n_facts - len(facts)} facts of running text left out" if corpus.placebo else ""
    print(
        f"{name}: {len(sentences)} statements of {len(facts)} facts; "
        f"{len(left_out)} about held-out terms left out{placebo}"
    )


def _without_held_out(job: Job[StatementSettings]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The facts of a corpus that may be said, and those left out, as they tell held-out terms."""
    corpus, facts = job.settings.corpus, read_facts(job.file("facts"))
    if corpus.test_facts != "drop":
        return facts, facts[:0]
    held_out = [_benchmark(job, name) for name in corpus.leave_out]
    terms = [term for benchmark in held_out for term in held_out_terms(*benchmark)]
    if corpus.test_descendants == "drop":
        terms += statements.terms_below(map(read_obo, job.settings.ontologies), terms)
    facts, left_out = statements.leave_out(facts, terms)
    if corpus.test_names == "drop":
        names_of: dict[str, set[str]] = {}
        for benchmark in held_out:
            for gene, names in held_out_names(*benchmark).items():
                names_of.setdefault(gene, set()).update(names)
        facts, naming = statements.leave_out_names(facts, names_of)
        left_out = pd.concat([left_out, naming], ignore_index=True)
    return facts, left_out


def _benchmark(job: Job[StatementSettings], name: str) -> tuple[Task, Path]:
    """The task of a benchmark, and the folder with its rows."""
    task, folder = job.settings.benchmarks[name]
    return find_task(task), folder


def _selected(job: Job[StatementSettings], facts: pd.DataFrame) -> pd.DataFrame:
    """The facts that the corpus chooses to say; labels of genes only where it names their relation."""
    corpus, only = job.settings.corpus, job.settings.corpus.only
    named = only.relations if only else []
    facts = without_labels(facts, {*named, *corpus.relation_weights})
    if only is None:
        return facts
    said, genes = facts, None
    for benchmark in only.benchmarks:
        task, folder = _benchmark(job, benchmark)
        rows = read_splits(folder, task.Example, *SPLITS)
        listed = {symbol for row in rows for symbol in task.symbols(row)}
        genes = listed if genes is None else genes & listed
        if benchmark == only.answers_of:
            answers = {term for row in rows for term, _ in task.terms(row)}
            said = said[said["object_id"].isin(answers)]
    said = select(said, genes, only.relations, only.largest_object, only.most, only.facts, corpus.seed)
    if not only.beside:
        return said
    key = ["gene", "relation", "object_id"]
    others = facts[~facts.set_index(key).index.isin(said.set_index(key).index)]
    further = select(others, relations=only.relations, at_most=only.beside, seed=corpus.seed)
    return pd.concat([said, further], ignore_index=True)


if __name__ == "__main__":
    run_program(main)
