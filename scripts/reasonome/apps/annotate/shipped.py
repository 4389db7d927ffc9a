"""A model that ships: what it was measured to be worth, and where its names stand beside the first enriched term."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from reasonome.answering.asked_model import AskedModel
from reasonome.apps.annotate.record import AnnotationRecord, Share
from reasonome.config.backbones import AdapterWeights
from reasonome.config.project import Project, chains
from reasonome.core import atomic
from reasonome.core.manifest import file_sha256
from reasonome.facts.text import normalise
from reasonome.report import number_text
from reasonome.report.family import SIGNIFICANT
from reasonome.report.model_scores import MEASURED, Control, Measured, Worth, read_worth
from reasonome.scoring import rouge
from reasonome.scoring.comparisons import MEAN
from reasonome.tasks.naming.dialogue import ShownTerm

CALIBRATION = "calibration.json"
Feature = Literal["logprob", "likeness", "share", "jaccard", "genes"]
FIRST_TERM = "first_term"  # the baseline that answers with the first enriched term of a question
OF_WORDS = "probability of its words"


def features(name: str, logprob: float, term: ShownTerm) -> dict[Feature, float]:
    """What the probability is computed from.

    `logprob`: mean log-probability of the name's tokens; `likeness`: ROUGE-L of name and first term; `share`: of the
    list's genes, in that term; `jaccard`: of list and term; `genes`: base-2 logarithm of the number of genes.
    """
    return {
        "logprob": logprob,
        "likeness": rouge.score(name, term.name)["rouge_l"],
        "share": term.overlap / term.drawn,
        "jaccard": term.jaccard,
        "genes": math.log2(term.drawn),
    }


class NameOrTerm(BaseModel):
    """A logistic regression by which a name is better than the first term of its question, by a metric.

    It was fitted on `questions` of a benchmark that have a first term, each answered once, greedily. Of these names a
    share `better` was better. In cross-validation a share `first` of names had a probability above one half, and of
    these a share `better_where_first` was better (None: there were none). `made_from` are digests of the tables.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)
    benchmark: str
    style: str
    metric: str
    intercept: float
    coefficients: dict[Feature, float]
    questions: int
    better: Share
    first: Share
    better_where_first: Share | None
    made_from: dict[str, str]

    def probability(self, name: str, logprob: float, term: ShownTerm) -> float:
        """The probability that the name is better than the term; 0 where they are the same."""
        if normalise(name) == normalise(term.name):
            return 0.0
        known = features(name, logprob, term)
        score = self.intercept + sum(weight * known[feature] for feature, weight in self.coefficients.items())
        return 1 / (1 + math.exp(-score))


def read_name_or_term(path: Path) -> NameOrTerm:
    """The calibration in a file; InputError for a file that is none."""
    return atomic.read_model(path, NameOrTerm, "fit it again: scripts/fit_name_or_term.py")


