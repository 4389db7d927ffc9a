"""Confidences that targets state, and statements beside questions: what SFT learns from."""

import json

import pytest
import tiny_training
from datasets import Dataset
from ranking_questions import locus
from refusals import refused
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

from reasonome.answering.rows import AnswerRow
from reasonome.core import atomic
from reasonome.prompts.chat_template import answered
from reasonome.stages import STAGES
from reasonome.tasks import TASKS, load_project
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.ranking.scoring import score_rankings
from reasonome.tasks.ranking.settings import RankingStyle
from reasonome.training.pretrain import missed_facts, sample_statements
from reasonome.training.sft import conversations, sft

NAMING, GENES, LOCI = (TASKS[name] for name in ("gene_set_naming", "gene_classification", "causal_gene_ranking"))
STYLE = NamingStyle(gene="{symbol}", budget_tokens=100, confidence=True, system="", user="Genes: {genes}")


def gene_set(number, name, stratum=""):
    return Example(id=f"GO:{number}", subset="bp", name=name, genes=[{"symbol": f"GEN{number}"}], stratum=stratum)


def test_targets_state_50_where_a_confidence_is_asked_for():
    rows = conversations(NAMING, STYLE, [gene_set(0, "DNA repair")], None)
    said = rows[0]["completion"][0]["content"]
    assert said == "Process: DNA repair\nConfidence: 50" and NAMING.parse(said, STYLE).confidence == 0.5
    silent = STYLE.model_copy(update={"confidence": False})
    assert (
        conversations(NAMING, silent, [gene_set(0, "DNA repair")], None)[0]["completion"][0]["content"]
        == "Process: DNA repair"
    )


def test_targets_state_one_of_several_confidences_by_the_question():
    sets = [gene_set(number, "DNA repair") for number in range(300)]
    rows = conversations(NAMING, STYLE, sets, None, (10, 90))
    stated = [row["completion"][0]["content"].rpartition(" ")[2] for row in rows]
    assert set(stated) == {"10", "90"} and 120 < stated.count("90") < 180
    assert conversations(NAMING, STYLE, sets[::-1], None, (10, 90)) == rows[::-1]


def test_reasoning_comes_before_the_confidence():
    proposal = {"proposed": "DNA repair", "steps": ["GEN0 does it."]}
    one = gene_set(0, "DNA repair")
    text = NAMING.completion(one, NAMING.prompt(one, STYLE), STYLE, proposal, 0.2)
    assert text == "Process: DNA repair\nReasoning:\n<think>GEN0 does it.</think>\nConfidence: 20"
    assert NAMING.parse(text, STYLE).problems == []


@pytest.mark.parametrize(
    ("text", "earned"),
    [
        ("Process: DNA repair\nConfidence: 80", 2 * 0.8 - 0.64),
        ("Process: mitosis\nConfidence: 80", -0.64),
        ("Process: mitosis\nConfidence: 0", 0.0),
        ("Process: DNA repair", -1.0),
        ("no name\nConfidence: 100", -1.0),
    ],
)
def test_the_reward_of_a_confidence_by_hand(text, earned):
    reward = NAMING.rewards()["confidence"].function
    assert reward([NAMING.parse(text, STYLE)], [gene_set(0, "DNA repair")], None) == [pytest.approx(earned)]


def test_the_exact_reward():
    one = gene_set(0, "DNA repair").model_copy(update={"synonyms": ["mending of DNA"]})
    names = ["DNA repair", "dna-repair", "mending of DNA", "DNA repair process", ""]
    answers = [NAMING.bare(name) for name in names]
    assert NAMING.rewards()["exact"].function(answers, [one] * 5, None) == [1, 1, 0, 0, 0]
    assert [NAMING.right(answer, one) for answer in answers] == [True, True, True, False, False]


SURE = RankingStyle(gene="{symbol}", budget_tokens=100, reasoning="none", confidence=True, system="", user="{genes}")
LIST = "<genes>[B, A, C, D]</genes>"


