"""docs/experiments/closed-book.md, README's example and picture, and the recorded answers: they agree."""

import gzip
import io
import json
import re
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/experiments/closed-book.md").read_text(encoding="utf-8")
ARCHIVE = ROOT / "resources/answers/closed-book.tar.xz"
READ = "pretrain.closedbook-s0+sft.closedbook-s0"
CHAINS = ["base", "sft.closedbook-s0", READ, f"{READ}+grpo.closedbook-s0"]


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, str]]:
    """Chain → question → the recorded answer, of the demo's arms."""
    answers = {}
    with tarfile.open(ARCHIVE) as archive:
        for chain in CHAINS:
            path = f"results/answers/smollm2-135m/{chain}/closed-book.symbols/greedy-short.jsonl"
            rows = map(json.loads, io.TextIOWrapper(archive.extractfile(path), "utf-8"))
            answers[chain] = {row["id"]: row["text"] for row in rows}
    return answers


def test_the_answers_of_readmes_example_are_recorded(recorded):
    [question] = re.findall(r"README's example is ([\w.-]+\d)", PAGE)
    shown = [cell.strip(" *") for cell in re.findall(r"^\|.*?\|(.*?)(?:\(right\) )?\|$", README, re.MULTILINE)[2:6]]
    told = [" ".join(recorded[chain][question].removeprefix("Process:").split()) for chain in CHAINS]
    assert shown == told


def test_the_picture_shows_the_scores_of_the_page():
    shown = json.loads(Image.open(ROOT / "docs/report.png").text["scores"])
    for arm, (value, low, high) in shown.items():
        assert f"| {arm} | {value:.3f} [{low:.3f}, {high:.3f}] |".replace("0.", ".") in PAGE
    assert list(shown) == ["base", "RA", "KW+RA", "KW+RA+TA"]


def test_the_pages_scores_are_those_of_the_recorded_answers(recorded):
    """Counted anew, with nothing of the package: a question's id begins with that of its pathway."""
    with gzip.open(ROOT / "resources/demo/ReactomePathways.gmt.gz", "rt", encoding="utf-8") as lines:
        names = {fields[1]: fields[0] for fields in (line.split("\t") for line in lines)}
    asked = Counter(question.partition(".")[0] for question in recorded["base"])
    never = [question for question in recorded["base"] if asked[question.partition(".")[0]] == 18]
    assert len(never) == 288
    for chain, arm in zip(CHAINS, ["base", "RA", "KW+RA", "KW+RA+TA"], strict=True):
        right = [
            recorded[chain][question].strip().casefold() == f"process: {names[question.partition('.')[0]]}".casefold()
            for question in never
        ]
        share = f"{sum(right) / len(never):.3f}".replace("0.", ".", 1)
        assert f"| {arm} | {share} [" in PAGE
