"""Rewards by hand, and under attack: what is malformed or lazy must not pay."""

import random
from collections import Counter
from functools import cached_property

import numpy as np
import pytest

from reasonome.benchmarks.rows import read_rows
from reasonome.prompts.prompts import Prompt
from reasonome.rewards import Policy, total
from reasonome.scoring.encoders import SentenceEncoder
from reasonome.tasks import TASKS
from reasonome.tasks.naming import baselines
from reasonome.tasks.naming.baselines.questions import Questions
from reasonome.tasks.naming.constant_names import common_word_rows
from reasonome.tasks.naming.dialogue import MAX_NAME_CHARACTERS, MAX_NAME_WORDS
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.training.grpo import best_policy, lazy_earnings
from reasonome.training.reward_scorer import RewardScorer

TASK = TASKS["gene_set_naming"]


def completion(name, reasoning="<think>one</think>"):
    return f"Process: {name}\nReasoning:\n{reasoning}"


def earned(name, texts, similarity=None):
    """One reward for completions whose truth is "DNA repair"."""
    truth = Example(id="GO:1", subset="bp", name="DNA repair", genes=[Gene(symbol="A")])
    return TASK.rewards()[name].function([TASK.parse(text) for text in texts], [truth] * len(texts), similarity)


TEXTS = [
    completion("DNA repair"),
    completion("DNA binding"),
    completion("growth", "<think></think>"),
    "Process: DNA repair",
    completion("DNA repair\nProcess: DNA repair"),
    "<think>DNA repair</think>",
    "",
]


def test_rewards_by_hand():
    # ROUGE-L of "DNA binding": one of two words on either side, 1/2. Several names or none: nothing.
    assert earned("rouge_l", TEXTS) == [1, 0.5, 0, 1, 0, 0, 0]
    assert earned("format", TEXTS) == [1, 1, 1, 1, 0, 0, 0]
    assert earned("reasoning", TEXTS) == [1, 1, 0, 0, 1, 0, 0]


def test_similarity_asks_once_for_usable_names_and_cuts_below_nothing():
    asked = []

    def cosines(first, second):
        asked.append((list(first), list(second)))
        return np.array([1.0000002, 0.25, -0.5, 0.75])

    assert earned("similarity", TEXTS, cosines) == [1, 0.25, 0, 0.75, 0, 0, 0]
    assert asked == [(["DNA repair", "DNA binding", "growth", "DNA repair"], ["DNA repair"] * 4)]
    assert earned("similarity", ["", "x"], None) == [0, 0]


def test_the_total_is_the_weighted_sum():
    parts = {"similarity": [0.5, 0], "format": [1, 0.5]}
    assert total(parts, {"similarity": 2.0, "format": 1.0}).tolist() == [2, 0.5]


@pytest.mark.parametrize("text", [*TEXTS, "Process: " + "DNA repair " * 5_000, "\0", "<think>" * 1_000])
def test_rewards_stay_in_their_range(text):
    for name, reward in TASK.rewards().items():
        (value,) = earned(name, [text], lambda first, second: np.full(len(first), 1.0))
        assert reward.low <= value <= reward.high


# --- lazy answers -------------------------------------------------------------------------------------

STYLES = {"names": "{symbol} ({name})", "symbols": "{symbol}"}


def copies(shown, style, genes):
    """Policy → the name that it gives to a set of genes of which `shown` are in the prompt."""
    example = Example(id="GO:1", subset="bp", name="DNA repair", genes=genes)
    asked = NamingStyle(system="", user="{genes}", gene=STYLES[style], budget_tokens=99)
    prompt = Prompt([], shown, 0, "")
    lazy = [policy for policy in TASK.policies([example], asked) if policy.copies]
    answers = {policy.name: TASK.parse(policy.completion(example, prompt)) for policy in lazy}
    assert all(answer.problems == [] for answer in answers.values()), "in the form that is asked for"
    return {name: answer.name for name, answer in answers.items()}


def test_copies_are_of_what_the_prompt_shows_of_its_genes(snapshot):
    genes = [Gene(symbol="A", name="DNA ligase 1"), Gene(symbol="B", name="DNA helicase B"), Gene(symbol="C")]
    assert copies(["B", "A"], "names", genes) == snapshot
    assert copies(["B", "A"], "symbols", genes) == {"copied gene name": "B", "cut gene names": "B, A"}
    assert copies(["C", "A"], "names", genes)["copied gene name"] == "C", "its name is unknown"


def test_as_many_names_are_copied_as_a_name_may_hold():
    genes = [Gene(symbol=f"G{number}", name="long gene name") for number in range(20)]
    copied = copies([gene.symbol for gene in genes], "names", genes)["cut gene names"]
    assert copied == ", ".join(["long gene name"] * 10)  # 30 words


