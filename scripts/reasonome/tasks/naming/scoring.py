"""Scores of names: answers and baselines against the truth, one row per example, sample and order of genes."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.answering.rows import AnswerRow
from reasonome.benchmarks.rows import read_rows
from reasonome.config.backbones import EncoderFolder
from reasonome.facts.text import normalise
from reasonome.scoring.answers import (
    Attempt,
    attempts,
    order_agreement,
    score_rows,
    shuffled_rows,
    unknown_where_missing,
)
from reasonome.scoring.encoders import mean_similarity
from reasonome.task import Dialogue
from reasonome.task_parts import Scoring, ScoringJob
from reasonome.tasks.naming.choosing import copied_rank, snapped, strata
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.metrics import Judges, load_judges, reasoning_scores
from reasonome.tasks.naming.prompt import by_precedence, listed_genes
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.rows import clusters
from reasonome.tasks.naming.settings import NamingBenchmark, NamingStyle

NamingScoringJob = ScoringJob[NamingBenchmark, NamingStyle]
SHUFFLED = ("term_score", "rouge_l", "similarity")
SNAPPED = ("term_score", "rouge_l", "similarity", "exact")


class NamingScoring(Scoring[NamingDialogue]):
    """Scores of names by terms, words and encoders, and of the reasoning beside them."""

    by_encoders = True

    def score(self, job: NamingScoringJob) -> pd.DataFrame:
        """The scores of answers to a benchmark's test sets, as `score_answers` gives them with all judges."""
        judges = load_judges(job.benchmark, job.encoders, job.files["background"], job.files["facts"])
        return self._scored(job, judges, job.files.get("questions"))

    def score_available(
        self, job: NamingScoringJob, encoders: Sequence[EncoderFolder]
    ) -> tuple[pd.DataFrame, list[str]]:
        """As `score`, with the files that are there, and other encoders. Also notes on what could not be scored.

        Other encoders than the benchmark's give no term metrics: these could not be compared with the baselines'.
        """
        questions = job.files.get("questions")
        background, facts = job.files["background"], job.files["facts"]
        names, own = [folder.name for folder, _ in encoders], [folder.name for folder, _ in job.encoders]
        comparable = set(names) == set(own)
        notes = []
        if not comparable:
            notes.append(
                f"no term metrics, mean similarity and mean percentile: they need the benchmark's encoders "
                f"({', '.join(own)}), and here is {', '.join(names) or 'none'}"
            )
        if not background.is_file():
            notes.append(f"no term metrics: `snakemake --cores 1 {background}` makes the table of terms")
        if missing := [path for path in facts if not path.is_file()]:
            notes.append(f"no check of claims: `snakemake --cores 1 {' '.join(map(str, missing))}` makes the facts")
        if questions is not None and not questions.is_file():
            notes.append(f"nothing on the terms that prompts show: `snakemake --cores 1 {questions}` makes these")
            questions = None
        built_background = background if background.is_file() else None
        judges = load_judges(job.benchmark, encoders, built_background, [] if missing else facts)
        judges = judges if comparable else replace(judges, terms=None)
        table = self._scored(job, judges, questions)
        if not comparable:
            table = table.drop(columns=["similarity", "shuffled_similarity", "reward_similarity"], errors="ignore")
        return table.assign(no_name=(table["answer"] == "").astype(float)), notes

    def _scored(self, job: NamingScoringJob, judges: Judges, questions: Path | None) -> pd.DataFrame:
        """The scores by these judges; the terms that prompts show are in the file of `questions`."""
        examples = _with_terms(job.examples, questions)
        return score_answers(self.task, job.style, examples, job.answers, judges, job.seed, job.file, job.sealed)


def _with_terms(examples: Sequence[Example], questions: Path | None) -> list[Example]:
    """The examples with the enriched terms that their prompts show, of a file of questions; as they are without one."""
    if questions is None:
        return list(examples)
    shown = {row.id: row.enriched for row in read_rows(questions, Example)}
    return [example.model_copy(update={"enriched": shown[example.id]}) for example in examples]