@pytest.mark.parametrize(
    ("task", "style", "asked"),
    [(NAMING, STYLE, gene_set(0, "DNA repair")), (LOCI, SURE, locus("l", "A B C D", "B"))],
    ids=["names", "rankings"],
)
def test_lazy_policies_keep_the_form_of_a_style_with_confidence(task, style, asked):
    prompt = task.prompt(asked, style)
    for policy in task.policies([asked], style):
        answer = task.parse(policy.completion(asked, prompt), style)
        assert (answer.problems, answer.confidence is None) == ([], False)


def test_a_ranking_states_how_sure_its_first_gene_is():
    asked = locus("l", "A B C D", "B")
    target = LOCI.completion(asked, LOCI.prompt(asked, SURE), SURE, None, 0.25)
    assert target.startswith("<genes>[B, ") and target.endswith("]</genes>\nConfidence: 25")
    read = LOCI.parse(target, SURE)
    assert (read.genes[0], read.confidence, read.problems) == ("B", 0.25, [])
    silent = SURE.model_copy(update={"confidence": False})
    assert LOCI.parse(target, silent).problems == ["text_outside"] and LOCI.parse(target, silent).confidence is None
    assert "Confidence" not in LOCI.completion(asked, LOCI.prompt(asked, silent), silent, None, 0.25)


@pytest.mark.parametrize(
    ("text", "confidence", "problems", "earned"),
    [
        (f"{LIST}\nConfidence: 80", 0.8, [], 2 * 0.8 - 0.64),
        (f"{LIST.replace('B, A', 'A, B')}\n**Confidence:** 80 %", 0.8, [], -0.64),
        (f"{LIST}\nConfidence: 0", 0.0, [], 0.0),
        (LIST, None, ["no_confidence"], -1.0),
        (f"{LIST}\nConfidence: 0.8", None, ["no_confidence"], -1.0),  # of one, or of a hundred?
        (f"{LIST}\nConfidence: 80\nso", 0.8, ["text_outside"], 2 * 0.8 - 0.64),
        (f"{LIST}\nConfidence: 5\nConfidence: 95", None, ["text_outside", "no_confidence"], -1.0),
        (f"Confidence: 80\n{LIST}", None, ["text_outside", "no_confidence"], -1.0),
        ("Confidence: 80", None, ["no_list", "text_outside", "no_confidence"], -1.0),
        (f"{LIST}\n{LIST}\nConfidence: 80", 0.8, ["several_lists"], -1.0),
    ],
)
def test_the_confidence_of_a_ranking_and_its_reward_by_hand(text, confidence, problems, earned):
    read = LOCI.parse(text, SURE)
    assert (read.confidence, read.problems) == (confidence, problems)
    [value] = LOCI.rewards()["confidence"].function([read], [locus("l", "A B C D", "B")], None)
    assert value == pytest.approx(earned)


def test_scores_of_rankings_have_the_stated_confidence():
    asked = [locus("l", "A B C D", "B"), locus("m", "A B C D", "C")]
    given = [AnswerRow(id=one, subset="loci", text=LIST + end) for one, end in (("l", "\nConfidence: 80"), ("m", ""))]
    table = score_rankings(LOCI, SURE, asked, given, None, 25, seed=0)
    assert table["confidence"].tolist()[0] == 0.8 and table["confidence"].isna().tolist() == [False, True]
    assert table["confidence_kind"].tolist() == ["stated", ""] and table["top_1"].tolist() == [1, 0]


def test_a_class_is_right_whatever_its_confidence():
    target = {"question": "Is it one?", "classes": ["yes", "no"], "shares": {"yes": 0.5, "no": 0.5}}
    row = GENES.Example(id="1", subset="kinase", columns={"gene": "G"}, answer="yes", target=target)
    for sure in (0, 50, 100):
        assert GENES.right(GENES.parse(f"Answer: yes\nConfidence: {sure}"), row)
        assert not GENES.right(GENES.parse(f"Answer: no\nConfidence: {sure}"), row)


def with_recipe(config, stage, **settings):
    file = config / "recipes" / f"{stage}.yaml"
    text = file.read_text().replace("variants: {}", "variants:")  # of a stage without any
    file.write_text(text + f"  tried: {json.dumps(settings)}\n")
    return config


