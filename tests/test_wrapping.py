"""What other programs write around an answer: what it costs in each track, and that it costs nothing to people."""

import json
from functools import partial

import pandas as pd
import pytest

from reasonome import cli
from reasonome.answering.wrapping import KINDS, read_wrapped, unwrapped
from reasonome.scoring.answer_tables import score_table
from reasonome.tasks import TASKS
from reasonome.tasks.naming.questions import Example, Gene
from reasonome.tasks.naming.settings import NamingStyle


def parse_wrapped(task, text, style=None):
    """The answer of any program."""
    return read_wrapped(partial(task.parse, style=style), text)[0]


NAMING, RANKING = TASKS["gene_set_naming"], TASKS["causal_gene_ranking"]
GOOD = "Process: DNA repair\nReasoning:\n<think>BRCA1 takes part in it.</think>"
STRICT = NamingStyle(gene="{symbol}", budget_tokens=8, system="", user="{genes}")
PUBLISHED = STRICT.model_copy(update={"track": "as-published"})
EXAMPLE = Example(id="1", subset="bp", name="DNA repair", genes=[Gene(symbol="BRCA1")])
TRACE = "Let me see.\nProcess: cell cycle? No.\n"

# (text, kinds of wrapping, whether the strict contract finds the name all the same)
WRAPPED = [
    (f"<think>\n{TRACE}</think>\n\n{GOOD}", ["thinking_block"], False),
    (f"{TRACE}</think>\n\n{GOOD}", ["thinking_block"], False),  # a chat template that opens the block itself
    (f"[THINK]{TRACE}[/THINK]{GOOD}", ["thinking_block"], False),
    (f"<think>a</think><Thinking>b</Thinking>\n{GOOD}", ["thinking_block"], False),
    (f"<think>I close my steps with <think>a</think>, so.</think>\n{GOOD}", ["thinking_block"], False),
    (
        f"<|channel|>analysis<|message|>{TRACE}<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}<|return|>",
        ["thinking_block", "tags_around"],
        False,
    ),
    (GOOD.replace("Process:", "**Process:**"), ["label_spelling"], False),
    (GOOD.replace("Process: DNA repair", "**Process: DNA repair**"), ["label_spelling"], False),
    (GOOD.replace("Process: DNA repair", "**Process:** **DNA repair**"), ["label_spelling"], False),
    (GOOD.replace("Process:", "## Process:"), ["label_spelling"], False),
    (GOOD.replace("Process:", "process :"), ["label_spelling"], False),
    (GOOD.replace("Process:", "1. **PROCESS**:").replace("Reasoning", "## Reasoning"), ["label_spelling"], False),
    (f"```text\n{GOOD}\n```\n", ["code_fence"], False),
    (f"<answer>{GOOD}</answer>", ["tags_around"], False),
    (f"Sure! Here it is:\n\n{GOOD}", ["text_before"], False),
    (
        f"<think>{TRACE}</think>\nSo:\n```\n**Process:** DNA repair\n```",
        ["thinking_block", "code_fence", "text_before", "label_spelling"],
        False,
    ),
    (GOOD.replace("repair\n", "repair<|im_end|>\n"), ["tags_around"], True),
    (GOOD.replace("repair\n", "repair</s>\n"), ["tags_around"], True),
    (GOOD.replace("DNA repair", "\\boxed{DNA repair}"), ["latex_box"], True),
    (GOOD.replace("DNA repair", "$\\boxed{\\text{DNA repair}}$"), ["latex_box"], True),
    (GOOD.replace("repair\n", "repair (0.92)\n"), ["number_behind"], True),
    (GOOD.replace("repair\n", "repair (confidence: 92 %)\n"), ["number_behind"], True),
]

DRAFT = "The form is\nProcess: something\nIt may be\nProcess: cell cycle\n"
WRAPPED += [
    (f"{opens}{DRAFT}{closes}{GOOD}{behind}", ["thinking_block", *more], False)
    for opens, closes, behind, more in (
        ("<unused94>thought\n", "<unused95>", "", []),
        ("\u25c1think\u25b7", "\u25c1/think\u25b7", "", []),
        ("<|channel>thought\n", "\n<channel|>", "", []),
        (
            "<|begin_of_thought|>",
            "<|end_of_thought|>\n\n<|begin_of_solution|>\n",
            "\n<|end_of_solution|>",
            ["tags_around"],
        ),
        ("<reasoning>", "</reasoning>\n<answer>\n", "\n</answer>", ["tags_around"]),
        ("<scratchpad>\n", "</scratchpad>\n", "", []),
        ("<plan a>", "<plan b>", "", []),  # a pair of its own
    )
]
WRAPPED += [
    (f"{GOOD}<|im_end|>\n<|im_start|>user\nProcess: cell cycle", ["text_behind"], False),
    (f"{GOOD}\n\nProcess: DNA repair", ["text_behind"], False),
    ("Process: DNA repair\nProcess: DNA repair", ["text_behind"], False),
    (f"{GOOD}\n\nThe genes: MLH1, MSH2\nProcess: mismatch repair", ["text_behind"], False),
    ('{"Process": "DNA repair", "why": "BRCA1 takes part in it."}', ["json_object"], False),
    (
        '```json\n{"reasons": "BRCA1 takes part\\nin it.", "name": "DNA repair"}\n```',
        ["code_fence", "json_object"],
        False,
    ),
]


