"""Whether a model's name is better than the first enriched term: a probability, calibrated on valid questions."""

import math
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from reasonome.core.errors import InputError
from reasonome.facts.text import normalise
from reasonome.scoring import rouge
from reasonome.tasks.naming.dialogue import ShownTerm

CALIBRATION = "calibration.json"
Feature = Literal["logprob", "likeness", "share", "jaccard", "genes"]
Share = Annotated[float, Field(ge=0, le=1)]


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

    It was fitted on `questions` of a benchmark, each answered once, greedily. Of these questions names were better in a
    share `better`. In cross-validation a share `first` of names had a probability above one half, and of these a share
    `better_where_first` was better (None: there were none). `made_from` are digests of the tables.
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
    try:
        return NameOrTerm.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or None
        fix = "fit it again: scripts/fit_name_or_term.py"
        raise InputError(first["msg"], file=path, field=where, fix=fix) from None
