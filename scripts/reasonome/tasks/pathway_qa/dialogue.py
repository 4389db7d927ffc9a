"""The task object of questions on enrichment tables."""

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import nan
from random import Random
from statistics import fmean
from typing import Any

from pydantic import BaseModel, ConfigDict

from reasonome.config import Grading
from reasonome.config import Style as PromptStyle
from reasonome.facts.text import one_line
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Policy, Reward, Similarity, one_by_one
from reasonome.scoring import verifiers
from reasonome.scoring.verifiers import Claim, Stated, Truth, same_value
from reasonome.tasks.pathway_qa.answer import (
    CANNOT_BE_TOLD,
    PathwayAnswer,
    answer_span,
    parse_answer,
    plain,
    plain_value,
    set_key,
    stated,
)
from reasonome.tasks.pathway_qa.settings import PathwayBenchmark
from reasonome.tasks.prediction.settings import PredictionStyle
from reasonome.tasks.question_answer.dialogue import KEPT_FORM, Question, VerifiedDialogue

UP, DOWN, DEPENDS, SAME, OPPOSITE = "up", "down", "it depends", "same", "opposite"
UNSIGNED = " without directions"  # after a listed study whose table has no signs
_FLIPPED = {UP: DOWN, DOWN: UP}
_DRAWS = (0, 1)  # seeds of statements: two tissues that go down, or up


