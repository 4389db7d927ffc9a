"""Answers of one model to one benchmark's test split, or to training questions, in one style and decoding.

python scripts/generate.py --model results/models/smollm2-135m/base --benchmark demo-go --style demo-names \
    --decoding greedy --output answers.jsonl
python scripts/generate.py … --training-questions 100        the first 100 in a random order; 100-150; all
"""

from pathlib import Path

from reasonome.answering import precision, vllm_engine
from reasonome.answering.answers import ENGINES, write_answers
from reasonome.benchmarks.rows import drawn, read_rows
from reasonome.core import arguments
from reasonome.core.errors import lookup, run_program
from reasonome.core.manifest import Stopwatch, canonical, read_manifest, text_sha256
from reasonome.task import Task
from reasonome.tasks import open_project
from reasonome.training import gpus, retention


def main() -> None:
    parser = arguments.project_parser(__doc__, "model", "benchmark", "style", "decoding", "output")
    parser.add_argument("--engine", choices=list(ENGINES), default="transformers")
    parser.add_argument("--training-questions", help="a number, a span or `all`, in place of the test split")
    parser.add_argument("--gpus", type=int, help="at most (default: all that are visible)")
    args = parser.parse_args()
    gpus.limit(args.gpus)

    stopwatch = Stopwatch()
    project = open_project(args.config, args.set)
    task = project.task(args.benchmark)
    manifest = read_manifest(args.model / "manifest.json")
    retention.release(args.model, manifest)
    costs = write_answers(
        task,
        project.style(args.benchmark, args.style),
        lookup(project.decodings, args.decoding, "decoding"),
        asked(project.results.prompts(args.benchmark, args.style), task, args.training_questions),
        args.model / "model",
        text_sha256(canonical(manifest)),
        args.output,
        args.engine,
        stopwatch,
    )
    machine = {
        "device": precision.device(),
        "gpus": gpus_used(args.engine, args.model / "model"),
        "engine": args.engine,
    }
    stopwatch.write(args.output.with_suffix(".run.json"), backward_tokens=0, **machine, **costs)


def asked(folder: Path, task: Task, training_questions: str | None) -> list:
    """The rows of the test split, or some of the training split."""
    if training_questions is None:
        return read_rows(folder / "test.jsonl", task.Example)
    return drawn(read_rows(folder / "train.jsonl", task.Example), training_questions)


def gpus_used(engine: str, model: Path) -> int:
    """GPUs that an engine answers on: transformers takes the first, vLLM as many as it can spread the model over."""
    if precision.device() == "cpu":
        return 0
    return vllm_engine.shards(model) if engine == "vllm" else 1


if __name__ == "__main__":
    run_program(main)
