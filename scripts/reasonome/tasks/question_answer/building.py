"""Benchmarks of verified answers: questions of tables, split so that no two splits have a group in common."""

import random
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from fractions import Fraction
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.config.styles import count_tokens
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.facts.files.plain_table import read_table
from reasonome.facts.text import one_line
from reasonome.task_parts import BenchmarkJob, Building, BuildingJob, Prompting, Splits
from reasonome.tasks.question_answer.dialogue import Question, VerifiedDialogue
from reasonome.tasks.question_answer.settings import VerifiedBenchmark, VerifiedFiles, VerifiedStyle

_SHOWN = 5  # classes that a line of the log names
_SHOWN_REASONS = 3


class LeftOut(NamedTuple):
    """A row of a table that is in no split, why, and the lines of the table that say so."""

    subset: str
    id: str
    reason: str
    lines: str = ""


def show_left_out(name: str, left_out: Iterable[LeftOut]) -> None:
    """Print how many rows of each subset of a benchmark are left out, and the commonest reasons."""
    of_subsets: dict[str, Counter[str]] = defaultdict(Counter)
    for row in left_out:
        of_subsets[row.subset][row.reason] += 1
    for subset, reasons in of_subsets.items():
        shown = [f"{reason} ({count:,})" for reason, count in reasons.most_common(_SHOWN_REASONS)]
        more = "; …" if len(reasons) > _SHOWN_REASONS else ""
        show(f"{name}: {reasons.total():,} left out of '{subset}': {'; '.join(shown)}{more} (left_out.tsv)")


def _read(
    task: VerifiedDialogue, benchmark: VerifiedBenchmark, subset: str, path: Path, seen: dict[tuple[str, ...], str]
) -> list[Question]:
    """The questions of a table; `seen` has the ids and questions of the tables before, and where they stand."""
    names = benchmark.subsets[subset].columns
    wanted = VerifiedFiles(task).keys(benchmark, benchmark.subsets[subset])
    table = read_table(path, [names.get(key, key) for key in wanted], texts=True)
    places = {key: table.place(names.get(key, key), field=f"subsets.{subset}.columns") for key in wanted}
    questions: list[Question] = []
    for line, cells in table.rows:
        row = {key: cells[place].strip() for key, place in places.items()}
        for key in wanted:
            if not row[key]:
                raise InputError("the cell is empty", file=path, line=line, field=places[key])
        columns = {column: row[column] for column in task.columns}
        for twin in (("id", row["id"]), ("question", *columns.values())):
            place = f"{path}:{line}"
            if (first := seen.setdefault(twin, place)) != place:
                what = f"the {twin[0]} '{' '.join(twin[1:])}' stands in {first} already"
                raise InputError(what, file=path, line=line, field=places["id"], fix="keep one row for each question")
        group = row[benchmark.group] if benchmark.group else row["id"]
        answer = one_line(row["answer"])
        question = Question(id=row["id"], subset=subset, columns=columns, answer=answer, group=group)
        if task.verified(task.parse(f"<answer>{answer}</answer>"), question) != 1:
            what = f"'{question.answer}' is not right by the task's own `verify`"
            raise InputError(what, file=path, line=line, field=places["answer"], fix="mend the table, or `verify`")
        task.check_kind(question)
        questions.append(question)
    return questions


Kinds = Counter[tuple[str, str]]  # (subset, kind) → how many questions


