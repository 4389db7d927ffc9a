"""Which facts a model recalls: of twenty objects of one relation, whether it finds the gene's own the likeliest.

A question is the beginning of a sentence that no statement has (`asked` in facts/wording/sentences.yaml), and twenty
objects that could end it. An object's score is its mean log-probability per token. The nineteen others are drawn from
the facts of other genes, so that how often an object is spoken of tells little: one in twenty is chance.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os.path import commonprefix
from random import Random
from typing import Any, NamedTuple

import pandas as pd
from tqdm import tqdm

from reasonome.answering.likelihood import token_logprobs
from reasonome.facts.selection import OBJECTS, StatedFact, object_names, reading_order, stated_facts
from reasonome.facts.text import normalise
from reasonome.facts.wording import ASKED, FREE_TEXT

_TRIES = 50  # draws for each object that is wanted, after which a relation has too few


@dataclass(frozen=True)
class Question:
    """A fact, the sentence around its object, and the objects to choose from, of which the first is its own."""

    fact: StatedFact
    opening: str
    ending: str
    objects: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """The sentence with each of the objects."""
        return [self.opening + name + self.ending for name in self.objects]


def drawn_questions(
    statements: Sequence[Mapping[str, Any]], facts: pd.DataFrame, number: int, seed: int
) -> list[Question]:
    """Up to `number` questions about the facts that a warm-up of this seed reads first, each fact once.

    `statements` are the rows to train on, `facts` the corpus' facts. The wordings of a relation take turns. No other
    object of a question is one of the gene's, in a statement or in a fact. Not asked are facts of running text, and of
    relations without a wording to ask in or with fewer than OBJECTS objects to choose from.
    """
    weights = [row.get("weight", 1.0) for row in statements]
    said = stated_facts(reading_order(statements, weights, Random(seed)), object_names(facts))
    said = [fact for fact in said if fact.relation in ASKED]
    by_relation: dict[str, list[StatedFact]] = {}
    for fact in said:
        by_relation.setdefault(fact.relation, []).append(fact)
    own: dict[str, set[str]] = {}
    for fact in said:
        own.setdefault(fact.gene, set()).add(normalise(fact.object))
    known = facts[facts["gene"].isin(own) & ~facts["relation"].isin(FREE_TEXT)]
    for gene, name in zip(known["gene"], known["object_name"], strict=True):
        own[gene].add(normalise(name))
    questions: list[Question] = []
    turns = dict.fromkeys(by_relation, 0)
    for fact in said:
        if len(questions) == number:
            break
        others = _others(fact, by_relation[fact.relation], own[fact.gene], seed)
        if len(others) == OBJECTS - 1:
            wording = ASKED[fact.relation][turns[fact.relation] % len(ASKED[fact.relation])]
            opening, _, ending = wording.format(gene=fact.gene, object="\0").partition("\0")
            questions.append(Question(fact, opening, ending, (fact.object, *others)))
            turns[fact.relation] += 1
    return questions


def _others(fact: StatedFact, candidates: Sequence[StatedFact], own: set[str], seed: int) -> list[str]:
    """Objects of other facts of the relation, each once, or fewer than are wanted where there are too few."""
    random = Random(f"{seed}\t" + "\t".join(fact.key))
    found: dict[str, str] = {}
    for _ in range(_TRIES * OBJECTS):
        if len(found) == OBJECTS - 1:
            break
        name = random.choice(candidates).object
        if normalise(name) not in own:
            found.setdefault(normalise(name), name)
    return list(found.values())


class Recalled(NamedTuple):
    """The rank of a fact's own object among those of its question, from 1, and the name of the likeliest one.

    Of equally likely objects the own one comes last.
    """

    rank: int
    likeliest: str


def recall(model, tokenizer, questions: Sequence[Question]) -> list[Recalled]:
    """What a model recalls of each fact."""
    found = []
    for question in tqdm(questions, "facts", delay=5, leave=False):
        own, *others = _scores(model, tokenizer, question)
        rank = 1 + sum(other >= own for other in others)
        likeliest = 0 if rank == 1 else 1 + others.index(max(others))
        found.append(Recalled(rank, question.objects[likeliest]))
    return found


def _scores(model, tokenizer, question: Question) -> list[float]:
    """The mean log-probability per token, in nats, of what follows the opening, for each object.

    Texts stand behind the token that ends a text, as in a warm-up.
    """
    rows = [[tokenizer.eos_token_id, *ids] for ids in tokenizer(question.texts)["input_ids"]]
    opening = [tokenizer.eos_token_id, *tokenizer(question.opening.rstrip())["input_ids"]]
    shared = len(commonprefix([opening, *rows]))
    return [sum(row) / len(row) for row in token_logprobs(model, tokenizer.eos_token_id, rows, shared)]
