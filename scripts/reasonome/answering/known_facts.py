"""Which facts a model knows: of two facts of one relation, whether it prefers their own genes to swapped ones.

For a statement about gene A and one about gene B the model's log-probabilities are compared: known are the two as they
are, if these together are likelier than both with the genes swapped. How likely a gene or an object is by itself
cancels out, so that a model that knows nothing is at one half.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import torch
from tqdm import tqdm

from reasonome.facts.reading_order import reading_order

ROWS = 32  # texts that pass through at once
# Statements among which facts and their partners are drawn: for each fact, and at least.
_EARLY, _FEWEST_EARLY = 2, 100


@dataclass(frozen=True)
class Fact:
    """A statement about one gene, and the partner whose gene is tried in its place."""

    text: str
    gene: str
    relation: str
    object_id: str
    partner: str
    partner_text: str

    @property
    def swapped(self) -> tuple[str, str]:
        """Both texts with each other's gene."""
        return _with_gene(self.text, self.gene, self.partner), _with_gene(self.partner_text, self.partner, self.gene)


def drawn_facts(statements: Sequence[Mapping[str, Any]], number: int, seed: int) -> list[Fact]:
    """Up to `number` of the statements about one gene that a warm-up of this seed reads first, each with a partner.

    That is a statement of the same relation, drawn at random from those that are read as early. Left out are statements
    whose text does not name their gene exactly once, and those without a partner: another gene that is not annotated to
    the same object, and whose own object the gene does not have.
    """
    random = Random(seed)
    usable = [
        row
        for row in reading_order(statements, [row.get("weight", 1.0) for row in statements], random)
        if len(_places(row["text"], row["gene"])) == 1
    ]
    annotated = {(row["gene"], row["object_id"]) for row in usable}
    early = usable[: max(_EARLY * number, _FEWEST_EARLY)]
    by_relation: dict[str, list[Mapping[str, Any]]] = {}
    for row in early:
        by_relation.setdefault(row["relation"], []).append(row)
    facts: list[Fact] = []
    for row in early:
        if len(facts) == number:
            break
        others = by_relation[row["relation"]]
        for other in random.sample(others, min(len(others), 20)):
            crossed = {(row["gene"], other["object_id"]), (other["gene"], row["object_id"])}
            if other["gene"] != row["gene"] and crossed.isdisjoint(annotated):
                kept = (row[name] for name in ("text", "gene", "relation", "object_id"))
                facts.append(Fact(*kept, partner=other["gene"], partner_text=other["text"]))
                break
    return facts


def margins(model, tokenizer, facts: Sequence[Fact]) -> list[float]:
    """By how many nats both statements are likelier with their own genes than with each other's; above 0: known."""
    texts = [text for fact in facts for text in (fact.text, fact.partner_text, *fact.swapped)]
    distinct = list(dict.fromkeys(texts))
    likelihood = dict(zip(distinct, _log_probabilities(model, tokenizer, distinct), strict=True))
    found = []
    for fact in facts:
        own = likelihood[fact.text] + likelihood[fact.partner_text]
        found.append(own - sum(likelihood[text] for text in fact.swapped))
    return found


def _log_probabilities(model, tokenizer, texts: Sequence[str]) -> list[float]:
    """The log-probability of each text in nats, behind the token that begins or ends texts."""
    start = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id
    rows = [[start, *ids] for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]
    order = sorted(range(len(rows)), key=lambda place: -len(rows[place]))
    found = [0.0] * len(rows)
    for first in tqdm(range(0, len(order), ROWS), desc="facts", unit=" batches", delay=5):
        places = order[first : first + ROWS]
        width = len(rows[places[0]])
        ids = torch.full((len(places), width), start)
        mask = torch.zeros(len(places), width, dtype=torch.long)
        for row, place in enumerate(places):
            ids[row, : len(rows[place])] = torch.tensor(rows[place])
            mask[row, : len(rows[place])] = 1
        ids, mask = ids.to(model.device), mask.to(model.device)
        with torch.inference_mode():
            logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()
        chosen = torch.log_softmax(logits, -1).gather(2, ids[:, 1:, None])[..., 0]
        for place, total in zip(places, (chosen * mask[:, 1:]).sum(1).tolist(), strict=True):
            found[place] = total
    return found


def _places(text: str, gene: str) -> list[re.Match]:
    return list(re.finditer(rf"(?<![\w-]){re.escape(gene)}(?![\w-])", text))


def _with_gene(text: str, gene: str, other: str) -> str:
    [place] = _places(text, gene)
    return text[: place.start()] + other + text[place.end() :]
