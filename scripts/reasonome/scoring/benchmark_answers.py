"""Scores of external answers to a benchmark of a project, by the same code and beside the same baselines as models."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from reasonome.answering.recorded import FIELDS, read_recorded
from reasonome.answering.rows import AnswerRow, read_answers
from reasonome.answering.wrapping import told, unwrapped
from reasonome.benchmarks.rows import Row, in_mean, read_rows, unsealed
from reasonome.config import Style
from reasonome.config.project import Project
from reasonome.config.project.experiments import own_functions
from reasonome.core.atomic import read_parquet
from reasonome.core.errors import InputError, lookup
from reasonome.facts.text import distinct_share
from reasonome.metrics import MetricSet
from reasonome.scoring.answers import answered, problem_counts
from reasonome.scoring.comparisons import MEAN, pooled_metric
from reasonome.scoring.own_functions import with_own_columns
from reasonome.scoring.table_scores import Score, Scored, ScoredBaseline, intervals
from reasonome.task import Task
from reasonome.task_parts import ScoringJob

_SHUFFLED = "shuffled_"


def score_on_benchmark(
    answers: str | Path,
    project: Project,
    benchmark: str,
    style: str | None = None,
    columns: Mapping[str, str] | None = None,
    encoders: Sequence[Path] = (),
) -> Scored:
    """Score a file of answers to a benchmark's test split, as the rule `score` does, beside the baselines of a style.

    `style` is the prompt style of the answers, which decides what baselines are fair. `columns` are as for
    `read_recorded`; `encoders` are folders below results/encoders/. With other encoders than the benchmark's there are
    no metrics of terms, as they could not be compared with the baselines'. Metrics are means over subsets. A question
    without an answer counts as wrong; sealed questions are left out. InputError for a benchmark that is not built.
    """
    results = project.results
    spec = lookup(project.benchmarks, benchmark, "benchmark")
    style = style or default_style(project, benchmark)
    prompt_style = project.style(benchmark, style)
    task = project.task(benchmark)
    questions = read_rows(results.benchmark(benchmark) / "test.jsonl", task.Example)
    examples = unsealed(questions, spec.sealed, project.settings.final)
    answer_rows, counts, remarks = _answers(Path(answers), task, questions, examples, columns or {})
    sealed = {example.id for example in questions} - {example.id for example in examples}
    inputs = task.files.scoring(project, benchmark, style)
    job = ScoringJob(
        benchmark=spec,
        style=prompt_style,
        files=inputs.files,
        encoders=project.encoder_folders(inputs.encoders),
        taxon=inputs.taxon,
        seed=project.settings.seed,
        examples=examples,
        answers=answer_rows,
        file=Path(answers),
        sealed=sealed,
    )
    table, notes = task.scoring.score_available(job, project.encoder_folders(folder.name for folder in encoders))
    published = any(other.reading() != "strict" for other in project.styles(task.name).values())
    table = with_own_columns(table, own_functions(project, benchmark), answered(task, job))
    notes = [*remarks, *notes, *_wrapped(task, prompt_style, answer_rows, published)]
    if len(examples) < len(questions):
        notes.append(f"{len(questions) - len(examples)} of {len(questions)} test questions are sealed, and not scored")

    rows = per_question(table)
    known = task.metrics.with_own({name: metric.low for name, metric in spec.metrics.items()})
    measured = (_measured(rows, known), known)
    by_subset = _scores(rows, table, *measured)
    shuffled = rows[[c for c in rows.columns if c.startswith(_SHUFFLED)]].rename(
        columns=lambda c: c.removeprefix(_SHUFFLED)
    )
    baselines, baseline_notes = _baselines(results.baselines(benchmark, style), rows, *measured)
    baselines["shuffled_answers"] = ScoredBaseline(
        "the answers themselves",
        "each answer handed to another question of its subset",
        intervals(shuffled, rows["subset"].tolist(), rows["cluster"].tolist(), hits=task.metrics.hits)[MEAN],
    )
    return Scored(
        n=len(rows),
        known=known,
        metrics=by_subset.pop(MEAN),
        baselines=baselines,
        problems=counts | _problems(table, answer_rows, counts),
        table=table,
        subsets=by_subset,
        notes=notes
        + baseline_notes
        + [f"read and compared as answers in the style '{style}', track {prompt_style.reading()}"],
    )


def default_style(project: Project, benchmark: str) -> str:
    """The plainest style (genes alone, read strictly, largest budget) of those with built baselines, else of all."""
    results = project.results
    styles = project.styles(lookup(project.benchmarks, benchmark, "benchmark").task)
    built = {name for name in styles if results.baselines(benchmark, name).is_file()}

    def extras(name: str) -> tuple:
        style = styles[name]
        return style.shows_more(), style.reading() != "strict", style.asks_confidence(), -sum(style.budgets()), name

    return min(built or styles, key=extras)


def _answers(
    path: Path, task: Task, questions: Sequence[Row], examples: Sequence[Row], columns: Mapping[str, str]
) -> tuple[list[AnswerRow], dict[str, int], list[str]]:
    """Answers, and the problems of their file as counts and in words; none in a file that our models wrote."""
    for key in columns:
        if key not in FIELDS:
            fix = f"with a benchmark, which has the names and the genes, columns are {', '.join(FIELDS)}"
            raise InputError(f"'{key}' is no column of recorded answers", field="columns", fix=fix)
    scored_ids = {example.id for example in examples}
    if not columns and _is_from_a_model(path):
        return read_answers(path), {}, []
    recorded = read_recorded(path, task, questions, columns).only(scored_ids)
    return recorded.answers, recorded.counts(), recorded.sentences()


def _wrapped(task: Task, style: Style, answers: Sequence[AnswerRow], published: bool) -> list[str]:
    """In words, what stood around completions that have no answer in the strict track; nothing of other tracks.

    `published`: the task has a style of another track.
    """
    if style.reading() != "strict":
        return []
    texts = [answer.text for answer in answers if answer.answer is None and not task.parse(answer.text, style).named]
    found = [kinds for text in texts if (kinds := unwrapped(text).kinds)]
    if not found:
        return []
    fix = "; a style with `track: as-published` reads the answer all the same" if published else ""
    kinds = told(kind for kinds in found for kind in kinds)
    return [f"completions without an answer because of what stands around it: {len(found):,}: {kinds}{fix}"]


def _is_from_a_model(path: Path) -> bool:
    """Whether a file is one of results/answers/: its rows have the digest of the prompt."""
    if path.suffix != ".jsonl" or not path.is_file():
        return False
    with open(path, "rb") as handle:
        return b'"prompt_sha256"' in handle.readline()


def _problems(table: pd.DataFrame, answers: Sequence[AnswerRow], counts: Mapping[str, int]) -> dict[str, int]:
    """How many answers have each problem; of recorded answers only completions, as `counts` has the others."""
    if counts:
        completions = [(answer.id, answer.sample, answer.order) for answer in answers if answer.answer is None]
        table = table[pd.MultiIndex.from_frame(table[["id", "sample", "order"]]).isin(completions)]
    return problem_counts(table["problems"])


def _measured(table: pd.DataFrame, known: MetricSet) -> list[str]:
    """The metrics to show that the table has, in order; each mean over encoders is followed by the encoders'."""
    metrics, listed = [], known.on("score")
    for metric in listed:
        metrics += [metric] * (metric in table)
        if f"{metric}_" in (one.name for one in known.metrics):
            metrics += [c for c in table.columns if c.startswith(f"{metric}_") and c not in listed]
    return metrics


