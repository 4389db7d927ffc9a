"""Scores of rankings: ranked genes against the right ones, one row per question, sample and order of candidates."""

import math
from collections.abc import Collection, Container, Sequence
from pathlib import Path

import pandas as pd

from reasonome.answering.rows import AnswerRow
from reasonome.config import Grading
from reasonome.facts.sources.formats import read_genes
from reasonome.scoring.answers import (
    Attempt,
    answer_columns,
    attempts,
    confidence,
    shuffled_rows,
    unknown_where_missing,
)
from reasonome.task_parts import Scoring, ScoringJob
from reasonome.tasks.ranking.clusters import clusters
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.metrics import answer_metrics, known_names, list_metrics
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.settings import RankingBenchmark, RankingStyle

SHUFFLED = ("top_1", "top_3", "top_5", "top_10", "top_max", "mrr")
# Columns that a bare list does not have.
_OF_THE_FORM = ["format", "truncated", "reasoning_words", "reward_format", "reward_brevity"]


class RankingScoring(Scoring[RankingDialogue]):
    """Scores of ranked lists."""

    def score(self, job: ScoringJob[RankingBenchmark, RankingStyle]) -> pd.DataFrame:
        """The scores of answers to a benchmark's test questions, as `score_rankings` gives them."""
        known, most = known_names(read_genes(job.files["authority"]).genes.values()), job.benchmark.longest_list
        return score_rankings(
            self.task, job.style, job.examples, job.answers, known, most, job.seed, job.file, job.sealed
        )


def score_rankings(
    task: RankingDialogue,
    style: RankingStyle,
    examples: Sequence[RankingExample],
    answers: Sequence[AnswerRow],
    known: Container[str] | None,
    longest_list: int,
    seed: int,
    file: Path | None = None,
    sealed: Collection[str] = (),
) -> pd.DataFrame:
    """Score every question × sample × order; one without an answer is a row with an empty, wrong one.

    Metrics are those of `answer_metrics`, and `reward_*` are the values of the task's rewards at default settings.
    `known` are the names of human genes (`known_names`): a name neither among them nor in the question is invented;
    without `known`, these are not counted. `genes` is the ranking that counts, joined by spaces, and `candidates` those
    of the prompt in its order. Metrics of the form are nan for answers that came as bare lists. `shuffled_*` scores the
    answer to another question of the subset (`handed_over`). Answers to `sealed` ids are ignored. InputError for an
    answer to an unknown id, for two answers to one id, sample and order, and without examples; `file` is where the
    answers come from.
    """
    scored_attempts = attempts(task, style, examples, answers, file, sealed)
    cluster_of = dict(zip((example.id for example in examples), clusters(examples), strict=True))
    asked, _, parsed = zip(*scored_attempts, strict=True)
    shown, rankings, rows = [], [], []
    for attempt in scored_attempts:
        example, answer, parsed_answer = attempt
        ranked = parsed_answer.ranked(example)[:longest_list]
        candidates = task.listed(example, style, answer.order, answer.genes_left_out)
        metrics = answer_metrics(parsed_answer, example, longest_list, known)
        if answer.finish_reason == "length" and not parsed_answer.named:  # cut off before any tag was opened
            metrics["truncated"] = 1.0
        shown.append(candidates)
        rankings.append(ranked)
        rows.append(
            {
                **labels(example, cluster_of[example.id]),
                "question": "; ".join([*example.asked, *(f"not {phenotype}" for phenotype in example.denied)]),
                "candidates": joined(candidates),
                "answer": ranked[0] if ranked else "",
                "genes": joined(ranked),
                "reasoning": parsed_answer.reasoning,
                **answer_columns(attempt),
                "problems": ",".join(_problems(attempt, metrics)),
                "genes_left_out": answer.genes_left_out,
                "facts_left_out": answer.facts_left_out,
                "length": float(answer.completion_tokens) or math.nan,  # nobody may have counted them
                **metrics,
                **confidence(parsed_answer, answer),
            }
        )
    table = pd.DataFrame(rows)
    rewards = task.rewards(Grading(longest_list=longest_list))
    table = table.assign(**{f"reward_{name}": reward.values(parsed, asked) for name, reward in rewards.items()})
    table.loc[[attempt.bare for attempt in scored_attempts], _OF_THE_FORM] = math.nan
    table = unknown_where_missing(table, _OF_THE_FORM)
    others = [
        list_metrics(handed_over(rankings[own], shown[own], shown[row], asked[row]), asked[row], longest_list)
        for row, own in enumerate(shuffled_rows(table, seed))
    ]
    return table.assign(**{f"shuffled_{metric}": [metrics[metric] for metrics in others] for metric in SHUFFLED})


def labels(example: RankingExample, cluster: str) -> dict[str, str]:
    """The columns of a table of scores that describe the question, and its cluster."""
    return {
        "id": example.id,
        "subset": example.subset,
        "stratum": example.source,
        "cluster": cluster,
        "gold": ", ".join(gene.symbol for gene in example.causal),
    }


def joined(genes: Sequence[str]) -> str:
    """A ranking as one text: genes separated by spaces; white space within a gene becomes an underscore."""
    return " ".join("_".join(gene.split()) for gene in genes)


def handed_over(
    ranking: Sequence[str], shown: Sequence[str], other: Sequence[str], example: RankingExample
) -> list[str]:
    """The ranking of one question as an answer to another `example`, whose prompt shows the candidates `other`.

    Between questions with candidates a ranking is handed over by the positions of its genes in the prompt, which a
    model may have learnt instead of genes; positions that the other prompt does not have are dropped. Where one of the
    questions has no candidates, the genes themselves are handed over.
    """
    if not (shown and other):
        return example.meant(ranking)
    place = {gene: number for number, gene in enumerate(shown)}
    return [other[place[gene]] for gene in ranking if place.get(gene, len(other)) < len(other)]


def _problems(attempt: Attempt, metrics: dict[str, float]) -> list[str]:
    """Codes of what is malformed, and of listed genes that are no candidates, invented, or beyond what counts."""
    if attempt.missing:
        return ["missing_answer"]
    listed = {"non_candidates": "listed_non_candidates", "invented": "invented_genes", "cut_off": "longer_than_counts"}
    return [*attempt.read.problems, *(code for metric, code in listed.items() if metrics.get(metric))]
