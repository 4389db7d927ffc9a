"""The placebo of GRPO: right answers of other questions."""

import json

import grpo_steps
import pytest
import tiny_training
from ranking_questions import locus
from refusals import refused
from test_stated_confidence import with_recipe
from transformers import AutoTokenizer

from reasonome.answering.engine import token_ids
from reasonome.config.project import experiments
from reasonome.prompts.chat_template import render
from reasonome.report.origins import learned_from
from reasonome.rewards import Reward
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.training.grpo import grpo, shuffled_gold
from reasonome.training.job import TrainingJob

NAMING, GENES, LOCI, PATHWAYS = (
    TASKS[name] for name in ("gene_set_naming", "gene_classification", "causal_gene_ranking", "pathway_qa")
)


def gene_set(number, subset="bp"):
    names = {"name": f"name {number}", "synonyms": [f"synonym {number}"]}
    return Example(id=f"GO:{number}", subset=subset, genes=[{"symbol": f"GEN{number}"}], **names)


def test_every_question_gets_the_answer_of_another_one_of_its_subset():
    sets = [gene_set(number, "bp" if number % 3 else "cc") for number in range(12)]
    placebo = shuffled_gold(NAMING, sets, 0)
    for own, given in zip(sets, placebo, strict=True):
        assert given.name != own.name and given.synonyms == [given.name.replace("name", "synonym")]
        assert given == own.model_copy(update={"name": given.name, "synonyms": given.synonyms})
        source = next(other for other in sets if other.name == given.name)
        assert source.subset == own.subset
        assert NAMING.prompt(given, grpo_steps.STYLE) == NAMING.prompt(own, grpo_steps.STYLE)
    assert {given.name for given in placebo} == {own.name for own in sets}, "each once"
    assert shuffled_gold(NAMING, sets, 0) == placebo != shuffled_gold(NAMING, sets, 1)


def test_the_only_question_of_a_subset_can_get_no_other_answer():
    with refused(field="gold", fix="take more questions"):
        shuffled_gold(NAMING, [gene_set(0), gene_set(1), gene_set(2, "cc")], 0)


def test_the_right_candidate_of_a_ranking_is_at_the_place_of_the_others():
    own, other = locus("l", "A B C D", "B"), locus("m", "E F G H I J", "I G")
    # G is third and I is fifth: of four candidates the third and the first.
    given = LOCI.with_gold_of(own, other)
    assert given.right == {"C", "A"} and LOCI.with_gold_of(other, own).right == {"F"}
    style = RankingStyle(gene="{symbol}", budget_tokens=100, reasoning="none", system="", user="{trait}: {genes}")
    assert LOCI.prompt(given, style) == LOCI.prompt(own, style)
    anywhere = [locus(name, "", right) for name, right in (("l", "A"), ("m", "B C"))]
    assert LOCI.with_gold_of(*anywhere).right == {"B", "C"}


def test_a_class_and_an_answer_about_enrichment_are_those_of_another_question():
    target = {"question": "Is it one?", "classes": ["yes", "no"], "shares": {"yes": 0.5, "no": 0.5}}
    own, other = (
        GENES.Example(id=one, subset="kinase", columns={"gene": one}, answer=answer, target=target)
        for one, answer in (("A", "yes"), ("B", "no"))
    )
    assert GENES.with_gold_of(own, other) == own.model_copy(update={"answer": "no"})

    def asked(name, answer, value):
        said = {"set": name, "tissue": "eye", "value": value}
        facts = {"asks": "direction", "tissues": ("eye",), "places": ("eye",), "about": ((name, "eye"),)}
        columns = {"question": f"Does {name} go up in the eye?"}
        return PATHWAYS.Example(id=name, subset="d", columns=columns, answer=answer, statements=(said,), **facts)

    given = PATHWAYS.with_gold_of(asked("Repair", "up", "up"), asked("Cycle", "down", "down"))
    answer = PATHWAYS.parse("Answer: down\nRepair; eye; down\nConfidence: 90")
    assert (given.answer, PATHWAYS.verified(answer, given)) == ("down", 1.0)


class Noting(grpo_steps.Vowels):
    """Pays for vowels, and notes by which right answer of which question."""

    def __init__(self):
        self.noted = set()

    def rewards(self, grading=None):
        """The share of vowels."""

        def pay(texts, examples, similarity):
            self.noted |= {(example.id, example.name) for example in examples}
            return list(map(grpo_steps.share, texts))

        return super().rewards(grading) | {"rouge_l": Reward(pay, 0.0, 1.0, semantic=True)}


@pytest.mark.slow
def test_completions_are_rewarded_by_other_answers_and_held_out_ones_by_their_own(tiny_models, signal_handlers):
    settings = {"rows": {"take": 8}, "validate_every": 3, "shared_questions": "never"}
    folder = grpo_steps.prepare(tiny_models, gold="shuffled", **settings)
    file = tiny_models.parent.parent / "examples.jsonl"
    job = TrainingJob(
        tiny_training.read_recipe(folder), folder, {"examples": file, "valid": file}, {"demo-go": grpo_steps.STYLE}
    )
    task = Noting()
    training = job.examples("demo-go", task)
    grpo(job, task, None)
    own = {row["id"]: row["name"] for row in map(json.loads, file.read_text().splitlines())}
    validation = json.loads((folder / "validation.json").read_text())
    held_out = {(identifier, own[identifier]) for identifier in validation["ids"]}
    given = {(example.id, example.name) for example in shuffled_gold(task, training, 0)}
    assert task.noted == held_out | given and held_out.isdisjoint(given) and len(given) == 8

    manifest, run = (json.loads((folder / f"{name}.json").read_text()) for name in ("manifest", "run"))
    assert manifest["recipe"]["gold"] == "shuffled"
    assert learned_from(manifest).endswith("; a placebo: rewarded by the right answers of other questions")

    # Each of four prompts was read for four completions in two epochs, held-out ones before, at step 3 and after.
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    rows = {row["id"]: task.Example(**row) for row in map(json.loads, file.read_text().splitlines())}

    def tokens(identifiers):
        messages = [task.prompt(rows[identifier], grpo_steps.STYLE).messages for identifier in identifiers]
        return sum(map(len, token_ids(tokenizer, [render(tokenizer, one) for one in messages])))

    prompted = [example.id for example in training[:4]]
    assert run["prompt_tokens"] == 4 * 2 * tokens(prompted) + 3 * tokens(validation["ids"])


@pytest.mark.parametrize(
    ("settings", "key"),
    [({"gold": "shuffle"}, ".gold"), ({"gold": "shuffled", "rewards": {"format": 1.0, "rouge_l": 0.0}}, ".gold")],
)
def test_mistakes_in_the_setting_are_told_with_file_and_key(config, settings, key):
    with refused(config / "recipes/grpo.yaml", field=f"variants.tried{key}"):
        load_project(with_recipe(config, "grpo", **settings))


def test_the_plan_of_the_report_says_which_step_is_a_placebo(config):
    file = config / "experiments/demo.yaml"
    file.write_text(file.read_text().replace("grpo.soft]", "grpo.tried]"))
    plan = experiments.report_plan(load_project(with_recipe(config, "grpo", gold="shuffled")), "demo")
    assert [step.get("placebo") for step in plan["steps"]] == [None, None, True]