def test_copies_stand_beside_the_best_constant_whatever_they_earn():
    """ROUGE-L alone: the truth of both is "DNA repair", the constants are it and other names."""
    examples = [Example(id=f"GO:{n}", subset="bp", name="DNA repair", genes=[Gene(symbol="A")]) for n in (1, 2)]
    scorer = RewardScorer(TASK, {"rouge_l": 1.0}, None)
    given = [
        Policy("a copy", lambda example, prompt: "Process: DNA repair", copies=True),
        Policy("none", lambda example, prompt: "Process: growth"),
        Policy("half", lambda example, prompt: "Process: DNA binding"),
    ]
    best = best_policy(scorer, given, examples, [None, None])
    assert lazy_earnings(scorer, [best, given[0]], examples, [None, None]) == {
        **{"name": "half", "rouge_l": 0.5, "reward": 0.5},
        "copies": [{"name": "a copy", "rouge_l": 1.0, "reward": 1.0}],
    }


# --- attacks on real names, with the real encoder and the weights of the shipped recipe ---------------


class Attacked:
    """300 training examples of the demo, the reward of any answer to them, and the yardsticks."""

    def __init__(self, project, folder, encoder):
        recipe = project.recipes["grpo"]["soft"]
        self.training = read_rows(folder / "train.jsonl", Example)
        random.Random(0).shuffle(self.training)
        self.examples = self.training[:300]
        self.held_out = read_rows(folder / "test.jsonl", Example)
        self.style = project.style("demo-go", recipe.style)
        self.scorer = RewardScorer(TASK, recipe.rewards, SentenceEncoder(encoder, "mean").similarity)
        prompts = [TASK.prompt(example, self.style) for example in self.examples]
        policies = TASK.policies(self.training, self.style)
        lazy = [best_policy(self.scorer, policies, self.examples, prompts), *(p for p in policies if p.copies)]
        earned = lazy_earnings(self.scorer, lazy, self.examples, prompts)
        self.constant_name, self.constant = earned["name"], earned["reward"]
        # What stands beside the curve of a training.
        self.beside = {one["name"]: one["reward"] for one in (earned, *earned["copies"])}
        self.blind = max(self.constant, self.reward(completion(self.baseline("common_words", self.examples)[0])))

        self.phrases = self.reward([completion(name) for name in self.baseline("commonest_phrase", self.examples)])

    def reward(self, texts, examples=None) -> float:
        """Mean reward of one text for all examples, or of one each."""
        examples = examples or self.examples
        texts = [texts] * len(examples) if isinstance(texts, str) else texts
        return float(self.scorer.components(texts, examples)["reward"].mean())

    def prompt(self, example):
        return TASK.prompt(example, self.style).messages

    def baseline(self, name, examples):
        return baselines.BASELINES[name].answer(Questions(examples, self.style, 0, self.training))[0]

    @cached_property
    def common(self):
        """Training names, those of the commonest words first."""
        words = Counter(word for example in self.training for word in example.name.split())
        names = dict.fromkeys(example.name for example in self.training)
        return sorted(names, key=lambda name: -np.mean([words[word] for word in name.split()]))

    @cached_property
    def central(self):
        """Training names, those first that earn most as a constant (each third is tried)."""
        names = list(dict.fromkeys(example.name for example in self.training))[::3]
        return sorted(names, key=lambda name: self.reward(f"Process: {name}"), reverse=True)


@pytest.fixture(scope="module")
def attacked(project, demo_benchmark, encoder_model):
    return Attacked(project, demo_benchmark, encoder_model)


def several_lines(names):
    return "\n".join(f"Process: {name}" for name in names)


def cut(text):
    """As much of a text as a name may hold."""
    return " ".join(text.split()[:MAX_NAME_WORDS])[:MAX_NAME_CHARACTERS]


