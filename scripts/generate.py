"""Answers of one model to one benchmark's test split, or to training questions, in one style and decoding.

python scripts/generate.py results/answers/smollm2-135m/base/demo-go.demo-names/greedy.job.json
"""

from pathlib import Path

from reasonome.answering import precision, vllm_engine
from reasonome.answering.answers import write_answers
from reasonome.answering.jobs import AnswerSettings
from reasonome.benchmarks.rows import drawn, read_rows
from reasonome.core.errors import run_program
from reasonome.core.manifest import Stopwatch, canonical, read_manifest, text_sha256
from reasonome.jobs import read_job
from reasonome.tasks import find_task
from reasonome.training import gpus, retention


def main() -> None:
    stopwatch = Stopwatch()
    job = read_job(__doc__, AnswerSettings)
    settings, model = job.settings, job.file("model")
    gpus.limit(settings.gpus)
    task = find_task(settings.task)
    manifest = read_manifest(job.file("manifest"))
    retention.release(model.parent, manifest)
    rows = read_rows(job.file("examples"), task.Example)
    costs = write_answers(
        task,
        task.Style.model_validate(settings.style),
        settings.decoding,
        drawn(rows, settings.questions) if settings.questions else rows,
        model,
        text_sha256(canonical(manifest)),
        job.output("answers"),
        settings.engine,
        stopwatch,
    )
    machine = {
        "device": precision.device(),
        "gpus": gpus_used(settings.engine, model),
        "engine": settings.engine,
    }
    stopwatch.write(job.output("run"), backward_tokens=0, **machine, **costs)


def gpus_used(engine: str, model: Path) -> int:
    """GPUs that an engine answers on: transformers takes the first, vLLM as many as it can spread the model over."""
    if precision.device() == "cpu":
        return 0
    return vllm_engine.shards(model) if engine == "vllm" else 1


if __name__ == "__main__":
    run_program(main)