def per_question(table: pd.DataFrame) -> pd.DataFrame:
    """A row per question: the mean over samples and orders of every number, and the first value of everything else."""
    kinds = {c: "mean" if pd.api.types.is_numeric_dtype(table[c]) else "first" for c in table if c != "id"}
    return table.groupby("id", sort=False).agg(kinds).reset_index()


def _scores(
    rows: pd.DataFrame, answered: pd.DataFrame, metrics: Sequence[str], known: MetricSet
) -> dict[str, dict[str, Score]]:
    """Subset, or "mean", → metric → its score; `answered` has every answer, as metrics of all together read them, and
    for the share of distinct names."""
    examples = pd.MultiIndex.from_frame(rows[["subset", "id"]])
    together = {name: pooled_metric(answered, metric, examples) for name, metric in known.pooled.items()}
    subsets, clusters = rows["subset"].tolist(), rows["cluster"].tolist()
    scores = intervals(rows[metrics], subsets, clusters, pooled=together, hits=known.hits)
    if "draws" in answered and not answered["draws"].any():  # expected values, without answers
        return scores
    for subset, in_subset in answered.groupby("subset"):
        share = distinct_share(in_subset["answer"].tolist())
        scores[str(subset)]["distinct_names"] = Score(share, None, None, len(in_subset))
    shares = [scores[subset]["distinct_names"] for subset in in_mean(answered["subset"])]
    mean = sum(share.value for share in shares) / len(shares)
    scores[MEAN]["distinct_names"] = Score(mean, None, None, sum(share.n for share in shares))
    return scores


def _baselines(
    path: Path, questions: pd.DataFrame, metrics: Sequence[str], known: MetricSet
) -> tuple[dict[str, ScoredBaseline], list[str]]:
    """The baselines of results/baselines/ on the same questions, and a note on how to build them if they are missing.

    They are scored by those of the answers' `metrics` that they have.
    """
    if not path.is_file():
        return {}, [f"no baselines beside these scores: `snakemake --cores 1 {path}` makes them"]
    baselines = read_parquet(path, ["id", "baseline", "information", "answer"]).to_pandas()
    baselines = baselines[baselines["id"].isin(questions["id"])]
    cluster = dict(zip(questions["id"], questions["cluster"], strict=True))
    scored = {}
    for (baseline, information), rows in baselines.groupby(["baseline", "information"], sort=False):
        if len(rows) < len(questions):
            return {}, [f"the baselines are of another test split: `snakemake --cores 1 {path}` makes them anew"]
        rows = rows.assign(cluster=rows["id"].map(cluster))
        shared = [metric for metric in metrics if metric in rows]
        scored[baseline] = ScoredBaseline(information, "", _scores(rows, rows, shared, known)[MEAN])
    return scored, []
