"""Scores of any table with an answer and the truth in every row, without a project or a benchmark.

from reasonome.scoring.answer_tables import score_table
scored = score_table("answers.csv", {"answer": "model_output", "gold": "term"}, TASK)
print(scored.metrics["rouge_l"].value, scored.baselines["best_constant"].metrics["rouge_l"].value)
"""

import os
import random
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm import tqdm

from reasonome.answering.wrapping import KINDS, told
from reasonome.benchmarks.rows import shuffled
from reasonome.core.errors import InputError, nearest
from reasonome.facts.files.missing_value import MISSING
from reasonome.facts.files.plain_table import PlainTable, check_fields, counted_lines, frame_table, read_table
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.hgnc import read_genes
from reasonome.facts.text import distinct_share
from reasonome.scoring.answers import problem_counts
from reasonome.scoring.comparisons import MEAN
from reasonome.scoring.table_scores import Score, Scored, ScoredBaseline, few_clusters, intervals
from reasonome.task import Task
from reasonome.task_parts import TableBaseline, Tables

if TYPE_CHECKING:
    from reasonome.scoring.encoders import SentenceEncoder

# These may be empty: an id only says which rows answer the same question.
_OF_THE_ANSWER = {"answer", "confidence"}
_MAY_BE_EMPTY = {"id", "candidates", *_OF_THE_ANSWER}
_MISSING_TRUTH = MISSING - {"none"}  # which may be a class
_ROWS_AT_ONCE = 20_000


def score_table(
    answers: str | os.PathLike | pd.DataFrame,
    columns: Mapping[str, str],
    task: Task,
    encoders: Mapping[str, "SentenceEncoder"] | None = None,
    background: str | os.PathLike | None = None,
    seed: int = 0,
    track: str | None = None,
    genes: str | os.PathLike | GeneTable | None = None,
) -> Scored:
    """Score a file (CSV, TSV, JSON lines; plain or gzipped) or a DataFrame of answers, beside baselines.

    `columns` maps `answer` and `gold`, and perhaps `id` and `genes`, to columns of the table. `encoders` are
    SentenceEncoders by name; without any there is no similarity. `background` is a table of results/backgrounds/ and
    needs the column `genes`. Intervals are of 95 %, over rows; with `genes`, rows whose sets are
    near duplicates (docs/evaluation.md) are one cluster.
    Rows that repeat an id count once if alike, else the first counts. An empty answer is wrong.
    A task whose answers are ranked lists has `candidates` in place of `genes`, and two tracks (docs/scoring.md):
    `strict`, the default, and `as-published`, in which every row counts. The argument `genes`, HGNC's complete set or
    a GeneTable, gives aliases to the strict track. Rows of ranked lists with one right gene are one cluster, and there
    are standard errors and means over genes. A row with an empty id is a question of its own; one without candidates
    ranks all genes.
    InputError, with file, line and column, for an unknown column, a table that cannot be read, an empty cell of
    `gold` or `genes`, and one id with two truths.
    """
    part = _in_track(task.tables, track, genes)
    check_fields(columns, ("answer", "gold"), part.optional, task.name)
    if not part.compares_texts and (encoders or background is not None):
        field = "background" if background is not None else "encoders"
        raise InputError(f"answers to {task.name} are not compared as texts", field=field, fix=f"leave {field} out")
    if background is not None and "genes" not in columns:
        fix = "add genes=COLUMN: an answer's genes are compared with those of the set"
        raise InputError("a background is of use only beside genes", field="genes", fix=fix)
    is_frame = isinstance(answers, pd.DataFrame)
    table = frame_table(answers) if is_frame else read_table(answers, columns.values(), texts=True)
    frame, problems, notes = _rows(table, columns, part)
    try:
        part = part.of(frame)
    except InputError as error:
        error.file, error.field = table.file, columns[error.field] if error.field else None
        raise
    frame = frame.rename(columns={"answer": "text"}).join(_in_batches("answers", frame, part.read))
    problems |= problem_counts(frame["problems"])
    encoders = encoders or {}
    terms = part.terms(Path(background), encoders) if background is not None else None
    questions = frame

    def scored(what: str, names: list[object]) -> pd.DataFrame:
        """Metrics of names as answers to the rows of the table, a row each."""
        rows = questions.assign(answer=pd.Series(names, dtype=object))
        return _in_batches(what, rows, lambda batch: part.scores(batch["answer"].tolist(), batch, encoders, terms))

    baselines = part.baselines(frame, seed, terms)
    of_answers = scored("scores", frame["answer"].tolist())
    frame = frame.join(of_answers)
    columns_of = {"": frame[[*of_answers, *part.form]]}
    for name, baseline in baselines.items():
        if baseline.expected is not None:
            columns_of[name] = baseline.expected
        else:  # the mean of the draws, nan left out
            draws = [scored(name, names) for names in baseline.draws]
            columns_of[name] = pd.concat(draws).groupby(level=0).mean()
    wide = pd.concat(columns_of, axis=1)
    metrics: dict[str, dict[str, Score]] = {name: {} for name in columns_of}
    clusters, errors = part.clusters(frame), bool(part.tracks)
    draws = {"": [frame["answer"].tolist()]} | {name: baseline.draws for name, baseline in baselines.items()}
    together = {
        (name, metric): of_rows
        for name, names in draws.items()
        for metric, of_rows in part.pooled(names, frame, own=not name).items()
    }
    hits = task.metrics.hits
    of_hits = [(name, metric) for name, columns in columns_of.items() for metric in columns if metric in hits]
    scores = intervals(wide, [MEAN] * len(frame), clusters, errors, together, of_hits)[MEAN]
    macro = {}
    if part.tracks:
        of_genes = columns_of[""].groupby(clusters).mean()
        macro = intervals(of_genes, [MEAN] * len(of_genes), None, errors, hits=hits)[MEAN]
    notes += part.notes(frame)
    if too_few := few_clusters(len(frame), clusters):
        notes.append(too_few)
        scores, macro = ({key: score.alone() for key, score in table.items()} for table in (scores, macro))
    for (name, metric), score in scores.items():
        metrics[name][metric] = score
    for name, own in metrics.items():
        if part.distinct and draws[name]:
            share = pd.Series([distinct_share(names) for names in draws[name]]).mean()
            own[part.distinct] = Score(float(share), None, None, len(frame))
    return Scored(
        n=len(frame),
        known=task.metrics,
        metrics=metrics.pop(""),
        baselines={
            name: ScoredBaseline(baselines[name].information, baselines[name].note, own)
            for name, own in metrics.items()
        },
        problems=problems,
        table=frame.drop(columns=["line", "example"], errors="ignore"),
        notes=notes,
        track=part.track if part.tracks else "",
        macro=macro,
    )


