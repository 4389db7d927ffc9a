"""docs/experiments/demo.md, README's example and picture, and the recorded answers: they agree."""

import gzip
import io
import json
import re
import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/experiments/demo.md").read_text(encoding="utf-8")
ARCHIVE = ROOT / "resources/answers/two-step.tar.xz"
READ = "pretrain.twostep-s0"
CHAINS = {
    "untrained": "base",
    "read, at once": f"{READ}+sft.twosteponce-s0",
    "read, reason first": f"{READ}+sft.twostep-s0",
    "… and reinforced": f"{READ}+sft.twostep-s0+grpo.twostep-s0",
}


@pytest.fixture(scope="module")
def recorded() -> dict[str, dict[str, str]]:
    """Arm → question → the recorded answer of the demo's chain."""
    answers = {}
    with tarfile.open(ARCHIVE) as archive:
        for arm, chain in CHAINS.items():
            path = f"results/answers/smollm2-135m/{chain}/two-step.process/greedy-160.jsonl"
            rows = map(json.loads, io.TextIOWrapper(archive.extractfile(path), "utf-8"))
            answers[arm] = {row["id"]: row["text"] for row in rows}
    return answers


@pytest.fixture(scope="module")
def reactome() -> tuple[dict[str, set[str]], dict[str, set[str]], dict[str, str]]:
    """Name of a pathway → its genes, and the names of what it is part of; id → name."""
    names, genes, above = {}, {}, {}
    for fields in _rows("ReactomePathways.gmt.gz"):
        names[fields[1]], genes[fields[0]] = fields[0], set(fields[2:])
    for parent, child in _rows("ReactomePathwaysRelation.txt.gz"):
        if parent in names and child in names:
            above.setdefault(names[child], set()).add(names[parent])
    return genes, above, names


def _rows(name: str) -> Iterator[list[str]]:
    with gzip.open(ROOT / "resources/demo" / name, "rt", encoding="utf-8") as lines:
        yield from (line.rstrip("\n").split("\t") for line in lines)


def _never(answers: dict[str, str]) -> list[str]:
    """The questions about pathways that are never asked for: eight each."""
    asked = Counter(question.partition(".")[0] for question in answers)
    return [question for question in answers if asked[question.partition(".")[0]] == 8]


def test_readmes_example_is_the_first_question_with_its_recorded_answers_and_true_marks(recorded, reactome):
    genes, above, names = reactome
    question = _never(recorded["untrained"])[0]
    pathway = names[question.partition(".")[0]]
    labels = "|".join(map(re.escape, CHAINS))
    _, *shown = re.split(rf"^    ({labels}):", README.partition("\n![")[0], flags=re.MULTILINE)
    assert shown[::2] == list(CHAINS)
    for arm, block in zip(shown[::2], shown[1::2], strict=True):
        lines = [line.strip() for line in block.partition("\n\n")[0].splitlines() if line.strip()]
        told = re.sub(r"</?think>|Reasoning:", " ", recorded[arm][question]).split()
        words = re.sub("[✓✗]", " ", " ".join(lines)).split()
        assert words == (told if words[-1] != "…" else [*told[: len(words) - 1], "…"]), arm
        for mark, line in (line.split(" ", 1) for line in lines):
            if found := re.fullmatch(r"(\S+) is a member of the pathway (.+)\.", line):
                true = found[1] in genes.get(found[2], ())
            elif found := re.fullmatch(r"The pathway (.+) is part of the pathway (.+)\.", line):
                true = found[2] in above.get(found[1], ())
            else:
                true = line.partition("Process: ")[2] in above[pathway]
            assert (mark == "✓") == true, line
    asked = README.partition("human genes a part? ")[2].partition("\n")[0].split()
    assert len(asked) == 3 and genes[pathway] > {*asked} and question in PAGE


def test_the_picture_shows_the_scores_of_the_page():
    shown = json.loads(Image.open(ROOT / "docs/report.png").text["scores"])
    for arm, (value, low, high) in shown.items():
        assert f"| {arm} | {value:.3f} [{low:.3f}, {high:.3f}] |".replace("0.", ".") in PAGE
    assert list(shown) == list(CHAINS)


def test_the_pages_scores_are_those_of_the_recorded_answers(recorded, reactome):
    _, above, names = reactome
    for arm, answers in recorded.items():
        never = _never(answers)
        assert len(never) == 112
        named = [re.findall(r"^Process: *(.+?) *$", answers[question], re.MULTILINE) for question in never]
        true = [above[names[question.partition(".")[0]]] for question in never]
        right = sum(len(name) == 1 and name[0] in processes for name, processes in zip(named, true, strict=True))
        assert f"| {arm} | {right / 112:.3f} [".replace("0.", ".") in PAGE
        if arm == "read, reason first":
            assert f"{right / 112:.2f} of 112 such questions are right".removeprefix("0") in README
