"""Write a corpus' facts as statements, without those about the held-out terms (valid and test) of its benchmarks.

python scripts/write_statements.py --corpus demo --output results/statements/demo
"""

from reasonome.config.project import Project
from reasonome.config.project.chains import BASE
from reasonome.core import arguments, atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import lookup, run_program
from reasonome.core.manifest import file_sha256
from reasonome.facts import statements
from reasonome.facts.corpus import read_facts
from reasonome.tasks.base import held_out_terms


def main() -> None:
    args = arguments.project_parser(__doc__, "corpus", "output").parse_args()
    project = Project(args.config)
    corpus = lookup(project.corpora, args.corpus, "corpus")
    benchmarks = corpus.leave_out if corpus.test_facts == "drop" else []
    terms = [
        term
        for benchmark in benchmarks
        for term in held_out_terms(project.task(benchmark), project.results.benchmark(benchmark))
    ]
    facts, left_out = statements.leave_out(read_facts(project.results.facts(args.corpus)), terms)
    fact_count = len(facts)
    if corpus.placebo:
        facts = statements.permute_genes(statements.without_running_text(facts), corpus.seed)
    running_text = fact_count - len(facts)
    sentences = statements.write_sentences(
        facts, corpus.paraphrases, corpus.held_out, corpus.seed, corpus.genes_per_statement
    )
    sentences["weight"] = statements.weigh(sentences, corpus.weights, corpus.relation_weights)
    tokenizer = project.results.model(corpus.tokenizer, BASE) / "model" if corpus.tokenizer else None
    if tokenizer:
        sentences["tokens"] = statements.count_tokens(sentences["text"].tolist(), tokenizer)
    statements.write_statements(sentences, facts, left_out, args.output)
    atomic.write_json(
        args.output / "manifest.json",
        {
            "corpus": {"name": args.corpus, **corpus.model_dump(mode="json")},
            "facts_sha256": file_sha256(project.results.facts(args.corpus)),
            "tokenizer_sha256": file_sha256(tokenizer / "tokenizer.json") if tokenizer else None,
            "code_sha256": code_sha256(__file__),
            "statements": sentences["split"].value_counts().to_dict(),
            "facts_left_out": len(left_out),
            "running_text_left_out": running_text,
            # A model that learns from the statements is under them.
            "licences": {
                name: project.sources[name].model_dump(include={"release", "licence", "licence_url"})
                for name in corpus.sources
            },
        },
    )
    placebo = f"; genes are permuted, {running_text} facts of running text left out" if corpus.placebo else ""
    print(
        f"{args.corpus}: {len(sentences)} statements of {len(facts)} facts; "
        f"{len(left_out)} about held-out terms left out{placebo}"
    )


if __name__ == "__main__":
    run_program(main)
