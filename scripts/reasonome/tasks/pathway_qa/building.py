"""Benchmarks of questions on enrichment tables: whole tissues or studies are held out, and answers are balanced."""

import random
from collections import Counter, defaultdict
from collections.abc import Container, Sequence
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.config.project import Project
from reasonome.core.errors import InputError, nearest
from reasonome.tasks.pathway_qa import files
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast, read_contrasts
from reasonome.tasks.pathway_qa.questions import OTHER_TISSUES, Writer
from reasonome.tasks.pathway_qa.settings import HeldOutPlaces, PathwayBenchmark
from reasonome.tasks.pathway_qa.task import PathwayQA, PathwayQuestion
from reasonome.tasks.pathway_qa.truths import Tables
from reasonome.tasks.verified.questions import LeftOut


def build(task: PathwayQA, project: Project, name: str, folder: Path) -> None:
    """Write the train, valid and test questions of a benchmark, the rows left out and why, and the audit.

    InputError for a bad table, two tables of one contrast, a held-out place that is in no table, and a kind without a
    test question.
    """
    benchmark = project.benchmarks[name]
    contrasts, left_out = read_tables(project, name)
    try:
        splits, counted = split(contrasts, benchmark)
    except InputError as error:
        error.file, error.field = project.root / "benchmarks.yaml", f"{name}.{error.field}"
        raise
    answers = {part: _by_answer(rows) for part, rows in splits.items()}
    audit = {
        "contrasts": [f"{contrast.tissue}, {contrast.study}: {len(contrast.sets)} sets" for contrast in contrasts],
        "sizes": {part: {kind: sum(counts.values()) for kind, counts in answers[part].items()} for part in SPLITS},
        "classes": answers,
        "not_drawn": counted,
        "left_out": dict(Counter(row.reason for row in left_out)),
    }
    rows = {part: [question.model_dump() for question in splits[part]] for part in SPLITS}
    write_splits(folder, rows, audit, pd.DataFrame(left_out, columns=LeftOut._fields))
    print(f"{name}: {', '.join(f'{len(splits[part])} {part}' for part in SPLITS)}, of {len(contrasts)} contrasts")


def read_tables(project: Project, name: str) -> tuple[list[Contrast], list[LeftOut]]:
    """The contrasts of a benchmark's tables, and the rows left out. InputError as of `build`."""
    contrasts: dict[tuple[str, str], Contrast] = {}
    left_out: list[LeftOut] = []
    given = zip(project.benchmarks[name].tables, files.tables(project, name), strict=True)
    for place, (spec, path) in enumerate(given):
        read, bad = read_contrasts(path, spec.tissue, spec.study, spec.columns)
        left_out += [LeftOut(str(path), row.id, row.reason, str(row.line)) for row in bad]
        for contrast in read:
            key = (contrast.tissue, contrast.study)
            if contrasts.setdefault(key, contrast) is not contrast:
                what = f"an earlier table has {contrast.tissue}, study {contrast.study}, too"
                fix = "give each contrast another tissue or study"
                raise InputError(what, file=path, field=f"{name}.tables.{place}", fix=fix)
    return list(contrasts.values()), left_out


def split(
    contrasts: Sequence[Contrast], benchmark: PathwayBenchmark
) -> tuple[dict[str, list[PathwayQuestion]], dict[str, int]]:
    """Part → its questions, by kind and with as many of each answer; and kind → questions that were not drawn.

    A question that depends on a place of test is test or nothing, and one on a place of valid never training. Each
    absent tissue is asked about in one part alone. InputError as of `build`.
    """
    tables = Tables(contrasts, benchmark.significant)
    held_out = benchmark.held_out
    known = {contrast.tissue if held_out.by == "tissue" else contrast.study: None for contrast in contrasts}
    for part in ("test", "valid"):
        for place, name in enumerate(getattr(held_out, part)):
            if name not in known:
                what = f"no table has the {held_out.by} '{name}'"
                raise InputError(what, field=f"held_out.{part}.{place}", fix=nearest(name, known))
    writer = Writer(tables, benchmark)
    splits: dict[str, list[PathwayQuestion]] = {part: [] for part in SPLITS}
    not_drawn: dict[str, int] = {}
    for kind, wanted in benchmark.subsets.items():
        by_part: dict[str, list[PathwayQuestion]] = {part: [] for part in SPLITS}
        for question in writer.of_kind(kind):
            by_part[part_of(question, held_out, tables.tissues)].append(question)
        for part, questions in by_part.items():
            drawn = _balanced(questions, getattr(wanted, part), f"{benchmark.seed}:{kind}:{part}")
            if part != "valid" and not drawn:
                what = f"the tables answer no {part} question of this kind"
                raise InputError(what, field=f"subsets.{kind}", fix="hold out other places, or leave the kind out")
            splits[part] += drawn
            not_drawn[kind] = not_drawn.get(kind, 0) + len(questions) - len(drawn)
    return splits, not_drawn


def part_of(question: PathwayQuestion, held_out: HeldOutPlaces, tissues: Container[str]) -> str:
    """The part that a question may be of; `tissues` are those of the tables."""
    absent = [tissue for _, tissue in question.about if tissue not in tissues]
    if absent:  # in turn, so that no tissue is absent in two parts
        return ("test", "valid", "train", "train")[OTHER_TISSUES.index(absent[0]) % 4]
    for part in ("test", "valid"):
        if not set(question.places).isdisjoint(getattr(held_out, part)):
            return part
    return "train"


def _balanced(questions: Sequence[PathwayQuestion], most: int, seed: str) -> list[PathwayQuestion]:
    """At most `most` questions, drawn at random: as many of each answer; of each count at most its share.

    Correlations are all drawn alike.
    """
    by_answer: dict[str, list[PathwayQuestion]] = defaultdict(list)
    for question in questions:
        by_answer["" if question.tolerance else question.answer].append(question)
    if not by_answer:
        return []
    each = most // len(by_answer)
    if not all(answer.isdecimal() for answer in by_answer):
        each = min(each, *map(len, by_answer.values()))
    drawn = []
    for answer, rows in sorted(by_answer.items()):
        drawn += random.Random(f"{seed}:{answer}").sample(rows, min(each, len(rows)))
    return sorted(drawn, key=lambda question: question.id)


def _by_answer(questions: Sequence[PathwayQuestion]) -> dict[str, dict[str, int]]:
    """Kind → answer → number of questions; the numbers of a correlation are not told apart."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        counts[question.subset]["a number" if question.tolerance else question.answer] += 1
    return {kind: dict(sorted(answers.items())) for kind, answers in counts.items()}