class VerifiedBuilding(Building[VerifiedDialogue]):
    """Benchmarks whose questions come from tables; a subclass may read them from elsewhere."""

    def build(self, job: BuildingJob[VerifiedBenchmark]) -> None:
        """Write the train, valid and test questions of a benchmark, what was left out and why, and the audit.

        InputError as of `read`, for too few groups, and for a class without a training question where every split must
        have each.
        """
        name = job.name
        held_out: dict[str, set[tuple[str, ...]]] = {}
        for other, built in job.left_out.items():
            held_out[other] = {key for question in built.rows("valid", "test") for key in leaking_keys(question)}
        questions, left_out = self.read(job)
        splits, not_drawn = split(questions, job.benchmark, self.task, held_out)
        splits = self.task.with_training_answers(splits)
        classes = _classes(questions, self.task)
        if self.task.every_kind:
            _check_trained(splits["train"], classes, self.task)
        left_out += not_drawn
        sizes = {part: dict(sorted(Counter(question.subset for question in splits[part]).items())) for part in SPLITS}
        groups = len({question.group for question in questions})
        reasons = dict(Counter(row.reason for row in left_out))
        largest = max(Counter(question.group for question in questions).values())
        kinds = {part: _by_kind(rows, classes, self.task) for part, rows in splits.items()} if classes else {}
        audit = {"questions": len(questions), "groups": groups, "largest_group": largest, "sizes": sizes}
        lacking = _lacking(splits, classes, self.task)
        audit |= ({"classes": kinds} if kinds else {}) | ({"lacking": lacking} if lacking else {})
        audit |= {"left_out": reasons}
        rows = {part: [question.model_dump() for question in splits[part]] for part in SPLITS}
        write_splits(job.folder, rows, audit, pd.DataFrame(left_out, columns=LeftOut._fields))
        print(f"{name}: {', '.join(f'{len(splits[part])} {part}' for part in SPLITS)}, in {groups} groups")
        show_left_out(name, left_out)
        for part, of_part in lacking.items():
            for subset, lacks in of_part.items():
                shown = ", ".join(lacks[:_SHOWN]) + ("…" if len(lacks) > _SHOWN else "")
                all_of = sum(key[0] == subset for key in classes)
                print(f"{name}: {part} has no question of {len(lacks)} of the {all_of} classes of '{subset}': {shown}")

    def read(self, job: BuildingJob[VerifiedBenchmark]) -> tuple[list[Question], list[LeftOut]]:
        """The questions of a benchmark's tables, and the rows left out, of which there are none.

        InputError for a missing column, an empty cell, a repeated id or question, an answer that `verify` does not
        accept, and a question for which `kind` fails.
        """
        seen: dict[tuple[str, ...], str] = {}
        tables = job.files["tables"].items()
        return [row for subset, path in tables for row in _read(self.task, job.benchmark, subset, path, seen)], []


def _classes(questions: Sequence[Question], task: VerifiedDialogue) -> set[tuple[str, str]]:
    """(subset, kind) of the kinds that are classes: all where every split must have each, else those of several
    questions."""
    counts = Counter((question.subset, task.kind(question)) for question in questions)
    if task.every_kind:
        return set(counts) if any(kind for _, kind in counts) else set()
    return {key for key, count in counts.items() if count > 1}


def _check_trained(training: Sequence[Question], classes: Collection[tuple[str, str]], task: VerifiedDialogue) -> None:
    """InputError for a class that no training question has."""
    if missing := sorted({*classes} - {(question.subset, task.kind(question)) for question in training}):
        subset, kind = missing[0]
        what = f"no question of the class '{kind}' is left to train on"
        fix = "hold out fewer, or let `train` be more: questions of one group are held out together"
        raise InputError(what, field=f"subsets.{subset}", fix=fix)