# What ignores the question: attack → completion, given what the attacker knows of training.
ATTACKS = {
    "empty": lambda a: "",
    "several Process lines": lambda a: several_lines(a.common[:10]),
    "a second Process line in a think": lambda a: completion(a.constant_name, "<think>\nProcess: growth</think>"),
    "all names joined": lambda a: completion(", ".join(a.common)),
    "10,000 characters": lambda a: completion("a" * 10_000),
    "the constant over and over": lambda a: completion(f"{a.constant_name} " * 300),
    "the constant, tags without text": lambda a: completion(a.constant_name, "<think></think>" * 3),
    "reasoning only": lambda a: "Reasoning:\n<think>They share a function.</think>",
    "the constant twice, joined": lambda a: completion(f"{a.constant_name} and {a.constant_name}"),
    "the constant in a think": lambda a: completion("", f"<think>{a.constant_name}</think>"),
    "the constant, an unclosed tag": lambda a: completion(a.constant_name, "<think>one"),
    "the constant, not reasoned": lambda a: f"Process: {a.constant_name}",
    "the constant after a think": lambda a: f"<think>one</think>\nProcess: {a.constant_name}",
    "HTML around the constant": lambda a: completion(f"<b>{a.constant_name}</b>"),
    "an HTML page": lambda a: f"<html><body>\nProcess: {a.constant_name}\n</body></html>",
    "a placeholder": lambda a: completion("<name>"),
    "stop words": lambda a: completion("of the and in to a"),
    "punctuation": lambda a: completion("..."),
}
LISTS = [
    (kind, count, separator)
    for kind in ("common", "central")
    for count in (2, 3, 5, 10)
    for separator in ("; ", " / ", ", ", " and ")
]
# What repeats the question: attack → completion, given an example.
ECHOES = {
    "the prompt": lambda a, e: "\n".join(message["content"] for message in a.prompt(e)),
    "the prompt as a name": lambda a, e: completion(cut(a.prompt(e)[1]["content"])),
    "symbols": lambda a, e: completion(cut(" ".join(gene.symbol for gene in e.genes))),
    "one gene's name": lambda a, e: completion(e.genes[0].name),
    "two genes' names": lambda a, e: completion(" and ".join(gene.name for gene in e.genes[:2])),
    "all genes' names": lambda a, e: completion(", ".join(gene.name for gene in e.genes)),
    "genes' names": lambda a, e: completion(cut(", ".join(gene.name for gene in e.genes))),
}


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_ignoring_the_contract_does_not_pay(attacked, attack):
    reward = attacked.reward(ATTACKS[attack](attacked))
    print(f"{reward:.4f} {attack}; the constant earns {attacked.constant:.4f}")
    assert reward <= attacked.constant


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "count", "separator"), LISTS)
def test_a_list_of_guesses_does_not_pay(attacked, kind, count, separator):
    """Ontology names hold commas and "and", so that lists of a few names pass for one.

    The yardstick is the better of the two answers that baselines give without a look at the question: the best
    constant name, or the commonest words in a row.
    """
    reward = attacked.reward(completion(separator.join(getattr(attacked, kind)[:count])))
    print(f"{reward:.4f} {count} {kind} names joined by {separator!r}; without a look {attacked.blind:.4f}")
    assert reward <= (attacked.constant if separator in ("; ", " / ") else attacked.blind)


@pytest.mark.slow
def test_a_row_of_common_words_earns_less_than_a_look_at_the_genes(attacked):
    """A known limit: similarity and overlap pay for typical words, so that a row of them may beat any name.

    No parser can tell it from a name, so it counts as a constant answer. It earns less than the lightest look
    at the question does.
    """
    rows = common_word_rows([example.name for example in attacked.training])
    rewards = {row: attacked.reward(completion(row)) for row in rows}
    print(rewards)
    assert max(rewards.values()) <= attacked.constant < attacked.phrases


@pytest.mark.slow
@pytest.mark.parametrize("attack", ECHOES)
def test_echoing_the_question_earns_no_more_than_what_stands_beside_the_curve(attacked, attack):
    """Names of genes say something about the set, so that repeating them may earn more than a constant.

    Where it does, a copy that earns as much is drawn beside the curve of a training, so that nobody takes it for more.
    """
    reward = attacked.reward([ECHOES[attack](attacked, example) for example in attacked.examples])
    print(f"{reward:.4f} {attack}; beside the curve {attacked.beside}")
    assert reward <= max(attacked.beside.values())


@pytest.mark.slow
def test_copies_earn_more_than_the_best_constant(attacked):
    """A known limit, which is why they stand beside it: a reward between them may be either."""
    print(attacked.beside)
    assert attacked.constant == attacked.beside[attacked.constant_name]
    assert attacked.constant < attacked.beside["copied gene name"] < attacked.beside["cut gene names"]
    assert attacked.beside["cut gene names"] < attacked.phrases


@pytest.mark.slow
def test_no_answer_without_a_look_at_the_question_comes_near_one_that_looks(attacked, project):
    """A look at whole sets: the demo's own prompts show so few genes that the nearest of them earns no more than common
    words (2.647 and 2.657)."""
    whole = project.style("demo-go", "names")
    rewards = {}
    for name in ("constant", "common_words", "nearest_prompt"):
        (answers,) = baselines.BASELINES[name].answer(Questions(attacked.held_out, whole, 0, attacked.training))
        rewards[name] = attacked.reward([completion(answer) for answer in answers], attacked.held_out)
    print(rewards)
    assert max(rewards["constant"], rewards["common_words"]) < rewards["nearest_prompt"] - 0.2
