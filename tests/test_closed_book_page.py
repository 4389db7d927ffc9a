"""docs/experiments/closed-book.md and the recorded answers: they agree."""

import gzip
import io
import json
import tarfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/experiments/closed-book.md").read_text(encoding="utf-8")
ARCHIVE = ROOT / "resources/answers/closed-book.tar.xz"
READ = "pretrain.closedbook-s0+sft.closedbook-s0"
CHAINS = {"base": "base", "RA": "sft.closedbook-s0", "KW+RA": READ, "KW+RA+TA": f"{READ}+grpo.closedbook-s0"}


def test_the_pages_scores_are_those_of_the_recorded_answers():
    """Counted anew, with nothing of the package: a question's id begins with that of its pathway."""
    with gzip.open(ROOT / "resources/demo/ReactomePathways.gmt.gz", "rt", encoding="utf-8") as lines:
        names = {fields[1]: fields[0] for fields in (line.split("\t") for line in lines)}
    with tarfile.open(ARCHIVE) as archive:
        for arm, chain in CHAINS.items():
            path = f"results/answers/smollm2-135m/{chain}/closed-book.symbols/greedy-short.jsonl"
            rows = map(json.loads, io.TextIOWrapper(archive.extractfile(path), "utf-8"))
            answers = {row["id"]: row["text"] for row in rows}
            asked = Counter(question.partition(".")[0] for question in answers)
            never = [question for question in answers if asked[question.partition(".")[0]] == 18]
            assert len(never) == 288
            right = [
                answers[question].strip().casefold() == f"process: {names[question.partition('.')[0]]}".casefold()
                for question in never
            ]
            share = f"{sum(right) / len(never):.3f}".replace("0.", ".", 1)
            assert f"| {arm} | {share} [" in PAGE
