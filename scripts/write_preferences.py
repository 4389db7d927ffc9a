"""Pairs of answers to a benchmark's training questions, of which one is better; those of some questions held out.

python scripts/write_preferences.py --preferences demo-tiers --benchmark demo-go --style demo-names \
    --output results/preferences/demo-tiers/demo-go.demo-names
python scripts/write_preferences.py … --backbone smollm2-135m --chain sft.closedbook-s0    pairs of its own samples
"""

from argparse import Namespace
from collections import Counter
from dataclasses import asdict
from inspect import getfile
from pathlib import Path

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import Row, read_rows
from reasonome.config import Style
from reasonome.config.preferences import Preferences, SamplePreferences, TablePreferences, TierPreferences
from reasonome.config.project import Project
from reasonome.core import arguments, atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError, lookup, run_program
from reasonome.core.manifest import file_sha256, versions
from reasonome.task import Task
from reasonome.tasks import open_project
from reasonome.teaching.preferences import (
    Pair,
    drawn_by_kind,
    parted,
    sample_pairs,
    table_pairs,
    tier_pairs,
)
from reasonome.teaching.proposals import read_proposals
from reasonome.teaching.samples import finished, rewarded_by


def main() -> None:
    parser = arguments.project_parser(__doc__, "preferences", "benchmark", "style", "output")
    parser.add_argument("--backbone", help="of the model whose samples are compared")
    parser.add_argument("--chain")
    args = parser.parse_args()
    project = open_project(args.config, args.set)
    spec = lookup(project.preferences, args.preferences, "preferences")
    task, style = project.task(args.benchmark), project.style(args.benchmark, args.style)
    files = learned_from(project, spec, args)
    examples = read_rows(files["examples"], task.Example)
    left_out: Counter = Counter()
    if isinstance(spec, TierPreferences):
        pairs, left_out = tier_pairs(task, style, examples, read_proposals(files["reasoning"]), spec.seed)
    elif isinstance(spec, SamplePreferences):
        pairs, left_out = of_samples(project, spec, task, style, examples, files["samples"])
    else:
        pairs = table_pairs(task, style, examples, files["table"])
    train, held_out = parted(pairs, spec.held_out, spec.seed)
    if isinstance(spec, TierPreferences):
        unthinned = train
        train = drawn_by_kind(unthinned, spec.shares, spec.seed)
        left_out["pairs_by_shares"] = len(unthinned) - len(train)
        if not train:
            what = f"the shares leave no pair of {len(pairs) - len(held_out)} to train on"
            raise InputError(what, field="shares", fix="raise one in preferences.yaml")
    for name, part in (("held_out", held_out), ("train", train)):
        atomic.write_jsonl(args.output / f"{name}.jsonl", [asdict(pair) for pair in part])
    counts = {"train": len(train), "held_out": len(held_out), **(+left_out)}
    atomic.write_json(args.output / "statistics.json", counts)
    manifest = {
        "preferences": {"name": args.preferences, **spec.model_dump(mode="json")},
        "benchmark": args.benchmark,
        "style": style.model_dump(mode="json"),
        "data": {name: file_sha256(path) for name, path in files.items()},
        "counts": counts,
        "code": code_sha256(__file__, getfile(type(task))),
        "versions": versions(),
    }
    atomic.write_json(args.output / "manifest.json", manifest)
    print(f"{args.preferences}: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


def learned_from(project: Project, spec: Preferences, args: Namespace) -> dict[str, Path]:
    """The files that pairs are made of, by what they are."""
    question = (args.benchmark, args.style)
    files = {"examples": project.results.prompts(*question) / "train.jsonl"}
    if isinstance(spec, TierPreferences):
        return files | {"reasoning": project.results.reasoning(spec.teacher, *question)}
    if isinstance(spec, TablePreferences):
        return files | {"table": Path(spec.path)}
    model = (args.backbone, args.chain)
    encoders = {f"encoder {name}": project.results.encoder(name) / "manifest.json" for name in spec.encoders}
    return files | {"samples": project.results.samples(model, *question, spec.decoding, spec.questions)} | encoders


def of_samples(
    project: Project, spec: SamplePreferences, task: Task, style: Style, examples: list[Row], file: Path
) -> tuple[list[Pair], Counter]:
    """The pairs of a model's samples, and how many questions have none."""
    from reasonome.scoring.encoders import load_encoders, mean_similarity  # whose library takes seconds to load

    encoders = load_encoders(project.encoder_folders(spec.encoders))
    rewarded = rewarded_by(task, spec, mean_similarity(list(encoders.values())))
    return sample_pairs(task, style, examples, finished(read_answers(file)), rewarded, spec.margin)


if __name__ == "__main__":
    run_program(main)
