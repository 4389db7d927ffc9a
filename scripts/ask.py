"""Answers of a model behind an endpoint to one benchmark's test split, in one style and decoding. Needs a network.

export OPENAI_API_KEY=…
python scripts/ask.py results/answers/gpt-4o/base/demo-go.demo-names/greedy.job.json
"""

from reasonome.answering.api import write_answers
from reasonome.answering.jobs import EndpointSettings
from reasonome.benchmarks.rows import read_rows
from reasonome.core.errors import run_program
from reasonome.core.manifest import Stopwatch
from reasonome.jobs import read_job
from reasonome.tasks import find_task


def main() -> None:
    stopwatch = Stopwatch()
    job = read_job(__doc__, EndpointSettings)
    settings = job.settings
    task = find_task(settings.task)
    costs = write_answers(
        task,
        task.Style.model_validate(settings.style),
        settings.decoding,
        read_rows(job.file("examples"), task.Example),
        settings.model,
        job.output("answers"),
    )
    stopwatch.write(job.output("run"), backward_tokens=0, **costs)
    money = "" if costs["cost"] is None else f", cost {costs['cost']:.2f}"
    print(
        f"{settings.name}: {costs['answers']:,} answers, {costs['asked']:,} of them asked for now; "
        f"{costs['prompt_tokens']:,} tokens in prompts and {costs['generated_tokens']:,} in answers{money}"
    )


if __name__ == "__main__":
    run_program(main)