def score_answers(
    task: Dialogue,
    style: NamingStyle,
    examples: Sequence[Any],
    answers: Sequence[AnswerRow],
    judges: Judges,
    seed: int,
    file: Path | None = None,
    sealed: Collection[str] = (),
) -> pd.DataFrame:
    """Score every example × sample × order; an example without an answer is a row with an empty, wrong one.

    Answers to `sealed` ids are ignored. A bare name has no form: its format and the rewards of the form are nan, and so
    are length and truncation where it is unknown how an answer ended. All of these are 0 for a missing answer, unless
    they are nan for all others. InputError for an answer to an unknown id, for two answers to one id, sample and order,
    and without examples; `file` is where the answers come from.
    """
    scored_attempts = attempts(task, style, examples, answers, file, sealed)
    cluster_of = dict(zip((e.id for e in examples), clusters(examples, judges.jaccard), strict=True))
    row_examples, _, parsed = zip(*scored_attempts, strict=True)
    shown = [_shown(example, style, answer.genes_left_out) for example, answer, _ in scored_attempts]

    def own(attempt: Attempt) -> dict[str, Any]:
        example, answer, parsed_answer = attempt
        return {
            "id": example.id,
            "subset": example.subset,
            "stratum": example.stratum,
            "cluster": cluster_of[example.id],
            "contaminated": example.contaminated,
            "gold": example.name,
            "answer": parsed_answer.name,
            "reasoning": "\n".join(parsed_answer.steps),
            "genes": " ".join(gene.symbol for gene in example.genes),
            "genes_left_out": answer.genes_left_out,
            "facts_left_out": answer.facts_left_out,
            "neighbours_left_out": answer.neighbours_left_out,
            "format": float(parsed_answer.formed),
            "format_published": float(parsed_answer.format_published),
        }

    table = score_rows(scored_attempts, own, ["format", "format_published"], {})
    table = table.join(judges.score_names(table["answer"].tolist(), row_examples))
    table = table.assign(**reasoning_scores(parsed, row_examples, shown, judges.knowledge))
    table = table.assign(
        **_rewards(task, parsed, row_examples, judges),
        order_agreement=order_agreement(table["answer"].map(normalise), table),
    )
    form_rewards = [f"reward_{name}" for name, reward in task.rewards().items() if not reward.semantic]
    table.loc[[attempt.bare for attempt in scored_attempts], form_rewards] = math.nan
    table = unknown_where_missing(table, form_rewards)
    table = table.assign(**_shuffled_scores(table, row_examples, judges, seed))
    return table.assign(**_beside_shown_terms(table["answer"].tolist(), row_examples, judges))


def _shown(example: Any, style: NamingStyle, left_out: int) -> list[str]:
    """The symbols that the prompt showed: all but the last `left_out` by precedence."""
    ordered = by_precedence(listed_genes(example, style), example)
    return [gene.symbol for gene in ordered[: len(ordered) - left_out]]


def _rewards(task: Dialogue, parsed: Sequence[Any], examples: Sequence[Any], judges: Judges) -> dict[str, np.ndarray]:
    """Every reward of the task, to compare rewards with metrics; without encoders, those that need none."""
    encoders = list(judges.encoders.values())
    return {
        f"reward_{name}": np.array(reward.function(parsed, examples, mean_similarity(encoders)), dtype=float)
        for name, reward in task.rewards().items()
        if encoders or name != "similarity"
    }


def _shuffled_scores(
    table: pd.DataFrame, examples: Sequence[Any], judges: Judges, seed: int
) -> dict[str, np.ndarray | pd.Series]:
    scores = judges.score_names(table["answer"].iloc[shuffled_rows(table, seed)].tolist(), examples)
    return {f"shuffled_{key}": scores[key].to_numpy() for key in SHUFFLED if key in scores}


def _beside_shown_terms(
    names: Sequence[str], examples: Sequence[Example], judges: Judges
) -> dict[str, list | pd.Series]:
    """Strata, copies and scores of the nearest shown term, for questions that show enriched terms."""
    if any(example.enriched is None for example in examples):
        return {}
    ranks = [copied_rank(name, example) for name, example in zip(names, examples, strict=True)]
    columns = strata(examples, judges.terms) | {"copied_rank": ranks, "copied": [float(rank > 0) for rank in ranks]}
    if not judges.encoders:
        return columns
    nearest = snapped(names, examples, mean_similarity(list(judges.encoders.values())))
    scores = judges.score_names(nearest, examples)
    return columns | {"snap": nearest} | {f"snap_{key}": scores[key] for key in SNAPPED if key in scores}
