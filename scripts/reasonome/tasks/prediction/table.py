"""Predictions in a table of anybody's answers: how cells are read, metrics of all rows together, and baselines."""

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from reasonome.answering.wrapping import unwrapped, without_box
from reasonome.core.errors import InputError
from reasonome.facts.files.missing_value import is_missing
from reasonome.facts.text import counted, one_line
from reasonome.metrics import Pooled
from reasonome.scoring.answer_tables import drawn_from, shuffled_answers
from reasonome.scoring.comparisons import metrics_of_rows
from reasonome.task_parts import TableBaseline, Tables
from reasonome.tasks.prediction.answer import parse_answer, plain_class, read_number, split_unit
from reasonome.tasks.prediction.dialogue import PredictionDialogue
from reasonome.tasks.prediction.metric_set import POOLED

# Of two classes the one that metrics of a positive class are about.
_POSITIVE = ("yes", "y", "1", "true", "t", "positive", "+", "active", "toxic")
# Pairs of words that say the same: of a table with one pair as its classes, answers may be of another.
_YES_AND_NO = (("yes", "no"), ("y", "n"), ("true", "false"), ("t", "f"), ("1", "0"))
_CLAUSE_ENDS = re.compile(r"[,.;:!](?=\s|$)|\s\(|\s[-–—]\s|\s(?:and|as|because|but|or|since)\s", re.IGNORECASE)
_WITH_COMMAS = re.compile(r"[-+]?\d+(,\d+)+(\.\d+)?")
_RANDOM_DRAWS = 5


