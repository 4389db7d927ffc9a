"""Scores of names: answers and baselines against the truth, one row per example, sample and order of genes."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reasonome.answering.rows import AnswerRow
from reasonome.config.project import Project
from reasonome.facts.text import normalise
from reasonome.scoring.answers import attempts, confidence, ending, measured, shuffled_rows, unknown_where_missing
from reasonome.scoring.encoders import mean_similarity
from reasonome.tasks.base import Task
from reasonome.tasks.naming import baselines, files
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.clusters import clusters
from reasonome.tasks.naming.judges import Judges, load_judges
from reasonome.tasks.naming.prompt import listing_order
from reasonome.tasks.naming.reasoning import reasoning_scores
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.task import ABSTENTION, Example

BY_ENCODERS = True  # whether answers are scored by encoders
SHOWN = ("term_score", "rouge_l")
# Metrics of answers in the order in which they are shown, with similarity_<encoder> behind the mean.
LISTED = (
    "term_score",
    "rouge_l",
    "rouge_1",
    "rouge_2",
    "exact",
    "similarity",
    "percentile",
    "lin",
    "resnik",
    "gene_overlap",
    "same_term",
    "specificity",
    "no_name",
    "format",
    "format_published",
    "abstained",
    "gene_coverage",
    "supported_share",
)
SHUFFLED = ("term_score", "rouge_l", "similarity")


def score(
    task: Task,
    project: Project,
    benchmark: str,
    style: str,
    examples: Sequence[Example],
    answers: Sequence[AnswerRow],
    file: Path,
    sealed: Collection[str],
) -> pd.DataFrame:
    """The scores of answers to a benchmark's test sets, as `score_answers` gives them by all that judges them."""
    read = files.scoring(project, benchmark)
    judges = load_judges(project, benchmark, read.encoders, read.files["background"], read.files["facts"])
    seed = project.settings.seed
    return score_answers(task, project.style(benchmark, style), examples, answers, judges, seed, file, sealed)


def score_available(
    task: Task,
    project: Project,
    benchmark: str,
    style: str,
    examples: Sequence[Example],
    answers: Sequence[AnswerRow],
    file: Path,
    sealed: Collection[str],
    encoders: Sequence[Path],
) -> tuple[pd.DataFrame, list[str]]:
    """As `score`, with what is here: `encoders` are folders. Also says what is missing because a file is not built.

    With other encoders than the benchmark's there are no metrics of terms, which would not be those of the baselines.
    """
    read = files.scoring(project, benchmark)
    background, facts = read.files["background"], read.files["facts"]
    given = [folder.name for folder in encoders]
    comparable = set(given) == set(read.encoders)
    notes = []
    if not comparable:
        notes.append(
            f"no term metrics, mean similarity and mean percentile: they need the benchmark's encoders "
            f"({', '.join(read.encoders)}), and here is {', '.join(given) or 'none'}"
        )
    if not background.is_file():
        notes.append(f"no term metrics: `snakemake --cores 1 {background}` makes the table of terms")
    if missing := [path for path in facts if not path.is_file()]:
        notes.append(f"no check of claims: `snakemake --cores 1 {' '.join(map(str, missing))}` makes the facts")
    there = background if background.is_file() else None
    judges = load_judges(project, benchmark, given, there, [] if missing else facts)
    judges = judges if comparable else replace(judges, terms=None)
    asked, seed = project.style(benchmark, style), project.settings.seed
    table = score_answers(task, asked, examples, answers, judges, seed, file, sealed)
    if not comparable:
        table = table.drop(columns=["similarity", "shuffled_similarity", "reward_similarity"], errors="ignore")
    return table.assign(no_name=(table["answer"] == "").astype(float)), notes


def score_baselines(
    task: Task, project: Project, benchmark: str, style: str, training: Sequence[Example], asked: Sequence[Example]
) -> pd.DataFrame:
    """The scores of a benchmark's baselines, as `baseline_scores` gives them."""
    read = files.baselines(project, benchmark)
    judges = load_judges(project, benchmark, read.encoders, read.files["background"], facts=[])
    return baseline_scores(training, asked, project.style(benchmark, style), judges, project.settings.seed)


