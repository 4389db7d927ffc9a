"""Benchmarks of questions on enrichment tables: whole tissues or studies are held out, and answers are balanced."""

import random
from collections import Counter, defaultdict
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.core import atomic
from reasonome.core.errors import InputError, nearest
from reasonome.task_parts import Building, BuildingJob
from reasonome.tasks.pathway_qa.dialogue import PathwayDialogue, PathwayQuestion
from reasonome.tasks.pathway_qa.enrichment_tables import Contrast, Tables, folded, read_contrasts
from reasonome.tasks.pathway_qa.questions import OTHER_TISSUES, Writer
from reasonome.tasks.pathway_qa.settings import HeldOutPlaces, PathwayBenchmark
from reasonome.tasks.question_answer.building import LeftOut, show_left_out


class PathwayBuilding(Building[PathwayDialogue]):
    """Whole tissues or studies are held out, and answers are balanced."""

    def build(self, job: BuildingJob[PathwayBenchmark]) -> None:
        """Write the train, valid and test questions of a benchmark, how many there are of each kind and answer, the
        rows left out and why, and the audit.

        InputError for a bad table, a set that two tables of one contrast have, places that differ in case or blanks
        alone, a held-out place that is in no table, and a kind without a test question.
        """
        contrasts, left_out = read_tables(job.name, job.benchmark)
        splits, counted = split(contrasts, job.benchmark)
        answers = {part: by_answer(rows) for part, rows in splits.items()}
        audit = {
            "contrasts": [f"{contrast.tissue}, {contrast.study}: {len(contrast.sets)} sets" for contrast in contrasts],
            "sizes": {part: {kind: sum(counts.values()) for kind, counts in answers[part].items()} for part in SPLITS},
            "classes": answers,
            "not_drawn": counted,
            "left_out": dict(Counter(row.reason for row in left_out)),
        }
        rows = {part: [question.model_dump() for question in splits[part]] for part in SPLITS}
        atomic.write_tsv(job.folder / "counts.tsv", counts_table(answers))
        write_splits(job.folder, rows, audit, pd.DataFrame(left_out, columns=LeftOut._fields))
        sizes = ", ".join(f"{len(splits[part])} {part}" for part in SPLITS)
        print(f"{job.name}: {sizes}, of {len(contrasts)} contrasts")
        show_left_out(job.name, left_out)


def read_tables(name: str, benchmark: PathwayBenchmark) -> tuple[list[Contrast], list[LeftOut]]:
    """The contrasts of the tables of the benchmark `name`, and the rows left out.

    Tables of one contrast, such as the two reports of GSEA desktop, are put together. InputError as of `build`.
    """
    left_out: list[LeftOut] = []
    contrasts: dict[tuple[str, str], Contrast] = {}
    for place, spec in enumerate(benchmark.tables):
        path = Path(spec.path)
        read, bad = read_contrasts(path, spec.tissue, spec.study, {**spec.columns}, benchmark.significant)
        left_out += [LeftOut(str(path), row.id, row.reason, str(row.line)) for row in bad]
        for contrast in read:
            key = (contrast.tissue, contrast.study)
            earlier = contrasts.setdefault(key, contrast)
            if earlier is not contrast:
                _put_together(earlier, contrast, path, f"{name}.tables.{place}")
    return list(contrasts.values()), left_out


def _put_together(earlier: Contrast, later: Contrast, path: Path, field: str) -> None:
    """Add the sets of a later table to the contrast that an earlier one has; InputError where both have a set."""
    both = next((identifier for identifier in later.sets if identifier in earlier.sets), None)
    if both is not None or earlier.signed != later.signed:
        has = f"'{both}' in" if both is not None else "other scores for"
        what = f"an earlier table has {has} {later.study} of {later.tissue}, too"
        raise InputError(what, file=path, field=field, fix="give each contrast another tissue or study")
    earlier.sets.update(later.sets)