class PredictionTables(Tables[PredictionDialogue]):
    """Tables with the true class or number (`gold`), and perhaps the confidence of each answer, from 0 to 1 or 100.

    Numbers are asked for if all values of `gold` are numbers, and more than two of them differ or one is not whole.
    Otherwise classes are.
    """

    optional = ("id", "confidence")
    form = ("no_answer",)
    distinct = "distinct_answers"
    # What `of` finds in a table: key → class, none for numbers, and of all words that mean one; of numbers the unit and
    # the mean; whether confidences are of 100.
    _classes: Mapping[str, str] = MappingProxyType({})
    _meant: Mapping[str, str] = MappingProxyType({})
    _unit = ""
    _mean = np.nan
    _percent = False

    def of(self, table: pd.DataFrame) -> "PredictionTables":
        """The part that knows whether true values are classes or numbers, the unit of answers, and the scale of
        confidences.

        InputError for a true value that is no number among numbers.
        """
        part = copy(self)
        golds = [one_line(gold) for gold in table["gold"]]
        answers = [self._answer(cell)[0] for cell in table["answer"]]
        part._unit = _common_unit(golds, 1.0) or _common_unit(answers, 0.5)
        numbers = [read_number(gold, part._unit) if self.task.of_numbers else None for gold in golds]
        known = [number for number in numbers if number is not None]
        with_commas = sum(bool(_WITH_COMMAS.fullmatch(gold)) for gold in golds) if self.task.of_numbers else 0
        differ = len({*known}) > 2 or any(not number.is_integer() for number in known)
        asked = (differ or with_commas > 0) and len(known) + with_commas > len(golds) / 2
        for place, (gold, number) in enumerate(zip(golds, numbers, strict=True)):
            if asked and number is None:
                what = f"the true value is '{gold}', and others are numbers"
                fix = "write numbers as 1234.5, or leave the row out"
                raise InputError(what, line=int(table["line"].iloc[place]), field="gold", fix=fix)
        part._classes = {} if asked else _in_order(golds)
        part._meant = _also_meant(part._classes) | part._classes
        part._mean = float(np.mean(known)) if asked else np.nan
        cells = table.get("confidence", [])
        stated = [number for cell in cells if (number := read_number(cell)) is not None and 0 <= number <= 100]
        part._percent = sum(number > 1 for number in stated) >= max(1, len(stated) / 2)
        return part

    def read(self, table: pd.DataFrame) -> pd.DataFrame:
        """A row per answer: answer ("" if it is neither a class of the table nor a number), no_answer, sureness.

        `in_other_words` says that an answer means a class that it does not write.
        """
        rows = []
        for place, cell in enumerate(table["answer"]):
            text, sureness, problems = self._answer(cell)
            answer = self._value(text)
            problems += ["no_class_or_number"] * (bool(text) and not answer)
            if "confidence" in table:
                sureness = self._sureness(table["confidence"].iloc[place])
                problems += ["no_confidence"] * (sureness is None)
            rows.append(
                {
                    "answer": answer,
                    "problems": ",".join(problems),
                    "no_answer": float(not answer),
                    "sureness": np.nan if sureness is None else sureness,
                    "in_other_words": bool(self._classes and answer) and _key(text) not in self._classes,
                }
            )
        return pd.DataFrame(rows)

    def scores(
        self, names: Sequence[str], table: pd.DataFrame, encoders: Mapping[str, Any], terms: Any | None
    ) -> pd.DataFrame:
        """Of classes `accuracy`, 1 for the right one; numbers have metrics of all rows together alone."""
        predicted = self._predicted(names, table, own=False)
        if self._classes:
            return pd.DataFrame({"accuracy": (predicted["answer"] == predicted["gold"]).astype(float)})
        return pd.DataFrame(index=predicted.index)

    def pooled(self, draws: Sequence[Sequence[str]], table: pd.DataFrame, own: bool) -> dict[str, Pooled]:
        """Metrics of all answers together; confidences are of the table's own answers alone."""
        return metrics_of_rows([self._predicted(names, table, own) for names in draws], POOLED)

    def notes(self, table: pd.DataFrame) -> list[str]:
        """What was taken for classes, for a unit and for a confidence, and how unusable numbers count; and the first
        answer that is none."""
        notes = []
        unread = table[table["problems"].str.contains("no_class_or_number")]
        if len(unread):
            what = "no class of the table" if self._classes else "no number"
            line, cell = unread[["line", "text"]].iloc[0]
            first = textwrap.shorten(cell, 80, placeholder="…")
            count = counted(len(unread), "answer is", "answers are")
            notes.append(f"{count} {what}; the first, in line {line}: '{first}'")
        if self._classes:
            labels = list(self._classes.values())
            positive = f"; AUROC and AUPRC are of '{labels[0]}'" if len(labels) == 2 else ""
            notes.append(f"{len(labels)} classes: {', '.join(labels[:10])}{positive}")
            other = table["text"][table["in_other_words"]]
            if len(other):
                shown = textwrap.shorten(other.iloc[0], 80, placeholder="…")
                count = counted(len(other), "answer names", "answers name")
                notes.append(f"{count} a class in other words; the first: '{shown}'")
        else:
            notes.append(f"numbers; an answer without one counts as the mean of the true values, {self._mean:.4g}")
            notes += [f"'{self._unit}' after a number is taken for its unit"] if self._unit else []
        if "confidence" in table:
            scale = "100" if self._percent else "1"
            notes.append(f"confidences are read as from 0 to {scale}; an answer without one speaks for no class")
            said = table["confidence"].str.strip()
            unread = table[table["sureness"].isna() & ~said.map(is_missing)]
            if len(unread):
                count = counted(len(unread), "confidence is", "confidences are")
                line, cell = unread[["line", "confidence"]].iloc[0]
                notes.append(f"{count} no number from 0 to {scale}; the first, in line {line}: '{cell[:40]}'")
        return notes

    def baselines(self, table: pd.DataFrame, seed: int, terms: Any | None) -> dict[str, TableBaseline]:
        """The majority class or the mean, a true value at random, and the answers shuffled."""
        golds = [self._value(one_line(gold)) for gold in table["gold"]]
        if self._classes:
            constant = Counter(golds).most_common(1)[0][0]
            what = f"'{constant}' in every row: the commonest class of these very rows"
        else:
            constant = repr(self._mean)
            what = f"{self._mean:.4g} in every row: the mean of these very rows"
        return {
            "constant": TableBaseline("none", [[constant] * len(golds)], what),
            "random": drawn_from(golds, "a true value", _RANDOM_DRAWS, seed),
            "shuffled_answers": shuffled_answers(table, seed),
        }

    def _answer(self, cell: str) -> tuple[str, float | None, list[str]]:
        """The answer of a cell as text, its stated confidence, and problems: of a completion, or of a bare text."""
        is_completion = self.task.is_completion(cell)
        verdict = parse_answer(without_box(cell)) if is_completion else self.task.bare(unwrapped(cell).text)
        return verdict.name, verdict.confidence, list(verdict.problems)

    def _value(self, text: str) -> str:
        """The class as the table first writes it, or the number; "" for anything else."""
        if self._classes:
            return self._meant.get(_key(text)) or self._first_named(text)
        number = read_number(text, self._unit)
        return "" if number is None else repr(number)

    def _first_named(self, text: str) -> str:
        """The class that the first clause of a text is, as in "Yes, because …"; "" if another clause is another one."""
        named = [self._meant.get(_key(clause), "") for clause in _CLAUSE_ENDS.split(text)]
        return named[0] if {*named} <= {named[0], ""} else ""

    def _sureness(self, cell: str) -> float | None:
        """A confidence from 0 to 1; None for anything else."""
        number = read_number(cell, unit="%")
        share = None if number is None else number / (100 if self._percent or "%" in cell else 1)
        return share if share is not None and 0 <= share <= 1 else None

    def _predicted(self, names: Sequence[str], table: pd.DataFrame, own: bool) -> pd.DataFrame:
        """The columns that metrics read; `own` answers have the table's confidences."""
        golds = [self._value(one_line(gold)) for gold in table["gold"]]
        rows = pd.DataFrame({"gold": golds, "answer": list(names), "classes": "|".join(self._classes.values())})
        sureness = table["sureness"].to_numpy(float) if own else np.nan
        rows = rows.assign(confidence=sureness, confidence_kind="stated", name_logprob=np.nan)
        if self._classes:
            return rows
        numbers = [float(name) if name else self._mean for name in names]
        return rows.assign(true=[float(gold) for gold in golds], number=numbers)


