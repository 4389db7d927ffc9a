"""Answers that lie in the repository: what scores them again is asked of rules that exist."""

import re

from checkout import ROOT


def test_rules_that_score_them_exist_and_neither_train_nor_answer():
    allowed = (ROOT / "resources/answers/rules").read_text(encoding="utf-8").split()
    files = (ROOT / "workflow/rules").glob("*.smk")
    rules = {name for file in files for name in re.findall(r"(?m)^rule (\w+):", file.read_text(encoding="utf-8"))}
    assert set(allowed) <= rules and len(allowed) == len(set(allowed))
    assert {"score", "summarise", "render_report"} <= set(allowed)
    assert not {"generate", "sample", "ask_facts"} & set(allowed)
