"""Which of a corpus' training facts a model recalls: of those that a warm-up of seed 0 reads first, a row each.

python scripts/ask_facts.py results/recall/smollm2-135m/pretrain.closedbook-s0/closed-book.200.job.json
"""

from reasonome.answering import local, precision
from reasonome.answering.fact_recall import drawn_questions, recall
from reasonome.answering.jobs import RecallSettings
from reasonome.core import atomic
from reasonome.core.errors import InputError, run_program
from reasonome.core.manifest import Stopwatch
from reasonome.facts.selection import OBJECTS
from reasonome.facts.sources.source import read_facts
from reasonome.jobs import read_job
from reasonome.training import gpus

SEED = 0


def main() -> None:
    stopwatch = Stopwatch()
    job = read_job(__doc__, RecallSettings)
    gpus.limit(job.settings.gpus)
    statements = job.file("statements")
    facts = read_facts(job.file("facts"))
    questions = drawn_questions(list(atomic.read_jsonl(statements)), facts, job.settings.facts, SEED)
    if not questions:
        what = f"no relation has facts with {OBJECTS} objects to choose from"
        raise InputError(what, file=statements, fix="ask about a corpus with more facts")
    model, tokenizer = local.load(job.file("model"), precision.choose("auto"))
    found = recall(model, tokenizer, questions)
    rows = [
        {**dict(zip(("gene", "relation", "object_id"), question.fact.key, strict=True)), **recalled._asdict()}
        for question, recalled in zip(questions, found, strict=True)
    ]
    atomic.write_jsonl(job.output("recalled"), rows)
    device = precision.device()
    machine = {"device": device, "gpus": int(device != "cpu"), "engine": "transformers"}
    stopwatch.write(job.output("run"), backward_tokens=0, generated_tokens=0, facts=len(questions), **machine)
    print(f"{sum(recalled.rank == 1 for recalled in found)} of {len(found)} facts recalled among {OBJECTS} objects")


if __name__ == "__main__":
    run_program(main)