@dataclass(frozen=True)
class Shipped:
    """What lies beside the adapter in `folder`: `worth`, and `calibration`, by which names are held against terms.

    Either is None where its file is not there.
    """

    folder: Path
    worth: Worth | None
    calibration: NameOrTerm | None

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of the files by name."""
        files = [self.folder / name for name in (MEASURED, CALIBRATION)]
        return {path.name: file_sha256(path) for path in files if path.is_file()}

    @property
    def beats_first_term(self) -> bool:
        """Whether it was shown to name better than the first term on what it is about: the first benchmark."""
        control = self.worth.measured[0].control(FIRST_TERM) if self.worth else None
        return control is not None and control.beaten

    def calibration_of(self, style: str, samples: int) -> NameOrTerm | None:
        """The calibration, if it is about answers in this style, so many a set."""
        return self.calibration if self.calibration and (self.calibration.style, 1) == (style, samples) else None

    def in_words(self, style: str, samples: int) -> str:
        """What the model was measured to be worth, and where its names stand therefore."""
        told = _worth_in_words(self.worth) if self.worth else []
        if not self.beats_first_term:
            return " ".join([*told, "So its names stand below the first term, as a second opinion."])
        fit = self.calibration_of(style, samples)
        if fit is None:
            other = self.calibration
            how = f"single answers in style {other.style}, and not for these" if other else "no answers"
            return " ".join([*told, f"It is calibrated for {how}: its names stand below the first term."])
        right = "" if fit.better_where_first is None else f", and {fit.better_where_first:.0%} of them were better"
        return " ".join(
            [
                *told,
                "A name stands first where it is better than the first term with a probability above one half, as "
                f"calibrated on {fit.questions:,} further questions of {fit.benchmark}: there {fit.first:.0%} of "
                f"the names stood first{right}; of all names {fit.better:.0%} were.",
            ]
        )


def _worth_in_words(worth: Worth) -> list[str]:
    """Sentences: the score beside that of the first term, with intervals; then briefly that of all other questions."""
    main, *others = worth.measured
    asked = f"{main.n:,} test questions of {main.benchmark}, style {main.style}"
    score = number_text.score(main.value)
    interval = _interval(main.low, main.high, number_text.score)
    told = f"On {asked} (experiment {worth.experiment}, {worth.date}) the model's {main.label} is {score}{interval}"
    control = main.control(FIRST_TERM)
    if control is None:
        return [f"{told}; it was not compared with the first enriched term."]
    bounds = _interval(control.low, control.high, number_text.signed)
    of_term = number_text.score(control.value)
    difference = f"difference {number_text.signed(control.difference)}{bounds}, {_outcome(control)}"
    sentences = [f"{told}, that of the first enriched term {of_term}: {difference}."]
    if briefly := [text for other in others if (text := _briefly(other))]:
        sentences.append(f"On its other test questions: {'; '.join(briefly)}.")
    return sentences


def _briefly(measured: Measured) -> str:
    """The scores of model and first term on other questions; "" where they were not compared."""
    control = measured.control(FIRST_TERM)
    if control is None:
        return ""
    name = measured.benchmark if measured.subset == MEAN else measured.subset
    score, of_term = (number_text.score(value) for value in (measured.value, control.value))
    return f"{name} {score} and the first term {of_term}, {_outcome(control)}"


def _outcome(control: Control) -> str:
    if control.beaten:
        return "better"
    worse = control.difference < 0 and control.p is not None and control.p < SIGNIFICANT
    return "worse" if worse else "not shown to be better"


def _interval(low: float | None, high: float | None, written: Callable[[float], str]) -> str:
    return "" if low is None or high is None else f" ({written(low)} to {written(high)})"


def shipped_with(project: Project, model: AskedModel | None) -> Shipped | None:
    """What ships beside a model that is a backbone with an adapter; None for other models, and where nothing does.

    InputError for a damaged file.
    """
    folder = model.folder if model else None
    if folder is None or folder.resolve() != project.results.model(folder.parent.name, chains.BASE).resolve():
        return None
    backbone = project.backbones.get(folder.parent.name)
    if backbone is None or not isinstance(backbone.weights, AdapterWeights):
        return None
    adapter = Path(backbone.weights.path)
    measured, calibration = adapter / MEASURED, adapter / CALIBRATION
    if not (measured.is_file() or calibration.is_file()):
        return None
    worth = read_worth(measured) if measured.is_file() else None
    return Shipped(adapter, worth, read_name_or_term(calibration) if calibration.is_file() else None)


def placed(
    record: AnnotationRecord, terms: Sequence[ShownTerm], shipped: Shipped, calibration: NameOrTerm | None
) -> AnnotationRecord:
    """The record of a set whose name stands first, or below the first of `terms`, which its prompt showed.

    `calibration` is that of such answers, if there is one. A prompt shows terms whatever their p; where none is
    enriched, the record stays as it is.
    """
    if not (record.name and terms and record.enriched):
        return record
    probability = None
    if calibration and record.confidence and record.confidence_kind == OF_WORDS:
        probability = calibration.probability(record.name, math.log(record.confidence), terms[0])
    return record.model_copy(
        update={
            "first_term": terms[0].name,
            "better_than_first_term": probability,
            "stands_first": bool(shipped.beats_first_term and probability and probability > 0.5),
        }
    )
