"""Write a corpus' facts as statements, without those about the held-out terms (valid and test) of its benchmarks.

python scripts/write_statements.py --corpus demo --facts results/facts/demo/facts.parquet \
    --leave-out results/benchmarks/demo-go --output results/statements/demo
"""

import argparse
from pathlib import Path

from reasonome import statements
from reasonome.benchmarks import held_out_terms
from reasonome.errors import run_program
from reasonome.facts import read_facts
from reasonome.project import Project, lookup


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--corpus", required=True)
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--leave-out", type=Path, nargs="*", default=[], help="folders of benchmarks")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    corpus = lookup(Project(args.config).corpora, args.corpus, "corpus")
    terms = [term for folder in args.leave_out for term in held_out_terms(folder)]
    facts, left_out = statements.leave_out(read_facts(args.facts), terms)
    sentences = statements.write_sentences(facts, corpus.paraphrases, corpus.held_out, corpus.seed)
    statements.write_statements(sentences, facts, left_out, args.output)
    print(
        f"{args.corpus}: {len(sentences)} statements of {len(facts)} facts; "
        f"{len(left_out)} about held-out terms left out"
    )


if __name__ == "__main__":
    run_program(main)