def _by_kind(
    questions: Sequence[Question], classes: Collection[tuple[str, str]], task: VerifiedDialogue
) -> dict[str, dict[str, int]]:
    """Subset → class → how many questions it has."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        if (question.subset, task.kind(question)) in classes:
            counts[question.subset][task.kind(question)] += 1
    return {subset: dict(sorted(kinds.items())) for subset, kinds in sorted(counts.items())}


def _lacking(
    splits: Splits, classes: Collection[tuple[str, str]], task: VerifiedDialogue
) -> dict[str, dict[str, list[str]]]:
    """Split → subset → the classes of which it has no question; of a subset of which it has any."""
    lacking: dict[str, dict[str, list[str]]] = defaultdict(dict)
    for part in SPLITS:
        there = {(question.subset, task.kind(question)) for question in splits[part]}
        for subset in sorted({subset for subset, _ in there}):
            if lacks := sorted(kind for of, kind in {*classes} - there if of == subset):
                lacking[part][subset] = lacks
    return dict(lacking)


def leaking_keys(question: Question) -> set[tuple[str, ...]]:
    """Keys that a training question may not share with a held-out one: its group, and its columns."""
    return {("group", question.group), ("question", *question.columns.values())}


def split(
    questions: Sequence[Question],
    benchmark: VerifiedBenchmark,
    task: VerifiedDialogue,
    held_out: Mapping[str, Collection[tuple[str, ...]]] = MappingProxyType({}),
) -> tuple[Splits, list[LeftOut]]:
    """Train, valid and test of whole groups; and the questions of none.

    Those of no part leak into another benchmark, whose keys `held_out` has, or exceed a subset's `train` or balance.
    InputError where the groups that may be held out have too few questions of a subset or a class.
    """
    groups: dict[str, list[Question]] = defaultdict(list)
    for question in questions:
        groups[question.group].append(question)
    drawn = (
        _largest_first(groups, benchmark)
        if benchmark.groups == "largest first"
        else _at_random(groups, benchmark, task)
    )
    splits: Splits = {
        part: [question for group in names for question in groups[group]] for part, names in drawn.items()
    }
    left_out: list[LeftOut] = []
    for other, keys in held_out.items():
        leaking = [question for question in splits["train"] if not leaking_keys(question).isdisjoint(keys)]
        left_out += [LeftOut(question.subset, question.id, f"leaks into {other}") for question in leaking]
        ids = {question.id for question in leaking}
        splits["train"] = [question for question in splits["train"] if question.id not in ids]
    for subset, spec in benchmark.subsets.items():
        kinds = {task.kind(question) for question in questions if question.subset == subset}
        for part, rows in splits.items():
            most = spec.train if part == "train" else None
            splits[part], beyond = _drawn(rows, subset, most, kinds if spec.balanced else None, task, benchmark.seed)
            why = "classes are balanced" if spec.balanced else f"train is {most}"
            left_out += [LeftOut(subset, question.id, f"not drawn: {why}") for question in beyond]
    return splits, left_out


def _at_random(
    groups: Mapping[str, Sequence[Question]], benchmark: VerifiedBenchmark, task: VerifiedDialogue
) -> dict[str, list[str]]:
    """The groups of each part, in an order drawn at random: test first, then valid, and the others in training.

    A group larger than `largest_group` stays in training. One with more questions of a subset than the part is asked
    for is held out only where smaller ones do not suffice.
    """
    order = sorted(groups)
    random.Random(f"{benchmark.seed}:groups").shuffle(order)
    kinds = {group: Counter((row.subset, task.kind(row)) for row in rows) for group, rows in groups.items()}
    every_kind = {name: task.every_kind or subset.balanced for name, subset in benchmark.subsets.items()}
    most = benchmark.largest_group or max(map(len, groups.values()))
    drawn: dict[str, list[str]] = {}
    for part in ("test", "valid"):
        small = [group for group in order if len(groups[group]) <= most]
        small.sort(key=lambda group, part=part: _is_large(groups[group], benchmark, part))
        needed = Counter()
        for subset in benchmark.subsets:
            sharing = groups if every_kind[subset] else small
            counts = _of_subset(subset, (kinds[group] for group in sharing))
            needed.update(_needed(counts, benchmark, subset, part, task))
        short = {name: getattr(subset, part) for name, subset in benchmark.subsets.items()}
        drawn[part] = _taken({group: kinds[group] for group in small}, needed, short, every_kind)
        for (subset, kind), missing in needed.items():
            if missing > 0 and (every_kind[subset] or not kind):
                in_large = _of_subset(subset, (kinds[group] for group in order if len(groups[group]) > most))
                left = in_large[subset, kind] if kind else sum(in_large.values())
                which = f" {'of the class' if task.every_kind else 'with the answer'} '{kind}'" if kind else ""
                larger = f"; {left} are in groups that are too large" if left else ""
                raise InputError(
                    f"subset '{subset}' has {missing} questions{which} too few to hold out as many as are asked for"
                    f"{larger}",
                    field=f"subsets.{subset}.{part}",
                    fix="ask for fewer, or add rows: questions of one group are held out together"
                    + (", and `largest_group` says how large it may be" if larger else ""),
                )
        held_out = set(drawn[part])
        order = [group for group in order if group not in held_out]
    return drawn | {"train": order}


def _of_subset(subset: str, counts: Iterable[Kinds]) -> Kinds:
    """The sum of counts of a subset's kinds, in the order in which they come first."""
    total: Kinds = Counter()
    for count in counts:
        total.update({key: n for key, n in count.items() if key[0] == subset})
    return total


def _taken(
    groups: Mapping[str, Kinds], needed: Kinds, short: dict[str, int], every_kind: Mapping[str, bool]
) -> list[str]:
    """Groups, in their order, until no more questions are `needed`; these and `short` are what then remains.

    `short` is how many questions of each subset are asked for. Where every kind must be there, groups are taken until
    each has enough. Elsewhere those come first that exceed no kind; others follow until the subset has enough and lacks
    no kind that it could have.
    """
    wanted = dict(needed)

    def wants(key: tuple[str, str]) -> bool:
        return needed[key] > 0 and (every_kind[key[0]] or short[key[0]] > 0 or needed[key] == wanted[key])

    taken: dict[str, None] = {}
    for exceeding in [True] if all(every_kind.values()) else [False, True]:
        for group, kinds in groups.items():
            if group in taken:
                continue
            if any(map(wants, kinds)) if exceeding else all(needed[key] >= n for key, n in kinds.items()):
                taken[group] = None
                needed.subtract(kinds)
                for (subset, _), n in kinds.items():
                    short[subset] -= n
    return list(taken)


def _is_large(group: Sequence[Question], benchmark: VerifiedBenchmark, part: str) -> bool:
    """Whether one group alone has more questions of a subset than a part needs."""
    counts = Counter(question.subset for question in group)
    return any(count > getattr(benchmark.subsets[subset], part) for subset, count in counts.items())


