"""Preferences: pairs of answers to training questions, of which one is better."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from random import Random
from types import MappingProxyType

from reasonome.benchmarks.rows import Row
from reasonome.config import Style
from reasonome.config.preferences import KINDS
from reasonome.core.atomic import Json
from reasonome.core.errors import InputError
from reasonome.facts.files.plain_table import read_table
from reasonome.task import Task
from reasonome.teaching.samples import ROUNDING, Rewarded, earnings

TABLE_COLUMNS = ("id", "chosen", "rejected")


@dataclass(frozen=True)
class Pair:
    """Two answers to the question `id`; `kind` says what makes the chosen one better.

    `reasoned` says of the chosen and of the rejected one whether it has reasoning.
    """

    id: str
    subset: str
    kind: str
    messages: list[dict[str, str]]
    chosen: str
    rejected: str
    reasoned: tuple[bool, bool]


def tier_pairs(
    task: Task, style: Style, examples: Sequence[Row], proposals: Mapping[str, Mapping[str, Json]], seed: int
) -> tuple[list[Pair], Counter]:
    """Six pairs for each question with a teacher's reasoning, and how many questions have none, by reason.

    A wrong answer stands in the place of the right one, so that answers with and without reasoning differ from their
    right counterparts in nothing else.
    """
    pairs, left_out = [], Counter()
    for example in examples:
        if example.id not in proposals:
            left_out["without_reasoning"] += 1
            continue
        answers, reason = _tiers(task, style, example, proposals[example.id], examples, seed)
        if reason:
            left_out[reason] += 1
            continue
        pairs += [
            _pair(task, style, example, kind, chosen, rejected)
            for kind, (chosen, rejected) in zip(KINDS, combinations(answers, 2), strict=True)
        ]
    return pairs, left_out


def _pair(task: Task, style: Style, example: Row, kind: str, chosen: str, rejected: str) -> Pair:
    chosen_reasons, rejected_reasons = (bool(task.parse(text, style).steps) for text in (chosen, rejected))
    messages = task.prompt(example, style).messages
    return Pair(example.id, example.subset, kind, messages, chosen, rejected, (chosen_reasons, rejected_reasons))


def _tiers(
    task: Task, style: Style, example: Row, proposal: Mapping[str, Json], others: Sequence[Row], seed: int
) -> tuple[list[str], str]:
    """The four answers, best first; or none, and why."""
    prompt = task.prompt(example, style)
    reasoned, bare = (task.completion(example, prompt, style, given) for given in (proposal, None))
    if reasoned is None or bare is None:
        return [], "without_completion"
    if reasoned == bare:
        return [], "no_room_for_reasoning"
    if task.parse(bare, style).steps:
        return [], "never_without_reasoning"
    answer = task.wrong(example, prompt, others, Random(f"{seed}:{example.id}"))
    if answer is None:
        return [], "no_wrong_answer"
    right, wrong = [reasoned, bare], []
    for text in right:
        span = task.name_span(text, style)
        if span is None:
            return [], "without_completion"
        wrong.append(text[: span[0]] + answer + text[span[1] :])
    if not all(task.right(task.parse(text, style), example) for text in right):
        return [], "teacher_not_right"
    if any(task.right(task.parse(text, style), example) for text in wrong):
        return [], "no_wrong_answer"
    return [*right, *wrong], ""


def sample_pairs(
    task: Task,
    style: Style,
    examples: Sequence[Row],
    samples: Mapping[str, Sequence[str]],
    rewarded: Rewarded,
    margin: float,
) -> tuple[list[Pair], Counter]:
    """The best and the worst sample of each question, and how many questions have no pair, by reason.

    `samples` are a model's finished texts by the id of the question. Of samples that earn alike the first counts.
    """
    asked = [example for example in examples if len(samples.get(example.id, ())) > 1]
    left_out = Counter(
        not_asked=sum(example.id not in samples for example in examples),
        fewer_than_two_finished=sum(example.id in samples and len(samples[example.id]) < 2 for example in examples),
    )
    pairs = []
    for example, rewards in zip(asked, earnings(task, style, asked, samples, rewarded), strict=True):
        best, worst = rewards.index(max(rewards)), rewards.index(min(rewards))
        if rewards[best] - rewards[worst] < margin - ROUNDING:
            left_out["alike"] += 1
            continue
        chosen, rejected = samples[example.id][best], samples[example.id][worst]
        pairs.append(_pair(task, style, example, "samples", chosen, rejected))
    return pairs, +left_out


def table_pairs(task: Task, style: Style, examples: Sequence[Row], path: Path) -> list[Pair]:
    """The pairs of a user's table with the columns id, chosen and rejected; answers are whole completions.

    InputError with the line of an id that is not in the training split, of a pair whose answers are empty or alike, of
    a better answer that cannot be read in the style, and of a pair that another row has, as it is or the other way
    round.
    """
    table = read_table(path, TABLE_COLUMNS, texts=True)
    if missing := [column for column in TABLE_COLUMNS if column not in table.columns]:
        what = f"there is no column {' or '.join(missing)}: the columns are {', '.join(map(repr, table.columns))}"
        raise table.header_error(what, fix=f"call them {', '.join(TABLE_COLUMNS)}")
    columns = [table.cells(table.place(column)) for column in TABLE_COLUMNS]
    by_id = {example.id: example for example in examples}
    pairs, line_by_pair = [], {}
    for line, identifier, chosen, rejected in zip(table.lines, *columns, strict=True):
        where = {"file": path, "line": line}
        if identifier not in by_id:
            what = f"'{identifier}' is no question of the training split"
            fix = f"take ids of training questions, such as '{min(by_id)}'; valid and test questions are not trained on"
            raise InputError(what, **where, field="id", fix=fix)
        for field, answer in (("chosen", chosen), ("rejected", rejected)):
            if not answer.strip():
                raise InputError("there is no answer", **where, field=field, fix="write it, or leave the row out")
        if chosen.split() == rejected.split():
            fix = "leave the row out: it says nothing"
            raise InputError("both answers are alike", **where, field="rejected", fix=fix)
        if task.name_span(chosen, style) is None:
            fix = "write a whole completion in the form that the style asks for"
            raise InputError("no answer can be read in it", **where, field="chosen", fix=fix)
        for answers, order in (((chosen, rejected), ""), ((rejected, chosen), " the other way round")):
            if (identifier, *answers) in line_by_pair:
                what = f"line {line_by_pair[identifier, *answers]} has this pair{order}"
                raise InputError(what, **where, field="chosen", fix="leave one of the two out")
        line_by_pair[identifier, chosen, rejected] = line
        pairs.append(_pair(task, style, by_id[identifier], "table", chosen, rejected))
    return pairs


def parted(
    pairs: Iterable[Pair], held_out: int, seed: int, left_out: Mapping[str, int] = MappingProxyType({})
) -> tuple[list[Pair], list[Pair]]:
    """The pairs to train on, and those of `held_out` questions drawn at random.

    InputError where no question is left to train on; `left_out` counts those without pairs by reason.
    """
    pairs = list(pairs)
    questions = sorted({pair.id for pair in pairs})
    if len(questions) <= held_out:
        what, alike = f"{len(questions)} questions have pairs, and {held_out} are held out", left_out.get("alike", 0)
        if len(questions) + alike > held_out:
            what += f": of {alike} others the best sample earns less than the margin above the worst"
            fix = "lower the margin, draw more samples or hotter ones, or take rewards that tell answers apart"
            raise InputError(what, field="margin", fix=fix)
        raise InputError(what, field="held_out", fix="hold out fewer, or see why the others have no pairs")
    drawn = set(Random(seed).sample(questions, held_out))
    return [p for p in pairs if p.id not in drawn], [p for p in pairs if p.id in drawn]


def drawn_by_kind(pairs: Iterable[Pair], shares: Mapping[str, float], seed: int) -> list[Pair]:
    """The pairs, of each kind in `shares` only that share, drawn at random; the order stays."""
    pairs = list(pairs)
    left_out = set()
    for kind, share in shares.items():
        questions = sorted(pair.id for pair in pairs if pair.kind == kind)
        kept = Random(f"{seed}:{kind}").sample(questions, round(share * len(questions)))
        left_out |= {(kind, question) for question in set(questions) - set(kept)}
    return [pair for pair in pairs if (pair.kind, pair.id) not in left_out]