class Statement(BaseModel):
    """A statement that a right answer makes: the set as the prompt names it, the tissue, and the value."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    set: str
    tissue: str
    value: str


class PathwayQuestion(Question):
    """A question; `subset` is its kind, `asks` the kind of its template, and `group` the set that it is about.

    `tissues` and `study` are what it names, and `studies` the studies of each tissue that its prompt lists.
    `covered` is whether those are to be among them. `places` are the tissues or studies that the answer depends on,
    `about` the sets and tissues that it names, and `statements` what a right answer states. `aliases` are ids and
    names that stand for those of the shown sets.
    """

    asks: str
    tissues: tuple[str, ...]
    study: str = ""
    studies: dict[str, tuple[str, ...]] = {}
    covered: bool = True
    places: tuple[str, ...]
    about: tuple[tuple[str, str], ...] = ()
    statements: tuple[Statement, ...] = ()
    aliases: dict[str, tuple[str, ...]] = {}
    tolerance: float = 0.0


class PathwayDialogue(VerifiedDialogue):
    """Answers are right if the short answer and the statements are."""

    name = "pathway_qa"
    columns = ("question",)
    Example = PathwayQuestion
    Style = PredictionStyle
    watched = ("facts", "sets", "consistency", "uncertainty", "format")

    user_texts = (("question", "studies"), ("table",))
    Benchmark = PathwayBenchmark

    def verify(self, answer: str, example: PathwayQuestion) -> float:
        """1 for the right short answer, else 0."""
        return float(verifiers.answer_right(Stated(plain_value(answer)), truth(example)))

    def verified(self, answer: PathwayAnswer, example: PathwayQuestion) -> float:
        """1 if the answer and its statements are right; of a bare answer, if that is."""
        if answer.bare:
            return self.verify(answer.name, example)
        return float(verifiers.right(read(answer, example), truth(example)))

    def rewards(self, grading: Grading | None = None) -> dict[str, Reward]:
        """The four verifiers, each where it applies, and the form; `grading` is of rankings and sets nothing here."""

        def verifier(
            function: Callable[[Stated, Truth], float | None],
        ) -> Callable[[Sequence[Any], Sequence[Any], Similarity], list[float]]:
            return one_by_one(lambda answer, example: _known(function(read(answer, example), truth(example))))

        def consistency(answer: PathwayAnswer, example: PathwayQuestion) -> float:
            said = read(answer, example)
            return _known(verifiers.consistency(said, truth(example), lambda said: follows(said, example)))

        return {
            "facts": Reward(verifier(verifiers.facts), 0.0, 1.0, semantic=True),
            "sets": Reward(verifier(verifiers.sets), 0.0, 1.0, semantic=True),
            "consistency": Reward(one_by_one(consistency), 0.0, 1.0, semantic=False),
            "uncertainty": Reward(verifier(verifiers.uncertainty), -1.0, 1.0, semantic=True),
            "format": KEPT_FORM,
        }

    def scored(self, answer: PathwayAnswer, example: PathwayQuestion) -> dict[str, Any]:
        """The columns of a table of scores."""
        return {
            "question": example.columns["question"],
            "answer": answer.name,
            "statements": "; ".join(f"{c.subject} {c.place} {c.value}" for c in answer.claims),
            "answer_right": self.verify(answer.name, example) if answer.named else 0.0,
            "verified": self.verified(answer, example),
        }

    def shown_texts(self, example: PathwayQuestion, style: PredictionStyle) -> dict[str, str]:
        """The question, the studies at hand and, where the style shows them, the rows that answer."""
        parts = {"{question}": one_line(example.columns["question"]), "{studies}": listed_studies(example)}
        return parts | ({"{table}": example.columns["table"]} if "{table}" in style.user else {})

    def parse(self, text: str, style: PromptStyle | None = None) -> PathwayAnswer:
        """The answer, the statements and the confidence of a completion; never raises."""
        return parse_answer(text)

    def bare(self, text: str) -> PathwayAnswer:
        """The answer in a bare text."""
        return PathwayAnswer(plain_value(text), "", [] if text.strip() else ["empty_answer"], bare=True)

    def is_completion(self, cell: str) -> bool:
        """Whether a cell has a line with an answer."""
        return "answer:" in cell.casefold()

    def name_span(self, text: str, style: PredictionStyle | None = None) -> tuple[int, int] | None:
        """The (start, end) in characters of the answer and its statements; None without one."""
        return answer_span(text)

    def written(self, example: PathwayQuestion, style: PredictionStyle, confidence: float, reasoning: str) -> str:
        """The right answer and statements with the confidence, after the reasoning."""
        return stated(example.answer, lines(example.statements), confidence, reasoning)

    def wrong(
        self, example: PathwayQuestion, prompt: Prompt, others: Sequence[PathwayQuestion], random: Random
    ) -> str | None:
        """The answer of another question of the same template, with statements that go with it."""
        answers = {other.answer for other in others if other.asks == example.asks}
        answers = sorted(answer for answer in answers if not self.verify(answer, example))
        return with_statements(random.choice(answers), example, random) if answers else None

    def with_gold_of(self, example: PathwayQuestion, other: PathwayQuestion) -> PathwayQuestion:
        """The question with the answer of another one, and with what that states, said of its own sets."""
        statements = tuple(
            Statement(set=name, tissue=tissue, value=stated.value)
            for (name, tissue), stated in zip(example.about, other.statements, strict=False)
        )
        gold = {"answer": other.answer, "statements": statements, "tolerance": other.tolerance}
        return example.model_copy(update=gold)

    def policies(self, examples: Sequence[PathwayQuestion], style: PredictionStyle | None = None) -> list[Policy]:
        """Constant answers with the statements that go with them, each as sure as it is right, and at 0 and 100 %; and
        the best of them for what is asked, and for what is asked and whether the listed studies cover it.
        """
        policies, answers = [], sorted({example.answer for example in examples})
        constants: list[tuple[str, int]] = [*product(answers, _DRAWS)]
        earned = {constant: [self._earned(*constant, one) for one in examples] for constant in constants}
        for answer in answers:
            right = fmean(one[0] for one in earned[answer, _DRAWS[0]])
            for words, confidence in (("honestly", right), ("at 0%", 0.0), ("at 100%", 1.0)):
                policies.append(
                    Policy(f"{answer} {words}", lambda q, _, given=(answer, confidence): _constant(*given, q))
                )
        for name, told in _TOLD_BY_THE_PROMPT.items():
            policies.append(Policy(f"the best for {name} honestly", _best_of_groups(examples, earned, told)))
        return policies

    def _earned(self, answer: str, draw: int, example: PathwayQuestion) -> tuple[float, float]:
        """Whether a constant answer and its statements are right, 0 or 1, and their V1."""
        given = parse_answer(_constant(answer, 1.0, example, draw))
        return self.verified(given, example), verifiers.facts(read(given, example), truth(example))


def _best_of_groups(
    examples: Sequence[PathwayQuestion],
    earned: Mapping[tuple[str, int], Sequence[tuple[float, float]]],
    told: Callable[[PathwayQuestion], Any],
) -> Callable[[PathwayQuestion, Prompt], str]:
    """The constant that is right most often in each group of questions, of which the prompt tells `told`.

    `earned` has what each constant earns of each example. What no example has is answered as all examples are.
    """
    groups: dict[Any, list[int]] = {None: [*range(len(examples))]}
    for place, example in enumerate(examples):
        groups.setdefault(told(example), []).append(place)
    best = {}
    for group, places in groups.items():
        means = {
            constant: tuple(map(fmean, zip(*(earned[constant][place] for place in places), strict=True)))
            for constant in product(sorted({examples[place].answer for place in places}), _DRAWS)
        }
        chosen = max(means, key=lambda constant: means[constant])
        best[group] = (chosen[0], means[chosen][0], chosen[1])

    def completion(example: PathwayQuestion, prompt: Prompt) -> str:
        answer, confidence, draw = best.get(told(example), best[None])
        return _constant(answer, confidence, example, draw)

    return completion


def _known(value: float | None) -> float:
    return nan if value is None else value


def _constant(answer: str, confidence: float, example: PathwayQuestion, draw: int = 0) -> str:
    """An answer with the statements that go with it, of which the seed `draw` decides what the answer does not."""
    text, _, statements = with_statements(answer, example, Random(draw)).partition("\n")
    return stated(text, statements, confidence)


def listed_studies(example: PathwayQuestion) -> str:
    """The studies that a prompt lists, as in: eye (RR-1, RR-3); liver (RR-6)."""
    return "; ".join(f"{tissue} ({', '.join(studies)})" for tissue, studies in example.studies.items())


def covers(example: PathwayQuestion) -> bool:
    """Whether the studies that a prompt lists are of the tissues, and have the study, that the question names."""
    studies = [example.studies.get(tissue, ()) for tissue in example.tissues]
    named = {study.removesuffix(UNSIGNED) for listed in studies for study in listed}
    return all(studies) and (not example.study or example.study in named)


# What a reader of prompts who knows no table can tell questions apart by.
_TOLD_BY_THE_PROMPT: dict[str, Callable[[PathwayQuestion], Any]] = {
    "what is asked": lambda example: example.asks,
    "what is asked and the listed studies": lambda example: (example.asks, covers(example)),
}


def lines(statements: Sequence[Statement]) -> str:
    """Statements, one a line."""
    return "\n".join(f"{one.set}; {one.tissue}; {one.value}" for one in statements)


def with_statements(answer: str, example: PathwayQuestion, random: Random) -> str:
    """An answer and, below it, statements on what the question names that lead to it; none if nothing can be told."""
    if answer == CANNOT_BE_TOLD or example.asks == "conservation":
        return answer
    values = [answer] * len(example.about)
    if example.asks == "comparison":
        first = random.choice((UP, DOWN))
        values = [first, first if answer == SAME else _FLIPPED[first]]
    statements = [
        Statement(set=name, tissue=tissue, value=value)
        for (name, tissue), value in zip(example.about, values, strict=True)
    ]
    return "\n".join(filter(None, [answer, lines(statements)]))


def truth(example: PathwayQuestion) -> Truth:
    """What is right, with the sets' names as `read` has them."""
    claims = tuple(Claim(set_key(one.set), plain(one.tissue), one.value) for one in example.statements)
    return Truth(example.answer, claims, example.tolerance, example.asks != "conservation")


