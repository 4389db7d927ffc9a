"""Scores of rankings: ranked genes against the right ones, one row per question, sample and order of candidates."""

import math
from collections.abc import Collection, Container, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from reasonome.answering.rows import AnswerRow
from reasonome.config import Grading
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.sources import read_authority
from reasonome.scoring.answers import (
    Attempt,
    answer_columns,
    attempts,
    confidence,
    shuffled_rows,
    unknown_where_missing,
)
from reasonome.scoring.encoders import SentenceEncoder, load_encoders
from reasonome.task import Dialogue, Scoring
from reasonome.tasks.ranking.baselines import BASELINES, BY_CHANCE, RANDOM_ORDER, RankingQuestions
from reasonome.tasks.ranking.clusters import clusters
from reasonome.tasks.ranking.dialogue import RankingDialogue
from reasonome.tasks.ranking.metrics import answer_metrics, expected_metrics, known_names, list_metrics
from reasonome.tasks.ranking.phenotypes import PhenotypeOverlap
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.settings import RankingStyle

SHUFFLED = ("top_1", "top_3", "top_5", "top_10", "top_max", "mrr")
_UNSURE = {"confidence": math.nan, "confidence_kind": ""}
# Columns that a bare list does not have.
_OF_THE_FORM = ["format", "truncated", "reasoning_words", "reward_format", "reward_brevity"]


class RankingScoring(Scoring[RankingDialogue]):
    """Scores of ranked lists."""

    def score(
        self,
        project: Project,
        benchmark: str,
        style: str,
        examples: Sequence[RankingExample],
        answers: Sequence[AnswerRow],
        file: Path,
        sealed: Collection[str],
    ) -> pd.DataFrame:
        """The scores of answers to a benchmark's test questions, as `score_rankings` gives them."""
        spec = project.benchmarks[benchmark]
        known = known_names(read_authority(project, spec.authority).genes.values())
        prompt_style = project.style(benchmark, style)
        seed = project.settings.seed
        return score_rankings(self.task, prompt_style, examples, answers, known, spec.longest_list, seed, file, sealed)

    def score_baselines(
        self,
        project: Project,
        benchmark: str,
        style: str,
        training: Sequence[RankingExample],
        asked: Sequence[RankingExample],
    ) -> pd.DataFrame:
        """The scores of a benchmark's baselines, as `baseline_scores` gives them."""
        spec, inputs = project.benchmarks[benchmark], self.task.files.baselines(project, benchmark)
        genes = read_authority(project, spec.authority).genes
        phenotypes = inputs.files["phenotypes"]
        return baseline_scores(
            self.task,
            project.style(benchmark, style),
            training,
            asked,
            {symbol: gene.name for symbol, gene in genes.items()},
            spec.longest_list,
            load_encoders(project.encoders, [project.results.encoder(name) for name in inputs.encoders]),
            PhenotypeOverlap(phenotypes["obo"], phenotypes["genes"]) if phenotypes else None,
        )


def score_rankings(
    task: Dialogue,
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
    # Rewards of rankings compare genes, and need no similarity of texts.
    table = table.assign(**{f"reward_{name}": reward.function(parsed, asked, None) for name, reward in rewards.items()})
    table.loc[[attempt.bare for attempt in scored_attempts], _OF_THE_FORM] = math.nan
    table = unknown_where_missing(table, _OF_THE_FORM)
    others = [
        list_metrics(handed_over(rankings[own], shown[own], shown[row], asked[row]), asked[row], longest_list)
        for row, own in enumerate(shuffled_rows(table, seed))
    ]
    return table.assign(**{f"shuffled_{metric}": [metrics[metric] for metrics in others] for metric in SHUFFLED})


def labels(example: RankingExample, cluster: str) -> dict[str, str]:
    """The columns of a table of scores that describe the question; a cluster is resampled together."""
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


def baseline_scores(
    task: Dialogue,
    style: RankingStyle,
    training: Sequence[RankingExample],
    examples: Sequence[RankingExample],
    genes: Mapping[str, str],
    longest_list: int,
    encoders: Mapping[str, SentenceEncoder] | None = None,
    overlap: PhenotypeOverlap | None = None,
) -> pd.DataFrame:
    """Score every baseline that can answer, a row per question; `random_order` has exact expected values, and 0 draws.

    `commonest_gene` is as sure of its first gene as that is common in training; the others state no confidence.
    `genes` are all human genes, symbol → official name, which questions without candidates are about. InputError
    without examples.
    """
    if not examples:
        raise InputError("there are no examples to score baselines on", fix="give the test split of a benchmark")
    shown = [task.listed(example, style) for example in examples]
    questions = RankingQuestions(examples, shown, longest_list, genes, training, encoders or {}, overlap)
    rows: list[dict[str, Any]] = []
    labelled = [labels(*pair) for pair in zip(examples, clusters(examples), strict=True)]
    for example, label in zip(examples, labelled, strict=True):
        expected = expected_metrics(len(example.candidates), len(example.causal), longest_list, len(genes))
        row = {"baseline": RANDOM_ORDER, "information": "none", "answer": BY_CHANCE, "genes": "", "draws": 0}
        rows.append(row | _UNSURE | label | expected)
    for name, baseline in BASELINES.items():
        if not baseline.usable(questions):
            continue
        for place, (example, label) in enumerate(zip(examples, labelled, strict=True)):
            ranked = baseline.rank(questions, place)[:longest_list]
            row = {"baseline": name, "information": baseline.information, "answer": ranked[0] if ranked else ""}
            row |= {"genes": joined(ranked), "draws": 1} | _UNSURE | label
            if name == "commonest_gene" and ranked:
                row |= {"confidence": questions.counts[ranked[0]] / len(training), "confidence_kind": "stated"}
            metrics = list_metrics(ranked, example, longest_list)
            rows.append(row | {metric: metrics[metric] for metric in expected})
    return pd.DataFrame(rows)
