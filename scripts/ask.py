"""Answers of a model behind an endpoint to one benchmark's test split, in one style and decoding. Needs a network.

export OPENAI_API_KEY=…
python scripts/ask.py --backbone gpt-4o --benchmark demo-go --style demo-names --decoding greedy --output answers.jsonl
"""

from reasonome.answering.api import write_answers
from reasonome.benchmarks.rows import read_rows
from reasonome.core.errors import InputError, lookup, nearest, run_program
from reasonome.core.manifest import Stopwatch
from reasonome.tasks import arguments_and_project


def main() -> None:
    stopwatch = Stopwatch()
    args, project = arguments_and_project(__doc__, "backbone", "benchmark", "style", "decoding", "output")
    model = lookup(project.backbones, args.backbone, "backbone").api
    if model is None:
        others = [name for name, backbone in project.backbones.items() if backbone.kind == "api"]
        raise InputError(f"backbone '{args.backbone}' is behind no endpoint", fix=nearest(args.backbone, others))
    task = project.task(args.benchmark)
    costs = write_answers(
        task,
        project.style(args.benchmark, args.style),
        lookup(project.decodings, args.decoding, "decoding"),
        read_rows(project.results.prompts(args.benchmark, args.style) / "test.jsonl", task.Example),
        model,
        args.output,
    )
    stopwatch.write(args.output.with_suffix(".run.json"), backward_tokens=0, **costs)
    money = "" if costs["cost"] is None else f", cost {costs['cost']:.2f}"
    print(
        f"{args.backbone}: {costs['answers']:,} answers, {costs['asked']:,} of them asked for now; "
        f"{costs['prompt_tokens']:,} tokens in prompts and {costs['generated_tokens']:,} in answers{money}"
    )


if __name__ == "__main__":
    run_program(main)
