"""Training for rankings: what SFT learns, what teachers write, what GRPO rewards, and their experiments."""

import grpo_steps
import pytest
import tiny_project
from ranking_questions import TASK, question
from refusals import refused

from reasonome.answering.chat_endpoint import ApiAnswer
from reasonome.config.project import Project, chains, experiments
from reasonome.config.teachers import OpenAITeacher
from reasonome.scoring.own_functions import own_rewards
from reasonome.stages.grpo import GrpoRecipe
from reasonome.task_parts import TeachingJob
from reasonome.tasks import load_project
from reasonome.tasks.ranking import teaching
from reasonome.tasks.ranking.ranked_list import render_ranking
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.training.grpo import RewardScorer, best_policy, policy_earnings, semantic_quarters

TEXTS = {"system": "Rank the genes.", "user": "Trait: {trait}\nGenes: {genes}"}
ANSWER = RankingStyle(gene="{symbol}", separator=", ", budget_tokens=200, reasoning="none", **TEXTS)
SHORT = ANSWER.model_copy(update={"reasoning": "short", "words": 30})
WEIGHTS = {"chance_corrected": 1.0, "listed": 0.5, "format": 0.5}


def prompted(example, style=SHORT):
    return TASK.prompt(example, style)


@pytest.fixture
def configured(tmp_path):
    """The shipped configuration with one change."""

    def change(file: str, before: str, after: str) -> Project:
        path = tiny_project.copied_config(tmp_path) / file
        text = path.read_text(encoding="utf-8")
        assert text.count(before) == 1
        path.write_text(text.replace(before, after), encoding="utf-8")
        return load_project(tmp_path / "config")

    return change


# --- what is learned -------------------------------------------------------------------------------------------


def test_where_every_gene_is_a_candidate_the_teachers_other_genes_follow():
    example = question().model_copy(update={"candidates": []})
    prompt = prompted(example, ANSWER)
    assert prompt.shown == []
    assert TASK.completion(example, prompt, ANSWER, None) == "<genes>[C]</genes>"
    proposal = {"proposed": "narc, PCSK9, LDLR", "steps": ["It fits."]}
    assert TASK.completion(example, prompt, ANSWER, proposal) == "<genes>[C, PCSK9, LDLR]</genes>"


# --- the teacher behind an endpoint ----------------------------------------------------------------------------


def _asked_and_kept(monkeypatch, tmp_path, examples, answers):
    """What of a teacher's answers is kept, in the way of write_reasoning.py."""
    teacher = OpenAITeacher(kind="openai", model="any", api_key_variable="KEY", encoder="minilm")
    monkeypatch.setattr(teaching.openai, "ask_beside", lambda *_: answers)
    prompts = {example.id: TASK.prompt(example, SHORT) for example in examples}
    about = {"name": "demo-loci", "benchmark": None, "style": SHORT, "teacher": teacher}
    job = TeachingJob(**about, output=tmp_path / "kept.jsonl", examples=examples, prompts=prompts)
    return TASK.teaching.keep(job, TASK.teaching.propose(job))


def test_what_an_endpoint_says_stays_where_its_first_gene_is_right(monkeypatch, tmp_path):
    texts = {
        "right": render_ranking(["C", "A"], "C fits."),
        "by alias": render_ranking(["narc", "A"], "It fits."),
        "repeated": render_ranking(["C", "A", "A"], "C fits."),
        "wrong": render_ranking(["A", "C"], "A fits."),
        "no reasoning": "<genes>[C]</genes>",
        "cut": "<reasoning>C fits.",
    }
    answers = {key: ApiAnswer(text, "length" if key == "cut" else "stop", 1, 1) for key, text in texts.items()}
    examples = [question(id=key) for key in texts]
    kept, dropped = _asked_and_kept(monkeypatch, tmp_path, examples, answers)
    assert [row["id"] for row in kept] == ["right", "by alias", "repeated"]
    assert kept[0]["steps"] == ["C fits."] and kept[0]["proposed"] == "C, A" and kept[0]["name"] == "C"
    reasons = {row["id"]: row["reason"] for row in dropped}
    assert reasons["wrong"] == teaching.WRONG_GENE
    assert reasons["no reasoning"] == "no_reasoning"
    assert reasons["cut"].startswith("length, ") and "no_list" in reasons["cut"]


# --- rewards ---------------------------------------------------------------------------------------------------


def test_what_is_watched_is_reported_beside_what_is_weighted():
    scorer = RewardScorer(TASK, {"chance_corrected": 2.0}, None, ANSWER)
    earned = scorer.components(["<genes>[C, A, B]</genes>", "no list"], [question()] * 2)
    assert earned["reciprocal_rank"].tolist() == [1, 0] and earned["listed"].tolist() == [0.5, 0]
    assert earned["format"].tolist() == [1, 0] and earned["top_one"].tolist() == [1, 0]
    # 1 less (1 + 1/2 + 1/3) / 6
    assert earned["reward"] == pytest.approx([2 * (1 - 11 / 36), 0])