def _needed(
    kinds: Kinds, benchmark: VerifiedBenchmark, subset: str, part: str, task: VerifiedDialogue
) -> dict[tuple[str, str], int]:
    """How many questions of each kind of a subset to hold out: by their shares; in balanced subsets as many of each.

    Shares are rounded up where every kind must be there. Elsewhere those with the largest remainders are, of equal ones
    the first, so that they sum to what is asked for. What is missing for that has no kind.
    """
    spec, total = benchmark.subsets[subset], sum(kinds.values())
    asked = getattr(spec, part)
    if not kinds:
        return {(subset, ""): asked}
    if spec.balanced:
        return {key: ceil(Fraction(asked, len(kinds))) for key in kinds}
    if task.every_kind:
        return {key: ceil(Fraction(asked * count, total)) for key, count in kinds.items()}
    held_out = min(asked, total)
    needed = {key: held_out * count // total for key, count in kinds.items()}
    largest = sorted(kinds, key=lambda key: held_out * kinds[key] % total, reverse=True)
    rounded_up = largest[: held_out - sum(needed.values())]
    return needed | {key: needed[key] + 1 for key in rounded_up} | {(subset, ""): asked - held_out}


def _largest_first(groups: Mapping[str, Sequence[Question]], benchmark: VerifiedBenchmark) -> dict[str, list[str]]:
    """The groups of each part as DeepChem's scaffold splitter has them: the largest into training, the next into valid.

    A group goes where it still fits, and into test where it fits nowhere; of equal ones the one that comes last goes
    first. InputError for a part that gets none.
    """
    held_out = {part: sum(getattr(spec, part) for spec in benchmark.subsets.values()) for part in ("valid", "test")}
    limits = {"valid": sum(map(len, groups.values())) - held_out["test"]}
    limits["train"] = limits["valid"] - held_out["valid"]
    drawn: dict[str, list[str]] = {part: [] for part in SPLITS}
    sizes = Counter()
    places = {group: place for place, group in enumerate(groups)}
    for group in sorted(groups, key=lambda group: (len(groups[group]), places[group]), reverse=True):
        size = len(groups[group])
        if sizes["train"] + size <= limits["train"]:
            part = "train"
        else:
            part = "valid" if sizes["train"] + sizes["valid"] + size <= limits["valid"] else "test"
        sizes[part] += size
        drawn[part].append(group)
    for part, wanted in held_out.items():
        if wanted and not drawn[part]:
            what = f"no group is left for the {part} questions"
            fix = "hold out another number of questions, or leave `groups` out"
            raise InputError(what, field=f"subsets.{next(iter(benchmark.subsets))}.{part}", fix=fix)
    return drawn


def _drawn(
    rows: Sequence[Question],
    subset: str,
    most: int | None,
    balanced: Collection[str] | None,
    task: VerifiedDialogue,
    seed: int,
) -> tuple[list[Question], list[Question]]:
    """The rows of a split with at most `most` of a subset, as many of each `balanced` kind; and the others.

    They are drawn at random by the seed; where every kind must be there, one of each comes first.
    """
    by_kind: dict[str, list[Question]] = {kind: [] for kind in sorted(balanced or [""])}
    for question in rows:
        if question.subset == subset:
            by_kind[task.kind(question) if balanced else ""].append(question)
    kept = min(map(len, by_kind.values()))
    if most is not None:
        kept = min(kept, most // len(by_kind))
    for kind, of_kind in by_kind.items():
        random.Random(f"{seed}:{subset}:{kind}").shuffle(of_kind)
        if task.every_kind:
            first = {task.kind(question): question.id for question in reversed(of_kind)}
            of_kind.sort(key=lambda question, first=first: first[task.kind(question)] != question.id)
    beyond = {question.id for of_kind in by_kind.values() for question in of_kind[kept:]}
    return [q for q in rows if q.id not in beyond], [q for q in rows if q.id in beyond]


class VerifiedPrompting(Prompting[VerifiedDialogue]):
    """What prompts show must fit into the budget of their style."""

    def with_material(self, job: BenchmarkJob[VerifiedBenchmark, VerifiedStyle], splits: Splits) -> Splits:
        """The splits as they are. InputError for a question whose shown columns exceed the budget."""
        [budget] = job.style.budgets()
        for rows in splits.values():
            for row in rows:
                shown = [text for column, text in row.columns.items() if f"{{{column}}}" in job.style.user]
                if (tokens := sum(count_tokens(shown))) > budget:
                    raise InputError(
                        f"question '{row.id}' has {tokens} tokens, more than the {budget} of its style",
                        file=job.further,
                        field="budget_tokens",
                        fix="raise it, or shorten the question",
                    )
        return splits
