"""What is printed of other people's text is never a command to the terminal."""

import ast
import json
from pathlib import Path

import pytest
from refusals import refused

from reasonome import cli
from reasonome.core.terminal import printable, say, show_json
from reasonome.leaks import audit as leak_audit
from reasonome.tasks.naming.leaks import FIXES

COMMANDS = [Path(cli.__file__), *sorted(Path(cli.__file__).parent.glob("commands/*.py"))]
BAD = "\x1b[2J\x9b31m\u202e"
SHOWN = r"\x1b[2J\x9b31m\u202e"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\rb\x08\x7f\x85\x9b", r"a\rb\x08\x7f\x85\x9b"),
        ("\u202egnp.exe\u2028", r"\u202egnp.exe\u2028"),
        ("\udc80", r"\udc80"),
        ("a\tb\nc\xa0d\u3000e", "a\tb\nc\xa0d\u3000e"),
        ("Prüfpunkt γδ 有丝分裂", "Prüfpunkt γδ 有丝分裂"),
    ],
)
def test_what_a_terminal_would_obey_is_written_out(text, shown):
    assert printable(text) == shown


def test_a_sentence_is_one_line(capsys):
    say("a set 'one\ntwo\r\nthree\u2028four'")
    assert capsys.readouterr().out == "a set 'one two three four'\n"


def obeyed(text: str) -> list[str]:
    """What a terminal would obey of a text."""
    return [character for character in text if not character.isprintable() and character != "\n"]


def test_json_on_a_terminal_means_the_same(capsys):
    value = {f"a{BAD}": ["\n\t\x00\x7f", "γ 𝄞 \U000e0001", None]}
    show_json(json.dumps(value, indent=2, ensure_ascii=False))
    printed = capsys.readouterr().out
    assert json.loads(printed) == value
    assert obeyed(printed) == [] and "γ 𝄞 \\udb40\\udc01" in printed


@pytest.mark.parametrize("option", [[], ["--json", "-"]])
def test_scores_tell_of_answers_and_truths_as_text(tmp_path, capsys, option):
    path = tmp_path / "a.csv"
    path.write_text(f"answer,gold\nx,nucleus{BAD}\ny,nucleus{BAD}\n", encoding="utf-8")
    command = ["score", str(path), "--task", "gene_set_naming", "--columns", "answer=answer,gold=gold"]
    assert cli.main([*command, "--encoders", "none", *option]) == 0
    printed = capsys.readouterr()
    assert f"nucleus{SHOWN}" in (printed.err if option else printed.out)
    assert obeyed(printed.out + printed.err) == []
    if option:
        assert f"nucleus{BAD}" in json.loads(printed.out)["baselines"]["best_constant"]["note"]


def test_leaks_are_told_of_in_text(capsys):
    finding = leak_audit.Finding(
        *("training sets", "go", ("sft",), "bench", "same_term", 1, 0, 1, "fail"), f"a{BAD}.jsonl", f"GO:1 'x{BAD}'", 3
    )
    with refused(fix="add bench to leave_out of go in"):
        leak_audit.check("demo", [finding], FIXES)
    printed = capsys.readouterr().out
    assert printed == f"a{SHOWN}.jsonl:3: same_term: 1 of go into bench, as GO:1 'x{SHOWN}'\n"


@pytest.mark.parametrize("module", COMMANDS, ids=lambda path: path.stem)
def test_commands_print_by_what_shows_text_of_others(module):
    called = [node.func for node in ast.walk(ast.parse(module.read_text("utf-8"))) if isinstance(node, ast.Call)]
    assert [func.lineno for func in called if isinstance(func, ast.Name) and func.id == "print"] == []
