"""Which of a corpus' training statements a model knows: of those that a warm-up of seed 0 reads first, a row each.

python scripts/ask_facts.py --model results/models/smollm2-135m/pretrain.demo-s0 --corpus demo --facts 200 \
    --output results/known/smollm2-135m/pretrain.demo-s0/demo.200.jsonl
"""

import torch

from reasonome.answering import local, precision
from reasonome.answering.known_facts import drawn_facts, margins
from reasonome.config.project import Project
from reasonome.core import arguments, atomic
from reasonome.core.errors import InputError, run_program
from reasonome.core.manifest import Stopwatch

SEED = 0


def main() -> None:
    parser = arguments.project_parser(__doc__, "model", "corpus", "output")
    parser.add_argument("--facts", type=arguments.whole(1), required=True, help="at most")
    args = parser.parse_args()
    stopwatch = Stopwatch()
    project = Project(args.config)
    statements = project.results.statements(args.corpus) / "train.jsonl"
    facts = drawn_facts(list(atomic.read_jsonl(statements)), args.facts, SEED)
    if not facts:
        what = "no two statements of one relation are about different genes and objects"
        raise InputError(what, file=statements, fix="ask about a corpus with more facts")
    model, tokenizer = local.load(args.model / "model", precision.choose("auto"))
    found = margins(model, tokenizer, facts)
    rows = [
        {"gene": fact.gene, "relation": fact.relation, "object_id": fact.object_id, "margin": round(margin, 4)}
        for fact, margin in zip(facts, found, strict=True)
    ]
    atomic.write_jsonl(args.output, rows)
    cuda = torch.cuda.is_available()
    machine = {"device": torch.cuda.get_device_name() if cuda else "cpu", "gpus": int(cuda), "engine": "transformers"}
    run = args.output.with_suffix(".run.json")
    stopwatch.write(run, backward_tokens=0, generated_tokens=0, facts=len(facts), **machine)
    print(f"{sum(margin > 0 for margin in found)} of {len(found)} facts known")


if __name__ == "__main__":
    run_program(main)
