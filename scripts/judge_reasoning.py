"""Say how well teachers' reasoning about gene sets follows from facts: a column per file, kept and dropped rows.

python scripts/judge_reasoning.py --benchmark demo-go --style demo-names \
    results/reasoning/knowledge-given/demo-go.demo-names.jsonl results/reasoning/gpt-4o/demo-go.demo-names.jsonl

The rules are those by which traces are kept (docs/teachers.md). Files that were written without them can be judged too.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import read_rows
from reasonome.core import arguments, atomic
from reasonome.core.errors import InputError, run_program
from reasonome.tasks import open_project
from reasonome.tasks.naming.files import judging_facts
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.traces import LEAST_OF_EXPLAINED, TraceJudge, load_judge

_NUMBER = re.compile(r"\d+(\.\d+)?")


def main() -> None:
    parser = arguments.project_parser(__doc__, "benchmark", "style")
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="kept reasoning, .dropped.jsonl beside it")
    args = parser.parse_args()
    project = open_project(args.config, args.set)
    judge = load_judge(judging_facts(project, args.benchmark), project.results.background(args.benchmark))
    folder, task = project.results.prompts(args.benchmark, args.style), project.task(args.benchmark)
    examples = {row.id: row for row in read_rows(folder / "train.jsonl", task.Example)}
    columns = {str(path): dict(_figures(path, examples, judge)) for path in args.files}
    print(pd.DataFrame(columns).fillna(0).astype(int).to_string())


def _figures(path: Path, examples: dict[str, Example], judge: TraceJudge) -> Iterator[tuple[str, int]]:
    kept, dropped = atomic.read_jsonl(path), atomic.read_jsonl(path.with_suffix(".dropped.jsonl"))
    if unknown := {row["id"] for row in kept} - examples.keys():
        raise InputError(
            f"no training question {min(unknown)}",
            file=path,
            field="id",
            fix="give the benchmark and style of the file",
        )
    yield "kept", len(kept)
    yield "dropped", len(dropped)
    yield from _of_kept(kept, examples, judge)
    reasons = Counter(_NUMBER.sub("N", row["reason"].partition(": ")[0]) for row in dropped)
    for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]):
        yield f"dropped: {reason}", count


def _of_kept(rows: Sequence[dict], examples: dict[str, Example], judge: TraceJudge) -> Iterator[tuple[str, int]]:
    found: Counter[str] = Counter()
    for row in rows:
        example, steps = examples[row["id"]], row["steps"]
        shown = example.shown or []
        judgement = judge.judge(example, shown, steps)
        ending = judgement.ending
        counts = [(number, len(holders)) for step in steps for _, number, holders in judge.counts(step, shown)]
        found["kept: numbers of genes"] += len(counts)
        found["kept: numbers that are wrong"] += sum(number != holders for number, holders in counts)
        found["kept: does not follow, by these rules"] += bool(judgement.problem)
        if ending is not None:
            found["kept: ends in a fact of half of the explained genes, related to the name"] += bool(
                ending.relation and len(ending.genes) >= LEAST_OF_EXPLAINED * len(judgement.explained)
            )
            found["kept: ends in a fact of half of the shown genes"] += 2 * len(ending.genes) >= len(shown)
            found[f"kept: related by {ending.relation or 'nothing'}"] += 1
    yield from sorted(found.items())
    words = [sum(len(step.split()) for step in row["steps"]) for row in rows]
    yield "kept: words, on average", round(sum(words) / len(words)) if words else 0
    yield "kept: words, at most", max(words, default=0)


if __name__ == "__main__":
    run_program(main)
