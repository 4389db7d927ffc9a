"""Pages: links lead somewhere, and metrics and baselines stand there as in the code."""

import re
from pathlib import Path

import pytest
from checkout import ROOT

from reasonome.tasks import TASKS
from reasonome.tasks.naming.baselines import BASELINES as OF_NAMES
from reasonome.tasks.ranking.baselines import BASELINES as OF_RANKINGS

SHOWN = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", ROOT / "config/README.md"]
PAGES = [*SHOWN, *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "resources").rglob("*.md"))]
METRIC_SETS = {id(task.metrics): task.metrics for task in TASKS.values()}.values()


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    links = re.findall(r"\]\((?!https?:)([^)#\s]*)#?([^)\s]*)\)", page.read_text(encoding="utf-8"))
    targets = {(page.parent / path if path else page, anchor) for path, anchor in links}
    assert [str(target) for target, _ in targets if not target.exists()] == []
    assert [(target.name, anchor) for target, anchor in targets if anchor and anchor not in anchors(target)] == []


def test_the_page_of_metrics_names_every_metric_that_is_shown():
    page = "".join((ROOT / "docs" / name).read_text("utf-8") for name in ("metrics.md", "pathway-questions.md"))
    shown = {metric.name for metrics in METRIC_SETS for metric in metrics.metrics if metric.label}
    assert {name for name in shown if f"`{name.removeprefix('reward_')}`" not in page} == set()


def test_the_page_of_evaluation_has_every_baseline():
    page = (ROOT / "docs/evaluation.md").read_text(encoding="utf-8")
    rows = {f"| `{name}` | {does} |" for metrics in METRIC_SETS for name, does in metrics.baselines.items()}
    assert {row for row in rows if row not in page} == set()
    groups = {f"| {baseline.information} | `{name}` |" for name, baseline in (OF_NAMES | OF_RANKINGS).items()}
    assert {group for group in groups if group not in page} == set()
