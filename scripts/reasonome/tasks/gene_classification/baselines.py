"""Baselines and domain models of gene classes and of pairs, fitted on the training questions of each subset."""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import fmean

import numpy as np
from scipy import sparse
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import matthews_corrcoef

from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import read_facts
from reasonome.facts.wording import NAMING
from reasonome.scoring.encoders import SentenceEncoder, load_encoders
from reasonome.task_parts import BaselineJob
from reasonome.tasks.gene_classification.negatives import terms_below
from reasonome.tasks.prediction.baselines import (
    DATABASE,
    DOMAIN_MODEL,
    PROMPT,
    TRAINING,
    Baseline,
    PredictionBaselines,
    fitted_baseline,
    from_scores,
)
from reasonome.tasks.prediction.dialogue import PredictionQuestion, by_subset

Questions = Sequence[PredictionQuestion]
_Known = Mapping[str, float] | float
_FEWEST = 3  # training genes of a term, or a word, that is used


class GeneBaselines(PredictionBaselines):
    """Baselines and domain models."""

    def found(self, job: BaselineJob) -> list[Baseline]:
        """The baselines by the information that they use; the same to the bit when run again.

        The word rule reads the official name, which is of the prompt in styles that show it, else of a database.
        """
        training, asked, genes = job.training, job.asked, read_genes(job.files["authority"], job.taxon)
        encoders = load_encoders(job.encoders)
        telling = {name: subset.telling_terms for name, subset in job.benchmark.subsets.items()}
        features = {"facts_regression": _facts_features(job.files, telling, training)}
        for name, encoder in encoders.items():
            regression = "names_regression" if len(encoders) == 1 else f"names_regression_{name}"
            features[regression] = partial(_embedded_names, encoder)
        shows_name = "{name}" in job.style.user
        return [
            *super().found(job),
            name_words(training, asked, PROMPT if shows_name else DATABASE),
            family_answers(genes, training, asked),
            *(
                fitted_baseline(name, DOMAIN_MODEL, training, asked, of, LogisticRegression(max_iter=1000), Ridge())
                for name, of in features.items()
            ),
        ]


class PairBaselines(PredictionBaselines):
    """Baselines and a domain model of pairs."""

    def found(self, job: BaselineJob) -> list[Baseline]:
        """The baselines by the information that they use; the same to the bit when run again."""
        spec, columns, training, asked = job.benchmark, self.task.columns, job.training, job.asked
        [shared] = {*columns} - {spec.split_by}
        features = _facts_features(job.files, dict.fromkeys(spec.subsets, ()), training, columns)
        return [
            *super().found(job),
            same_gene(shared, training, asked),
            fitted_baseline(
                "facts_regression", DOMAIN_MODEL, training, asked, features, LogisticRegression(max_iter=1000)
            ),
        ]


def same_gene(side: str, training: Questions, asked: Questions) -> Baseline:
    """The answers to training pairs that have the same gene on a side; to all of them where none has."""
    of_gene: dict[tuple[str, str], list[PredictionQuestion]] = defaultdict(list)
    for question in training:
        of_gene[question.subset, question.columns[side]].append(question)
    of_all = by_subset(training)
    known = [of_gene.get((question.subset, question.columns[side])) or of_all[question.subset] for question in asked]
    return from_scores("same_gene", TRAINING, asked, [_known(own) for own in known])


def _embedded_names(encoder: SentenceEncoder, questions: Questions) -> np.ndarray:
    return encoder.embed([question.columns["name"] or question.id for question in questions])


def name_words(training: Questions, asked: Questions, information: str = PROMPT) -> Baseline:
    """A rule on the official name: for each class but one, or for a number, the word that tells it best in training.

    The best word has the highest MCC with a class, or the highest absolute correlation with the number; the class whose
    word tells least has none. A name with words of several classes is of the one whose word tells more; without any it
    is of the commonest class among such names, or has their mean. A rule is as sure as it is right in training.
    """
    rules: dict[str, list[tuple[str, _Known]]] = {}
    rest: dict[str, _Known] = {}
    for subset in by_subset(asked):
        known = by_subset(training)[subset]
        if classes := known[0].target.classes:
            best = sorted((_best_word(known, label) for label in classes), reverse=True)[:-1]
        else:
            best = [_best_word(known, None)]
        words = [word for _, word, _ in best]
        left = [question for question in known if _words(question).isdisjoint(words)]
        rest[subset] = _known(left or known)
        rules[subset] = [(word, _known(own)) for word in words if (own := [q for q in known if word in _words(q)])]
    scores = []
    for question in asked:
        found = (told for word, told in rules[question.subset] if word in _words(question))
        scores.append(next(found, rest[question.subset]))
    return from_scores("name_words", information, asked, scores)


