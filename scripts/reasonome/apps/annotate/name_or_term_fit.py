"""Fitting of `NameOrTerm` on scored answers to valid questions."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from reasonome.apps.annotate.shipped import Feature, NameOrTerm, features
from reasonome.core.atomic import read_parquet
from reasonome.core.errors import InputError, nearest
from reasonome.core.manifest import file_sha256
from reasonome.facts.text import normalise
from reasonome.tasks.naming.dialogue import Example

FOLDS = 5


def fit(
    scores: Path, baselines: Path, first_term: str, examples: Sequence[Example], metric: str, benchmark: str, style: str
) -> NameOrTerm:
    """The calibration by the scores of a model's greedy answers to `examples`, and of the baseline `first_term`.

    `examples` have the enriched terms that their prompts showed; those without one do not count. Names that are the
    same as the first term take no part in the fit, nor do answers without a name; both stand behind the term. Variants
    of a set, and sets that are alike (one `cluster`), are held out together. InputError for tables of other questions,
    for several answers to a question, for a baseline that is not the first term, and where fewer than FOLDS names are
    better, or that are not.
    """
    table = _joined(scores, baselines, first_term, examples, metric)
    table = table[table["term"].notna()]
    better = table[metric] > table["of_term"]
    differ = [normalise(row.answer) not in ("", normalise(row.term.name)) for row in _rows(table)]
    fitted = table[np.array(differ, dtype=bool) & (table["name_tokens"] > 0)]
    truth = better[fitted.index].to_numpy()
    if min(truth.sum(), (~truth).sum()) < FOLDS:
        what = f"{truth.sum()} of {len(truth)} names are better than the first term: too few of one kind to tell when"
        raise InputError(what, file=scores, fix="score more questions; without a calibration names stand below")
    numbers = pd.DataFrame(
        [features(row.answer, row.name_logprob / row.name_tokens, row.term) for row in _rows(fitted)]
    )
    model = make_pipeline(StandardScaler(), LogisticRegression())
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    held_out = {"cv": folds, "groups": fitted["cluster"].to_numpy(), "method": "predict_proba"}
    first = cross_val_predict(model, numbers, truth, **held_out)[:, 1] > 0.5
    scaler, regression = (step for _, step in model.fit(numbers, truth).steps)
    weights = regression.coef_[0] / scaler.scale_
    return NameOrTerm(
        benchmark=benchmark,
        style=style,
        metric=metric,
        intercept=float(regression.intercept_[0] - weights @ scaler.mean_),
        coefficients=dict(zip(get_args(Feature), map(float, weights), strict=True)),
        questions=len(table),
        better=float(better.mean()),
        first=float(first.sum() / len(table)),
        better_where_first=float(truth[first].mean()) if first.any() else None,
        made_from={"scores": file_sha256(scores), "baselines": file_sha256(baselines)},
    )


def _rows(table: pd.DataFrame) -> list:
    return list(table.itertuples())


def _joined(scores: Path, baselines: Path, first_term: str, examples: Sequence[Example], metric: str) -> pd.DataFrame:
    """A row a question: the model's answer and its score, the question's first `term` (None: it has none), and the
    score `of_term`."""
    columns = ["id", "cluster", "answer", "name_logprob", "name_tokens", metric]
    table = read_parquet(scores, columns).to_pandas()
    if twice := table["id"][table["id"].duplicated()].tolist():
        what = f"there are several answers to '{twice[0]}'"
        raise InputError(what, file=scores, fix="give the scores of greedy answers, one a question")
    of_all = read_parquet(baselines, ["baseline", "id", "answer", metric]).to_pandas()
    chosen = of_all[of_all["baseline"] == first_term].set_index("id")
    if chosen.empty:
        what = f"there is no baseline '{first_term}'"
        raise InputError(what, file=baselines, fix=nearest(first_term, of_all["baseline"].unique()))
    terms = {example.id: next(iter(example.enriched or ()), None) for example in examples}
    for known, file in ((terms, "the questions"), (chosen.index, baselines)):
        if unknown := [id for id in table["id"] if id not in known]:
            raise InputError(f"'{unknown[0]}' is not in {file}", file=scores, fix="give files of one set of questions")
    table = table.assign(term=table["id"].map(terms).astype(object).where(table["id"].map(terms).notna(), None))
    for row in _rows(table):
        if row.term is not None and normalise(row.term.name) != normalise(chosen["answer"][row.id]):
            what = f"baseline '{first_term}' does not answer the first enriched term of '{row.id}'"
            raise InputError(what, file=baselines, fix="name the baseline that does")
    return table.assign(of_term=table["id"].map(chosen[metric]))