def score_answers(
    task: Task,
    style: NamingStyle,
    examples: Sequence[Any],
    answers: Sequence[AnswerRow],
    judges: Judges,
    seed: int,
    file: Path | None = None,
    sealed: Collection[str] = (),
) -> pd.DataFrame:
    """Score every example × sample × order; an example without an answer is a row with an empty, wrong one.

    Answers to `sealed` ids are passed over. A bare name has no form: its format and the rewards of the form are nan,
    and so are length and truncation where nothing is known of how an answer ended. All of them are 0 of an answer that
    is missing, unless they are nan of every other one. InputError for an answer to another id, for two answers to one
    id, sample and order, and without examples; `file` is where the answers come from.
    """
    given = attempts(task, style, examples, answers, file, sealed)
    cluster_of = dict(zip((e.id for e in examples), clusters(examples, judges.jaccard), strict=True))
    asked, parsed, shown, formless, rows = [], [], [], [], []
    for example, sample, order, answer, read in given:
        asked.append(example)
        parsed.append(read)
        shown.append(_shown(example, style, answer))
        formless.append(answer is not None and answer.answer is not None)
        rows.append(
            {
                "id": example.id,
                "subset": example.subset,
                "stratum": example.stratum,
                "cluster": cluster_of[example.id],
                "contaminated": example.contaminated,
                "sample": sample,
                "order": order,
                "gold": example.name,
                "answer": read.name,
                "text": answer.text if answer else "",
                "reasoning": "\n".join(read.steps),
                "problems": ",".join(read.problems if answer else ["missing_answer"]),
                "genes": " ".join(gene.symbol for gene in example.genes),
                "genes_left_out": answer.genes_left_out if answer else 0,
                "facts_left_out": answer.facts_left_out if answer else 0,
                "neighbours_left_out": answer.neighbours_left_out if answer else 0,
                **measured(answer),
                "format": float(read.named and read.reasoned),
                "format_published": float(read.format_published),
                "abstained": float(normalise(read.name) == normalise(ABSTENTION)),
                **ending(answer),
                **confidence(read, answer),
            }
        )
    table = pd.DataFrame(rows).astype({"logprob": float, "name_logprob": float, "confidence": float})
    table = table.join(judges.of_names(table["answer"].tolist(), asked))
    table = table.assign(**reasoning_scores(parsed, asked, shown, judges.knowledge))
    table = table.assign(**_rewards(task, parsed, asked, judges), order_agreement=_order_agreement(table))
    of_form = [f"reward_{name}" for name, reward in task.rewards.items() if not reward.semantic]
    of_form += ["format", "format_published"]
    table.loc[formless, of_form] = math.nan
    table = unknown_where_missing(table, [*of_form, "truncated", "length"])
    return table.assign(**_shuffled_scores(table, asked, judges, seed))


def _shown(example: Any, style: NamingStyle, answer: AnswerRow | None) -> list[str]:
    """The symbols that stood in the prompt: all but the last ones of its order, as many as were left out."""
    symbols = [gene.symbol for gene in example.genes]
    ordered = [symbols[position] for position in listing_order(symbols, style)]
    return ordered[: len(ordered) - (answer.genes_left_out if answer else 0)]


def _rewards(task: Task, parsed: Sequence[Any], asked: Sequence[Any], judges: Judges) -> dict[str, np.ndarray]:
    """Every reward of the task, by which reward and metric can be compared; without encoders, those that need none."""
    encoders = list(judges.encoders.values())
    return {
        f"reward_{name}": np.array(reward.function(parsed, asked, mean_similarity(encoders)), dtype=float)
        for name, reward in task.rewards.items()
        if encoders or name != "similarity"
    }


def _order_agreement(table: pd.DataFrame) -> pd.Series:
    """Share of pairs of orders of the genes that got the same name, by question and sample; nan with one order.

    Two answers without a name do not agree.
    """
    names = table["answer"].map(normalise)

    def agreement(rows: pd.Series) -> float:
        pairs = [first == second != "" for first, second in combinations(rows, 2)]
        return float(np.mean(pairs)) if pairs else math.nan

    return names.groupby([table["id"], table["sample"]]).transform(agreement).astype(float)


def _shuffled_scores(
    table: pd.DataFrame, asked: Sequence[Any], judges: Judges, seed: int
) -> dict[str, np.ndarray | pd.Series]:
    scores = judges.of_names(table["answer"].iloc[shuffled_rows(table, seed)].tolist(), asked)
    return {f"shuffled_{key}": scores[key].to_numpy() for key in SHUFFLED if key in scores}


def baseline_scores(
    training: Sequence[Any], asked: Sequence[Any], style: NamingStyle, judges: Judges, seed: int
) -> pd.DataFrame:
    """Score every baseline on every example; one of several draws gets the mean of its draws' scores, nan left out.

    Without training sets, as a published test may come, only baselines that read the prompt or a database can answer.
    """
    cluster_of = clusters(asked, judges.jaccard)
    tables = []
    questions = Questions(asked, style, seed, training, judges.encoders, judges.terms)
    for name, baseline in baselines.baselines_of(style, bool(training), judges.encoders, judges.terms).items():
        draws = baseline.answer(questions)
        scored = [judges.of_names(answers, asked).select_dtypes("number") for answers in draws]
        tables.append(
            pd.DataFrame(
                {
                    "baseline": name,
                    "information": baseline.information,
                    "id": [example.id for example in asked],
                    "subset": [example.subset for example in asked],
                    "stratum": [example.stratum for example in asked],
                    "cluster": cluster_of,
                    "answer": draws[0],
                    "draws": len(draws),
                    **pd.concat(scored).groupby(level=0).mean(),
                }
            )
        )
    return pd.concat(tables, ignore_index=True)