def family_answers(genes: GeneTable, training: Questions, asked: Questions) -> Baseline:
    """The answers for training genes that share any gene group with the gene; for all of them where none does.

    Splits hold out whole families, so that only large groups reach from one split into another.
    """
    members: dict[tuple[str, str], list[PredictionQuestion]] = defaultdict(list)
    for question in training:
        for group, _ in genes.genes[question.columns["symbol"]].groups:
            members[question.subset, group].append(question)
    everything = by_subset(training)
    scores = []
    for question in asked:
        groups = genes.genes[question.columns["symbol"]].groups
        relatives = [relative for group, _ in groups for relative in members[question.subset, group]]
        scores.append(_known(relatives or everything[question.subset]))
    return from_scores("family", TRAINING, asked, scores)


def _best_word(questions: Questions, label: str | None) -> tuple[float, str, str]:
    """(MCC, word, class) of the word that tells a class best, or (|r|, word, "") for numbers; the word is "" where none
    is in enough names."""
    words = [_words(question) for question in questions]
    counts = Counter(word for of_name in words for word in of_name)
    frequent = sorted(word for word, count in counts.items() if count >= _FEWEST)
    truth = np.array([float(one.answer) if label is None else one.answer == label for one in questions])
    scored = []
    for word in frequent:
        has = [word in of_name for of_name in words]
        told = matthews_corrcoef(truth, has) if label is not None else _correlation(truth, has)
        scored.append((float(told), word, label or ""))
    return max(scored, default=(0.0, "", label or ""))


def _correlation(numbers: np.ndarray, has: Sequence[bool]) -> float:
    """The absolute Pearson correlation; 0 where either side is constant."""
    constant = np.ptp(numbers) == 0 or len({*has}) == 1
    return 0.0 if constant else abs(float(np.corrcoef(numbers, has)[0, 1]))


def _words(question: PredictionQuestion) -> frozenset[str]:
    return frozenset(re.findall(r"[a-z]{3,}", question.columns["name"].casefold()))


def _known(questions: Questions) -> _Known:
    """The share of each class among the answers, or the mean of numbers."""
    if not questions[0].target.classes:
        return fmean(float(question.answer) for question in questions)
    counts = Counter(question.answer for question in questions)
    return {label: count / len(questions) for label, count in sorted(counts.items())}


def _facts_features(
    inputs: Mapping, terms: Mapping[str, Sequence[str]], training: Questions, sides: Sequence[str] = ("symbol",)
) -> Callable[[Questions], sparse.csr_matrix]:
    """Questions → which terms facts give the gene of each side, without those that tell its class; of terms of training
    genes."""
    facts = read_facts(inputs["facts"])
    facts = facts[~facts["relation"].isin(NAMING)].drop_duplicates(["gene", "object_id"])
    of_gene = facts.groupby("gene")["object_id"].agg(frozenset).to_dict()
    ontologies = [read_obo(path) for path in inputs["ontologies"].values()]
    telling = {subset: terms_below(own, ontologies) for subset, own in terms.items()}
    columns: dict[tuple[str, str], int] = {}
    for side in sides:
        trained = facts[facts["gene"].isin({question.columns[side] for question in training})]
        counts = trained["object_id"].value_counts()
        columns |= {(side, term): len(columns) + n for n, term in enumerate(sorted(counts[counts >= _FEWEST].index))}

    def features(questions: Questions) -> sparse.csr_matrix:
        rows, places = [], []
        for row, question in enumerate(questions):
            for side in sides:
                for term in of_gene.get(question.columns[side], frozenset()) - telling[question.subset]:
                    if (side, term) in columns:
                        rows.append(row)
                        places.append(columns[side, term])
        return sparse.csr_matrix((np.ones(len(rows)), (rows, places)), shape=(len(questions), max(len(columns), 1)))

    return features