def read(answer: PathwayAnswer, example: PathwayQuestion) -> Stated:
    """What an answer states, with the shown names of sets for their aliases."""
    names = {set_key(alias): set_key(name) for name, aliases in example.aliases.items() for alias in aliases}
    claims = tuple(Claim(names.get(one.subject, one.subject), one.place, one.value) for one in answer.claims)
    return Stated(answer.name, claims, answer.confidence, answer.unread)


def stated_and_truth(answer: Mapping[str, Any], example: Mapping[str, Any]) -> tuple[Stated, Truth]:
    """What an answer states and what is right, from what a user's own reward is given."""
    question = PathwayQuestion.model_validate(example)
    claims = tuple(Claim(**claim) for claim in answer["claims"])
    given = PathwayAnswer(
        answer["name"], answer["reasoning"], answer["problems"], answer["confidence"], claims, answer["unread"]
    )
    return read(given, question), truth(question)


def follows(said: Stated, example: PathwayQuestion) -> bool:
    """Whether statements lead to the answer: of a comparison by being the same or not, else by saying it.

    Nothing is stated of what cannot be told, and something of all else.
    """
    values = {claim.value for claim in said.claims}
    if CANNOT_BE_TOLD in values | {said.answer}:
        return said.answer == CANNOT_BE_TOLD and not said.claims
    if example.asks != "comparison":
        return bool(values) and all(same_value(value, said.answer) for value in values)
    return (
        len({(claim.subject, claim.place) for claim in said.claims}) > 1
        and values <= {UP, DOWN}
        and said.answer == (SAME if len(values) == 1 else OPPOSITE)
    )
