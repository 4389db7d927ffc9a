"""Which of a corpus' training facts a model recalls: of those that a warm-up of seed 0 reads first, a row each.

python scripts/ask_facts.py --corpus closed-book --facts 200 \
    --model results/models/smollm2-135m/pretrain.closedbook-s0 \
    --output results/recall/smollm2-135m/pretrain.closedbook-s0/closed-book.200.jsonl
"""

from reasonome.answering import local, precision
from reasonome.answering.fact_recall import drawn_questions, recall
from reasonome.core import arguments, atomic
from reasonome.core.errors import InputError, run_program
from reasonome.core.manifest import Stopwatch
from reasonome.facts.selection import OBJECTS
from reasonome.facts.sources.source import read_facts
from reasonome.tasks import open_project
from reasonome.training import gpus

SEED = 0


def main() -> None:
    parser = arguments.project_parser(__doc__, "model", "corpus", "output")
    parser.add_argument("--facts", type=arguments.whole(1), required=True, help="at most")
    parser.add_argument("--gpus", type=int, help="at most (default: all that are visible)")
    args = parser.parse_args()
    gpus.limit(args.gpus)
    stopwatch = Stopwatch()
    project = open_project(args.config, args.set)
    statements = project.results.statements(args.corpus) / "train.jsonl"
    facts = read_facts(project.results.facts(args.corpus))
    questions = drawn_questions(list(atomic.read_jsonl(statements)), facts, args.facts, SEED)
    if not questions:
        what = f"no relation has facts with {OBJECTS} objects to choose from"
        raise InputError(what, file=statements, fix="ask about a corpus with more facts")
    model, tokenizer = local.load(args.model / "model", precision.choose("auto"))
    found = recall(model, tokenizer, questions)
    rows = [
        {**dict(zip(("gene", "relation", "object_id"), question.fact.key, strict=True)), **recalled._asdict()}
        for question, recalled in zip(questions, found, strict=True)
    ]
    atomic.write_jsonl(args.output, rows)
    device = precision.device()
    machine = {"device": device, "gpus": int(device != "cpu"), "engine": "transformers"}
    run = args.output.with_suffix(".run.json")
    stopwatch.write(run, backward_tokens=0, generated_tokens=0, facts=len(questions), **machine)
    print(f"{sum(recalled.rank == 1 for recalled in found)} of {len(found)} facts recalled among {OBJECTS} objects")


if __name__ == "__main__":
    run_program(main)