def _in_batches(what: str, frame: pd.DataFrame, compute: Callable[[pd.DataFrame], pd.DataFrame]) -> pd.DataFrame:
    """`compute` of the rows of a table, a row each, in batches: a million rows at once would take much memory."""
    tables = []
    with tqdm(total=len(frame), desc=what, unit=" rows", unit_scale=True, delay=5, leave=False) as bar:
        for start in range(0, len(frame), _ROWS_AT_ONCE):
            tables.append(compute(frame.iloc[start : start + _ROWS_AT_ONCE]))
            bar.update(len(tables[-1]))
    return pd.concat(tables, ignore_index=True)


def _in_track(part: Tables, track: str | None, genes: str | os.PathLike | GeneTable | None) -> Tables:
    """The part in a track, with its table of genes; InputError for arguments that do not go together."""
    if not part.tracks:
        for field, value in (("track", track), ("genes", genes)):
            if value is not None:
                what = f"{part.task.name} has no '{field}': that is for ranked lists"
                raise InputError(what, field=field, fix="leave it out")
        return part
    strict = part.tracks[0]
    track = track or strict
    if track not in part.tracks:
        raise InputError(f"unknown track '{track}'", field="track", fix=nearest(track, part.tracks))
    if genes is not None and track != strict:
        what = f"track {track} compares genes as they are written, so that no list of genes is of use"
        raise InputError(what, field="genes", fix=f"leave it out, or ask for track {strict}")
    if isinstance(genes, (str, os.PathLike)):
        return part.in_track(track, GeneTable(read_genes(genes)), os.fspath(genes))
    return part.in_track(track, genes, "the GeneTable that was given")


def shuffled_answers(table: pd.DataFrame, seed: int) -> TableBaseline:
    """The answers of a table, each handed to another row."""
    names = shuffled(table["answer"].tolist(), [0] * len(table), seed)
    return TableBaseline("the answers themselves", [names], "each answer handed to another row")