def _check_spelling(contrasts: Sequence[Contrast]) -> None:
    """InputError for tissues, or studies, that differ in case or blanks alone: one would leak into the other."""
    for kind in ("tissue", "study"):
        spelt: dict[str, str] = {}
        for contrast in contrasts:
            place = getattr(contrast, kind)
            if (first := spelt.setdefault(folded(place), place)) != place:
                what = f"the {kind} '{first}' is '{place}' elsewhere in the tables"
                fix = "write it alike in all tables: it would be held out under one name alone"
                raise InputError(what, field="tables", fix=fix)


def split(
    contrasts: Sequence[Contrast], benchmark: PathwayBenchmark
) -> tuple[dict[str, list[PathwayQuestion]], dict[str, int]]:
    """Part → its questions, by kind and with as many of each answer; and kind → questions that were not drawn.

    A question that depends on a place of test is test or nothing, and one on a place of valid never training. Each
    absent tissue is asked about in one part alone. InputError as of `build`.
    """
    held_out = benchmark.held_out
    _check_spelling(contrasts)
    known = {contrast.tissue if held_out.by == "tissue" else contrast.study: None for contrast in contrasts}
    for part in ("test", "valid"):
        for place, name in enumerate(getattr(held_out, part)):
            if name not in known:
                what = f"no table has the {held_out.by} '{name}'"
                raise InputError(what, field=f"held_out.{part}.{place}", fix=nearest(name, known))
    writer = Writer(Tables(contrasts, benchmark.significant), benchmark)
    tissues = {contrast.tissue for contrast in contrasts}
    hidden = {"train": [*held_out.test, *held_out.valid], "valid": held_out.test, "test": []}
    splits: dict[str, list[PathwayQuestion]] = {part: [] for part in SPLITS}
    not_drawn: dict[str, int] = {}
    for kind, wanted in benchmark.subsets.items():
        by_part: dict[str, list[PathwayQuestion]] = {part: [] for part in SPLITS}
        for question in writer.of_kind(kind):
            by_part[part_of(question, held_out, tissues)].append(question)
        for part, questions in by_part.items():
            drawn = _balanced(questions, getattr(wanted, part), f"{benchmark.seed}:{kind}:{part}")
            if part != "valid" and not drawn:
                what = f"the tables answer no {part} question of this kind"
                raise InputError(what, field=f"subsets.{kind}", fix="hold out other places, or leave the kind out")
            splits[part] += [writer.with_studies(question, hidden[part]) for question in drawn]
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
    """At most `most` questions, drawn at random: as many of each answer to each template; of each count at most its
    share.

    Correlations are all drawn alike.
    """
    by_answer: dict[tuple[str, str], list[PathwayQuestion]] = defaultdict(list)
    for question in questions:
        by_answer[question.asks, "" if question.tolerance else question.answer].append(question)
    if not by_answer:
        return []
    each = most // len(by_answer)
    if not all(answer.isdecimal() for _, answer in by_answer):
        each = min(each, *map(len, by_answer.values()))
    drawn = []
    for (asks, answer), rows in sorted(by_answer.items()):
        drawn += random.Random(f"{seed}:{asks}:{answer}").sample(rows, min(each, len(rows)))
    return sorted(drawn, key=lambda question: question.id)


ByAnswer = Mapping[str, Mapping[str, int]]  # kind → answer → number of questions


def by_answer(questions: Sequence[PathwayQuestion]) -> ByAnswer:
    """The number of questions of each kind and answer; the numbers of a correlation are not told apart."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        counts[question.subset]["a number" if question.tolerance else question.answer] += 1
    return {kind: dict(sorted(answers.items())) for kind, answers in counts.items()}


def counts_table(parts: Mapping[str, ByAnswer]) -> pd.DataFrame:
    """A row for each kind and answer, with its number of questions in each part."""
    pairs = {(kind, answer): None for part in SPLITS for kind, counts in parts[part].items() for answer in counts}
    rows = [
        {"kind": kind, "answer": answer} | {part: parts[part].get(kind, {}).get(answer, 0) for part in SPLITS}
        for kind, answer in pairs
    ]
    return pd.DataFrame(rows, columns=["kind", "answer", *SPLITS])
