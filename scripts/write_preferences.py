"""Pairs of answers to a benchmark's training questions, of which one is better; those of some questions held out.

python scripts/write_preferences.py results/preferences/demo-tiers/demo-go.demo-names/train.job.json
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from inspect import getfile
from pathlib import Path

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import Row, read_rows
from reasonome.config import Style
from reasonome.config.backbones import EncoderFolder
from reasonome.config.preferences import SamplePreferences, TierPreferences
from reasonome.core import atomic
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError, run_program
from reasonome.core.manifest import file_sha256, versions
from reasonome.jobs import read_job
from reasonome.task import Task
from reasonome.tasks import find_task
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
from reasonome.teaching.settings import PreferenceSettings


def main() -> None:
    job = read_job(__doc__, PreferenceSettings)
    settings, spec, files = job.settings, job.settings.preferences, job.files("data")
    task = find_task(settings.task)
    style = task.Style.model_validate(settings.style)
    examples = read_rows(files["examples"], task.Example)
    left_out: Counter = Counter()
    if isinstance(spec, TierPreferences):
        pairs, left_out = tier_pairs(task, style, examples, read_proposals(files["reasoning"]), spec.seed)
    elif isinstance(spec, SamplePreferences):
        pairs, left_out = of_samples(settings.encoders, spec, task, style, examples, files["samples"])
    else:
        pairs = table_pairs(task, style, examples, files["table"])
    train, held_out = parted(pairs, spec.held_out, spec.seed, left_out)
    if isinstance(spec, TierPreferences):
        unthinned = train
        train = drawn_by_kind(unthinned, spec.shares, spec.seed)
        left_out["pairs_by_shares"] = len(unthinned) - len(train)
        if not train:
            what = f"the shares leave no pair of {len(pairs) - len(held_out)} to train on"
            raise InputError(what, field="shares", fix="raise one in preferences.yaml")
    for name, part in (("held_out", held_out), ("train", train)):
        atomic.write_jsonl(job.output(name), [asdict(pair) for pair in part])
    counts = {"train": len(train), "held_out": len(held_out), **(+left_out)}
    atomic.write_json(job.output("statistics"), counts)
    manifest = {
        "preferences": {"name": settings.name, **spec.model_dump(mode="json")},
        "benchmark": settings.benchmark,
        "style": style.model_dump(mode="json"),
        "data": {name: file_sha256(path) for name, path in files.items()},
        "counts": counts,
        "code": code_sha256(__file__, getfile(type(task))),
        "versions": versions(),
    }
    atomic.write_json(job.output("manifest"), manifest)
    print(f"{settings.name}: " + ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()))


def of_samples(
    encoders: Sequence[EncoderFolder],
    spec: SamplePreferences,
    task: Task,
    style: Style,
    examples: list[Row],
    file: Path,
) -> tuple[list[Pair], Counter]:
    """The pairs of a model's samples, and how many questions have none."""
    from reasonome.scoring.encoders import load_encoders, mean_similarity  # whose library takes seconds to load

    rewarded = rewarded_by(task, spec, mean_similarity(list(load_encoders(encoders).values())))
    return sample_pairs(task, style, examples, finished(read_answers(file)), rewarded, spec.margin)


if __name__ == "__main__":
    run_program(main)
