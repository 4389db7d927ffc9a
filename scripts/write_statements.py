"""Write a corpus' facts as statements, without those about the held-out terms (valid and test) of its benchmarks.

python scripts/write_statements.py --corpus demo --facts results/facts/demo/facts.parquet \
    --tokenizer results/models/smollm2-135m/base/model --output results/statements/demo
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import lookup, run_program
from reasonome.core.manifest import file_sha256
from reasonome.facts import statements
from reasonome.facts.corpus import read_facts
from reasonome.tasks.base import held_out_terms


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, help="model folder whose tokenizer counts; without it none are")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    corpus = lookup(project.corpora, args.corpus, "corpus")
    left_out = corpus.leave_out if corpus.test_facts == "drop" else []
    terms = [term for b in left_out for term in held_out_terms(project.task(b), project.results.benchmark(b))]
    facts, left_out = statements.leave_out(read_facts(args.facts), terms)
    told = len(facts)
    if corpus.placebo:
        facts = statements.permute_genes(statements.without_running_text(facts), corpus.seed)
    sentences = statements.write_sentences(
        facts, corpus.paraphrases, corpus.held_out, corpus.seed, corpus.genes_per_statement
    )
    sentences["weight"] = statements.weigh(sentences, corpus.weights, corpus.relation_weights)
    if args.tokenizer:
        sentences["tokens"] = statements.count_tokens(sentences["text"].tolist(), args.tokenizer)
    statements.write_statements(sentences, facts, left_out, args.output)
    atomic.write_json(
        args.output / "manifest.json",
        {
            "corpus": {"name": args.corpus, **corpus.model_dump(mode="json")},
            "facts_sha256": file_sha256(args.facts),
            "tokenizer_sha256": file_sha256(args.tokenizer / "tokenizer.json") if args.tokenizer else None,
            "code_sha256": code_sha256(__file__),
            "statements": sentences["split"].value_counts().to_dict(),
            "facts_left_out": len(left_out),
            "running_text_left_out": told - len(facts),
            "licences": licences(project, corpus.sources),
        },
    )
    placebo = f"; genes are permuted, {told - len(facts)} facts of running text left out" if corpus.placebo else ""
    print(
        f"{args.corpus}: {len(sentences)} statements of {len(facts)} facts; "
        f"{len(left_out)} about held-out terms left out{placebo}"
    )


def licences(project: Project, sources: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """Source → release, licence and where to read it: what a model that learns from the statements is under."""
    return {name: project.sources[name].model_dump(include={"release", "licence", "licence_url"}) for name in sources}


if __name__ == "__main__":
    run_program(main)