def test_lazy_policies_by_hand():
    # Prompt order is seeded; the alphabet puts C third of six: 1/3 - H(6)/6 = 0.3333 - 0.4083.
    scorer = RewardScorer(TASK, WEIGHTS, None, ANSWER)
    examples = [question(id="q0"), question(id="q1")]
    prompts = [prompted(example, ANSWER) for example in examples]
    policies = TASK.policies(examples, ANSWER)
    earned = {policy.name: policy_earnings(scorer, policy, examples, prompts) for policy in policies}
    assert earned["alphabetical"]["chance_corrected"] == pytest.approx(1 / 3 - 2.45 / 6)
    assert earned["alphabetical"]["reward"] == pytest.approx(1 / 3 - 2.45 / 6 + 1)
    assert earned["commonest causal gene first"]["reciprocal_rank"] == 1
    assert earned["first candidate alone"]["listed"] == pytest.approx(1 / 6)
    assert best_policy(scorer, policies, examples, prompts).name == "commonest causal gene first"


def test_semantic_quarters_leave_the_form_out_and_count_graders(tmp_path):
    (tmp_path / "mine.py").write_text("def vowels(answer, example): return 0.5\n")
    graders = {"vowels": {"function": "mine.py:vowels", "weight": 2.0}}
    recipe = GrpoRecipe.model_validate(grpo_steps.RECIPE | {"rewards": WEIGHTS, "graders": graders})
    rewards = {**TASK.rewards(recipe.grading), **own_rewards(recipe.graders, tmp_path)}
    entry = {"reward": 9.0, "rewards/listed/mean": 1.0, "rewards/format/mean": 1.0}
    log = [{**entry, "rewards/chance_corrected/mean": x, "rewards/vowels/mean": 0.5} for x in (0.1, 0.2, 0.3, 0.4)]
    quarters = semantic_quarters(log, rewards, recipe.weights)
    assert quarters == pytest.approx({"semantic_first_quarter": 0.1 + 1.0, "semantic_last_quarter": 0.4 + 1.0})


def test_another_grader_makes_another_recipe(tmp_path, monkeypatch, configured):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def grade(answer, example):\n    return 1.0\n")
    with_grader = GRPO_OF_LOCI + "    graders: {mine: {function: mine.py:grade}}\n"
    project = configured("recipes/grpo.yaml", GRPO_OF_LOCI, with_grader)
    step = chains.Step("grpo", "fewloci", 0)
    first = step.recipe(project.recipes).graders["mine"].sha256
    commented = '"""Mine."""\ndef grade(answer, example):\n    """One."""\n    return 1.0  # whatever it is\n'
    (tmp_path / "mine.py").write_text(commented)
    assert step.recipe(project.recipes).graders["mine"].sha256 == first
    (tmp_path / "mine.py").write_text("def grade(answer, example):\n    return 0.5\n")
    assert step.recipe(project.recipes).graders["mine"].sha256 != first


CAUSAL_GENES = "experiments/causal-genes.yaml"
GRPO_OF_LOCI = "    benchmark: demo-loci\n"


@pytest.mark.parametrize(
    ("file", "before", "after", "field", "fix"),
    [
        (
            "recipes/grpo.yaml",
            GRPO_OF_LOCI,
            GRPO_OF_LOCI + "    grading: {longest_list: 5}\n",
            "variants.fewloci.grading.longest_list",
            "longest_list: 25",
        ),
        (
            CAUSAL_GENES,
            "  base: {steps: [], styles: [long, short, answer]}\n",
            "",
            "backbones.1",
            "add an arm without steps",
        ),
    ],
)
def test_settings_that_do_not_go_together(configured, file, before, after, field, fix):
    with refused(file, field=field, fix=fix):
        configured(file, before, after)


# --- experiments -----------------------------------------------------------------------------------------------


def test_untrained_backbones_are_asked_in_the_arms_without_steps_alone(project):
    runs = experiments.cells(project, "causal-genes")
    large = [run for run in runs if run.backbone == "llama-3.1-70b"]
    assert large and {run.arm for run in large} == {"base"}
    assert {run.backbone for run in runs if run.chain != chains.BASE} == {"llama-3.1-8b"}


def test_the_transfer_matrix_is_whole(project):
    """Every training source is asked on both benchmarks, every training style in all three."""
    runs = experiments.cells(project, "causal-genes")
    asked = {(run.arm, run.benchmark, run.style) for run in runs if run.backbone == "llama-3.1-8b"}
    sources = ("GRPO rank", "GRPO rank, rare diseases")
    assert {(arm, b, "short") for arm in sources for b in ("gwas-loci", "rare-cases")} <= asked
    trained_in = ("GRPO rank", "GRPO rank, long style", "GRPO rank, answer style")
    assert {(arm, "gwas-loci", style) for arm in trained_in for style in ("long", "short", "answer")} <= asked
