"""docs/experiments/demo.md, README's picture of a report, and a run of the demo, if there is one here: they agree."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from reasonome.report import tables
from reasonome.report.plan import read_plan
from reasonome.tasks import find_task

ROOT = Path(__file__).resolve().parent.parent
RUN = Path("results/experiments/demo")
METRICS = {"term score": "term_score", "ROUGE-L": "rouge_l"}


def told() -> dict[str, dict[tuple[str, str], list[float]]]:
    """Precision → (metric, arm) → value, low and high, as the demo's page has them."""
    lines = (ROOT / "docs/experiments/demo.md").read_text(encoding="utf-8").splitlines()
    heading = next(place for place, line in enumerate(lines) if re.match(r"\| \| (bf16|fp32)", line))
    precisions = [cell.split()[0] for cell in lines[heading].split("|")[2:-1]]
    found = {precision: {} for precision in precisions}
    for line in lines[heading + 2 :]:
        if not line.startswith("|"):
            break
        name, *cells = [cell.strip() for cell in line.split("|")[1:-1]]
        metric, _, arm = name.partition(", ")
        if metric in METRICS:
            for precision, cell in zip(precisions, cells, strict=True):
                found[precision][METRICS[metric], arm] = [float(number) for number in re.findall(r"\.\d{3}", cell)]
    return found


def test_the_demos_page_has_the_scores_of_the_picture():
    shown = json.loads(Image.open(ROOT / "docs/report.png").text["scores"])
    assert shown.pop("base")[0] == 0
    [numbers] = told().values()  # of the one run that the page has
    assert shown == {arm: bounds for (metric, arm), bounds in numbers.items() if metric == "term_score"}
    assert list(shown) == ["KW+RA", "KW+RA+TA"]


@pytest.mark.skipif(not (ROOT / RUN / "metrics.tsv").is_file(), reason="make demo did not run here")
def test_a_fresh_run_lies_in_the_intervals_of_the_demos_page(monkeypatch):
    monkeypatch.chdir(ROOT)
    plan = read_plan(RUN / "plan.json", find_task)
    table = tables.read_table(RUN / "metrics.tsv", tables.metric_columns(plan.metric_set))
    means = table[(table["kind"] == "model") & (table["subset"] == "mean") & (table["stratum"] == "")]
    measured = means.set_index(["metric", "arm"])["value"]
    precision = json.loads(plan.evaluations[-1].run.read_text())["precision"]
    if precision not in told():
        pytest.skip(f"the page has no run in {precision}")
    of_precision = told()[precision]
    assert len(of_precision) == 4
    for (metric, arm), (_, low, high) in of_precision.items():
        assert low <= measured[metric, arm] <= high, (metric, arm)