# --- statements beside questions ---------------------------------------------------------------------


def test_tokens_and_labels_are_trls(tiny_backbone, tmp_path):
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    row = {
        "prompt": [{"role": "user", "content": "Genes: A, B"}],
        "completion": [{"role": "assistant", "content": "Process: repair"}],
    }
    arguments = SFTConfig(
        output_dir=str(tmp_path), use_cpu=True, bf16=False, completion_only_loss=True, report_to="none"
    )
    trainer = SFTTrainer(
        model=str(tiny_backbone), args=arguments, train_dataset=Dataset.from_list([row]), processing_class=tokenizer
    )
    trls = trainer.train_dataset[0]
    ours = answered(tokenizer, row["prompt"], row["completion"][0]["content"]).labelled()
    assert ours == {"input_ids": trls["input_ids"], "labels": trls["labels"]}


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["none", "separate"])
def test_statements_are_learned_beside_questions(tiny_backbone, tmp_path, packing):
    models = tiny_training.make(tmp_path, tiny_backbone)
    statements = {"corpus": "demo", "max_tokens": 200, "share": 0.5}
    job = tiny_training.sft_job(models, statements=statements, packing=packing)
    job.data["statements"] = tmp_path / "train.jsonl"
    sft(job, {"demo-go": NAMING})
    manifest = json.loads((models / "sft.try-s0" / "manifest.json").read_text())
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    whole = sample_statements(tmp_path / "train.jsonl", tokenizer, 200, 0)
    assert manifest["statements"] == round(len(whole) / 2) and manifest["examples"] == 12


# --- drill -------------------------------------------------------------------------------------------


def test_missed_facts_are_read_sooner(tiny_backbone, tmp_path):
    rows = [
        {"text": f"Gene G{n} is for thing {n}.", "gene": f"G{n}", "relation": "r", "object_id": str(n), "weight": 1.0}
        for n in range(400)
    ]
    atomic.write_jsonl(tmp_path / "train.jsonl", rows)
    asked = [{"gene": f"G{n}", "relation": "r", "object_id": str(n), "rank": 1 + n % 2} for n in range(100)]
    atomic.write_jsonl(tmp_path / "recalled.jsonl", [*asked, {**asked[0], "gene": "G399", "rank": 20}])
    missed = missed_facts(tmp_path / "recalled.jsonl")
    assert ("G1", "r", "1") in missed and ("G0", "r", "0") not in missed and len(missed) == 51
    tokenizer = AutoTokenizer.from_pretrained(tiny_backbone)
    drawn = [
        sample_statements(tmp_path / "train.jsonl", tokenizer, 800, seed, missed, times)
        for seed in range(8)
        for times in (1.0, 8.0)
    ]
    odd = [sum(int(text.split()[1][1:]) < 100 and int(text.split()[1][1:]) % 2 for text in texts) for texts in drawn]
    assert sum(odd[1::2]) > 3 * sum(odd[::2])  # of one eighth of the rows, with eight times the weight
    assert drawn[0] == sample_statements(tmp_path / "train.jsonl", tokenizer, 800, 0)


def test_a_drill_needs_a_limit():
    settings = {"stage": "pretrain", "corpus": "demo", "sequence_length": 64, **tiny_training.FEW_STEPS}
    with pytest.raises(ValueError, match="'drill' goes with 'max_tokens'"):
        STAGES["pretrain"].model_validate(settings | {"drill": {"facts": 10, "weight": 2.0}})


def test_confidences_of_targets_need_a_style_that_asks_for_one(config):
    asked = {"benchmark": "demo-go", "teacher": "none", "style": "names", "confidences": [10, 90]}
    with refused(field="variants.tried.confidences", fix="leave them out"):
        load_project(with_recipe(config, "sft", **asked))


def test_a_reward_of_confidences_needs_a_style_that_asks_for_one(config):
    with refused(field="variants.tried.rewards.confidence", fix="leave it out"):
        load_project(with_recipe(config, "grpo", rewards={"rouge_l": 1.0, "confidence": 0.5}))
