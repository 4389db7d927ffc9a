"""Answers that lie in the repository: what scores them again is asked of rules that exist."""

import json
import re
import tarfile

from checkout import ROOT

from reasonome.tasks import load_project

ARCHIVES = ROOT / "resources/answers"


def test_rules_that_score_them_exist_and_neither_train_nor_answer():
    allowed = (ROOT / "resources/answers/rules").read_text(encoding="utf-8").split()
    files = (ROOT / "workflow/rules").glob("*.smk")
    rules = {name for file in files for name in re.findall(r"(?m)^rule (\w+):", file.read_text(encoding="utf-8"))}
    assert set(allowed) <= rules and len(allowed) == len(set(allowed))
    assert {"score", "summarise", "render_report"} <= set(allowed)
    assert not {"generate", "sample", "ask_facts"} & set(allowed)


def first_training(archive: str, arms) -> str:
    """When the first step of these arms began, by the run.json of an archive."""
    begun = []
    with tarfile.open(ARCHIVES / f"{archive}.tar.xz") as files:
        for member in files:
            chain = re.search(r"models/[^/]+/([^/]+)/run\.json$", member.name)
            steps = re.sub(r"-s\d+(?=\+|$)", "", chain[1]).split("+") if chain else []
            if steps and any(arm.steps[: len(steps)] == steps for arm in arms):
                begun.append(json.load(files.extractfile(member))["started"])
    return min(begun)


def test_hypotheses_were_declared_before_the_first_training_of_their_arms():
    page = (ARCHIVES / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\S+)` \| (.+?) \| [0-9a-f]{8} \| (\S+Z) \| (\S+Z) \|$", page, re.MULTILINE)
    declared = {(experiment, pair): (date, began) for experiment, pair, date, began in rows}
    archived = {path.name.removesuffix(".tar.xz") for path in ARCHIVES.glob("*.tar.xz")}
    for name, experiment in load_project(ROOT / "config").experiments.items():
        for hypothesis in experiment.hypotheses if name in archived else ():
            date, began = declared.pop((name, " over ".join(hypothesis.better)))
            assert date < began == first_training(name, [experiment.arms[arm] for arm in hypothesis.better]), name
    assert declared == {}