@pytest.mark.parametrize(("text", "kinds", "named"), WRAPPED)
def test_a_wrapped_answer_costs_people_nothing(text, kinds, named):
    assert unwrapped(text).kinds == tuple(kinds)
    answer = parse_wrapped(NAMING, text, STRICT)
    assert (answer.name, answer.named) == ("DNA repair", True)
    assert answer.steps == (["BRCA1 takes part in it."] if "BRCA1" in text else [])
    if "json_object" not in kinds:  # which published systems do not ask for
        assert NAMING.parse(text, PUBLISHED).name == "DNA repair"


@pytest.mark.parametrize(("text", "kinds", "named"), WRAPPED)
def test_the_strict_contract_and_its_rewards_are_as_they_were(text, kinds, named):
    strict = NAMING.parse(text, STRICT)
    assert strict.named == named
    rewards = NAMING.rewards()
    earned = {
        name: rewards[name].function([strict], [EXAMPLE], None) for name in ("exact", "rouge_l", "format", "reasoning")
    }
    assert earned["format"] == [float(named)]
    assert earned["exact"] == [0.0]  # what stands around a name that is read as it stands is a part of it
    assert (earned["rouge_l"] == [0.0]) == (not named)


def test_what_is_part_of_an_answer_stays():
    for text in (
        GOOD,
        "Process: cleavage in ITS1 (SSU-rRNA, 5.8S rRNA, LSU-rRNA).\nReasoning:\n<think>a</think>",
        "Process: DNA <i>repair</i> & more (GO:1)",
        "Process: complex (1)",
        "Reasoning:\n<think>a</think>\nProcess: x",
        "<reasoning>PCSK9 degrades the receptor.</reasoning>\n<genes>[PCSK9, USP24]</genes>",
        "",
    ):
        assert unwrapped(text).text == text and unwrapped(text).kinds == ()
    # A name that the contract finds keeps its steps, though they stand where a thinking block would.
    before = STRICT.model_copy(update={"reasoning": "before"})
    assert parse_wrapped(NAMING, "<think>a</think>\nProcess: x", before).steps == ["a"]
    # Thinking that was cut off is no answer.
    assert parse_wrapped(NAMING, "<think>\nProcess: x\n", STRICT).name == ""
    assert parse_wrapped(NAMING, "<unused94>thought\nProcess: x\n", STRICT).name == ""
    # Neither is one of several.
    assert parse_wrapped(NAMING, f"{GOOD}\n**Process:** DNA binding", STRICT).problems == ["text_outside"]
    assert parse_wrapped(NAMING, "## Process: x\n## Process: y", STRICT).name == ""


def test_a_bare_name_is_read_without_what_stands_around_it():
    assert NAMING.bare("<think> Let me see. </think> mitophagy<|im_end|>").name == "mitophagy"
    assert NAMING.bare("<think></think>").problems == ["empty_name"]


def test_long_texts_are_unwrapped_in_linear_time():
    for text in (
        "<think>" * 100_000,
        "</think>" * 100_000,
        "*" * 1_000_000,
        "Process: a" + " " * 1_000_000 + "(",
        "```" * 300_000,
    ):
        assert unwrapped(text).text is not None
        NAMING.parse(text, PUBLISHED)


@pytest.mark.parametrize(
    "text",
    [
        "<think>\nIt may be <genes>[B, A]</genes>.\n</think>\n<genes>[A, B]</genes>",
        "It may be <genes>[B, A]</genes>.\n</think>\n<reasoning>r</reasoning><genes>[A, B]</genes>",
        "```\n<genes>[A, B]</genes>\n```<|im_end|>",
        "<unused94>thought\nIt may be [B, A]<unused95><reasoning>r</reasoning><genes>[A, B]</genes>",
        "<reasoning>Not B.</reasoning><genes>[A, B]</genes><|im_end|><|im_start|>assistant\n<genes>[B]</genes>",
        '{"reasoning": "It is not B.", "genes": ["A", "B"]}',
    ],
)
def test_rankings_are_read_by_the_same_rule(text):
    assert parse_wrapped(RANKING, text).genes == ["A", "B"]