def _key(text: str) -> str:
    """What two writings of one class have in common: case, quotes and a full stop do not count, and 1.0 is 1."""
    return re.sub(r"(\d)\.0+$", r"\1", plain_class(text))


def _also_meant(classes: Mapping[str, str]) -> dict[str, str]:
    """The keys of other words for two classes that say yes and no; none for other classes."""
    own = next((pair for pair in _YES_AND_NO if {*pair} == {*classes}), None)
    if own is None:
        return {}
    return {word: classes[key] for pair in _YES_AND_NO for word, key in zip(pair, own, strict=True)}


def _common_unit(texts: Sequence[str], share: float) -> str:
    """The commonest words after numbers, if at least this share of the numbers have them; "" else."""
    units = [unit for number, unit in map(split_unit, texts) if number]
    commonest, count = Counter(filter(None, units)).most_common(1)[0] if any(units) else ("", 0)
    return commonest if count >= share * len(units) else ""


def _in_order(golds: Sequence[str]) -> dict[str, str]:
    """Key → class as it is written first; of two the positive one comes first, else the rarer one."""
    written: dict[str, str] = {}
    for gold in golds:
        written.setdefault(_key(gold), gold.replace("|", "/"))  # by which metrics join classes
    counts = Counter(map(_key, golds))
    first = min(written, key=lambda key: (key not in _POSITIVE, counts[key], key))
    return {key: written[key] for key in (first, *sorted(key for key in written if key != first))}