def drawn_from(golds: Sequence[str], what: str, draws: int, seed: int) -> TableBaseline:
    """For every row the gold of a row drawn at random; `what` it is."""
    rows = range(len(golds))
    names = [
        [random.Random(f"{seed}:{draw}:{row}").choice(golds) for row in tqdm(rows, "draws", delay=5, leave=False)]
        for draw in range(draws)
    ]
    return TableBaseline("none", names, f"{what} of any row, the mean of {draws} draws")


def wrapping_notes(table: pd.DataFrame, what: str) -> list[str]:
    """A note on the lines whose `problems` (codes joined by commas) have kinds of wrapping; [] if there are none."""
    found = [KINDS.keys() & codes.split(",") for codes in table["problems"]]
    wrapped = [line for line, kinds in zip(table["line"], found, strict=True) if kinds]
    return [f"{what}: {counted_lines(wrapped)}: {told(kind for kinds in found for kind in kinds)}"] if wrapped else []


def _rows(
    table: PlainTable, columns: Mapping[str, str], part: Tables
) -> tuple[pd.DataFrame, dict[str, int], list[str]]:
    """The rows that count (line and a column of each key), how many were irregular by kind, and notes on these."""
    used = {key: table.place(column, key) for key, column in columns.items()}
    every_row = part.every_row
    cells = {key: table.cells(column, part.joined.get(key)) for key, column in used.items()}
    for key, column in used.items():
        if key != "answer":
            cells[key] = _without_empty(cells[key], _MISSING_TRUTH if key == "gold" else frozenset())
        if key not in _MAY_BE_EMPTY:
            _refuse_empty(table, key, column, cells[key])
    first: dict[str, int] = {}
    counted: list[int] = []
    odd: dict[str, list[int]] = {"duplicates": [], "conflicts": [], "empty": []}
    without_id: list[int] = []
    for place, line in enumerate(table.lines):
        identifier = cells["id"][place] if "id" in cells else ""
        known = first.setdefault(identifier, place) if identifier else place
        if "id" in cells and not identifier:
            cells["id"][place] = f"line {line}"
            without_id.append(line)
        if known == place or every_row:
            counted.append(place)
            if not cells["answer"][place].strip():
                odd["empty"].append(line)
        if known == place:
            continue
        differing = [key for key in used if key not in _OF_THE_ANSWER and cells[key][place] != cells[key][known]]
        if differing and not every_row:
            raise InputError(
                f"'{identifier}' has another {differing[0]} than in line {table.lines[known]}",
                file=table.file,
                line=line,
                field=used[differing[0]],
                fix="name a column in which every question has an id of its own, or leave id= out",
            )
        alike = not differing and cells["answer"][place].split() == cells["answer"][known].split()
        odd["duplicates" if alike else "conflicts"].append(line)
    descriptions = {
        "duplicates": f"rows that say what an earlier row says, counted {'all the same' if every_row else 'once'}",
        "conflicts": "rows that answer otherwise than an earlier row, "
        + ("and count all the same" if every_row else "which alone counts"),
        "empty": "empty answers, counted as wrong",
    }
    notes = [f"{descriptions[kind]}: {counted_lines(lines)}" for kind, lines in odd.items() if lines]
    if without_id:
        notes.append(f"rows without an id, each counted as a question of its own: {counted_lines(without_id)}")
    kept = {key: [column[place] for place in counted] for key, column in {"line": table.lines, **cells}.items()}
    return pd.DataFrame(kept), {kind: len(lines) for kind, lines in odd.items()}, notes


def _refuse_empty(table: PlainTable, key: str, column: str, cells: Sequence[str]) -> None:
    """InputError that names the lines where a column that is needed is empty."""
    lines = [line for line, cell in zip(table.lines, cells, strict=True) if not cell]
    if lines:
        others = f", nor in others: {counted_lines(lines)} in all" if len(lines) > 1 else ""
        raise InputError(
            f"there is no '{key}' in this row{others}",
            file=table.file,
            line=lines[0],
            field=column,
            fix=f"fill in column '{column}', or leave the rows out that have nothing there: they cannot be judged",
        )


def _without_empty(cells: Sequence[str], missing: frozenset[str]) -> list[str]:
    """The cells without blanks around them, and "" for `missing` ones, in any case, and those with no letter or digit.

    In a column with a plus, plus and minus are classes.
    """
    stripped = [cell.strip() for cell in cells]
    signs = ("+", "-") if "+" in stripped else ()
    said = [cell in signs or (any(map(str.isalnum, cell)) and cell.casefold() not in missing) for cell in stripped]
    return [cell if is_said else "" for cell, is_said in zip(stripped, said, strict=True)]