DRAFTS = [
    "<think>\nIt may be <genes>[B, A]</genes>. But",
    "<think>It may be <genes>[B, A]</genes>.</think>\nI do not know.",
    "[THINK]<genes>[B, A]</genes>[/THINK]",
    "<|channel|>analysis<|message|><genes>[B, A]</genes>",
]


@pytest.mark.parametrize("text", DRAFTS)
def test_a_ranking_in_thinking_that_never_ends_or_comes_to_no_answer_is_none(text):
    assert parse_wrapped(RANKING, text).genes == []
    rows = pd.DataFrame({"answer": [text, text.replace("<genes>", "").replace("</genes>", "")], "gold": ["B", "B"]})
    columns = {"answer": "answer", "gold": "gold"}
    assert score_table(rows, columns, RANKING, track="strict").table["mrr"].tolist() == [0, 0]


GOLDS = {"s0": "mismatch repair", "s1": "cholesterol biosynthetic process", "s2": "mitophagy"}


def scored(forms, **given):
    rows = pd.DataFrame([{"answer": form.format(gold), "gold": gold} for form in forms for gold in GOLDS.values()])
    return score_table(rows, {"answer": "answer", "gold": "gold"}, TASKS["gene_set_naming"], **given)


REASONED = "\nReasoning:\n<think>They act together.</think>"


@pytest.mark.parametrize(
    ("form", "kind", "shape"),
    [
        (f"<think>\nLet me see.\n</think>\n\nProcess: {{}}{REASONED}", "thinking_block", 0),
        (f"process: {{}}{REASONED}", "label_spelling", 0),
        (f"Process: {{}} (0.92){REASONED}", "number_behind", 0),
        ("Process: {}<|im_end|>", "tags_around", 0),
        ("<think>\nLet me see.\n</think>\n\n{}", "thinking_block", None),  # the name alone
        (f"Process: {{}}{REASONED}", "", 1),
    ],
)
def test_a_table_of_wrapped_names_costs_the_form_alone(form, kind, shape):
    found = scored([form])
    assert found.metrics["rouge_l"].value == found.metrics["exact"].value == 1.0
    assert found.metrics["no_name"].value == 0.0
    assert (found.metrics["format"].value if "format" in found.metrics else None) == shape
    told = [note for note in found.notes if note.startswith("names read without")]
    assert found.problems.get(kind, 0) == (3 if kind else 0)
    assert told == (
        [
            "names read without what stands around them, which costs their form (`format`) alone: 3 (lines 1, 2, 3): "
            f"{KINDS[kind]} (3)"
        ]
        if kind
        else []
    )


def test_tables_of_rankings_read_what_stands_behind_a_thinking_block():
    cells = [
        "<think>USP24 is near [USP24].</think>\n<genes>[PCSK9, USP24]</genes>",
        "<think>USP24 is near [USP24].</think>\n[PCSK9, USP24]",
        "```json\n[PCSK9, USP24]\n```",
        "<answer>[PCSK9, USP24]</answer>",
    ]
    rows = pd.DataFrame({"answer": cells, "gold": ["PCSK9"] * 4})
    columns = {"answer": "answer", "gold": "gold"}
    strict, published = (
        score_table(rows, columns, TASKS["causal_gene_ranking"], track=track) for track in ("strict", "as-published")
    )
    assert strict.table["mrr"].tolist() == [1, 1, 1, 1]
    assert published.table["answer"].tolist()[1:] == [["PCSK9", "USP24"]] * 3
    assert published.table["mrr"].tolist() == [0, 1, 1, 1]  # the contract's own tags stay, as published
    for found in (strict, published):
        assert any("answers read without what stands around them: 4 (lines 1, 2, 3, 4)" in n for n in found.notes)
        assert [found.problems[kind] for kind in ("thinking_block", "code_fence", "tags_around")] == [2, 1, 1]


def test_the_command_says_it_in_words(tmp_path, capsys):
    rows = [{"answer": f"<think>Hm.</think>\nProcess: {gold}", "gold": gold} for gold in GOLDS.values()]
    file = tmp_path / "answers.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    cli.main(
        ["score", str(file), "--task", "gene_set_naming", "--columns", "answer=answer,gold=gold", "--encoders", "none"]
    )
    printed = capsys.readouterr().out
    assert "ROUGE-L 1.0000 (3 rows)" in printed
    assert "a thinking block before the answer (3)" in printed
