"""The page of a made-up experiment, rendered as the program does, and its elements."""

import base64
import gzip
import json
from html.parser import HTMLParser
from pathlib import Path

from synthetic_experiment import write_experiment

from reasonome.core import atomic
from reasonome.report import page
from reasonome.report.calibration_table import calibration_tables
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.evidence import ReportInputs, costs_table, read_evidence, read_step
from reasonome.report.figures import write_figures
from reasonome.report.metrics_table import metrics_table
from reasonome.report.origins import read_answering
from reasonome.report.plan import read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.report.sharpening import sharpening_table
from reasonome.tasks import find_task


def render(folder: Path, **made) -> tuple[str, ReportInputs]:
    """The page of a made-up experiment of names, and what it was rendered from."""
    inputs = report_inputs(write_experiment(folder, **made))
    return page.render_page(inputs), inputs


def report_inputs(path: Path) -> ReportInputs:
    """What the page of a plan is rendered from; files are written beside the plan."""
    folder, plan = path.parent, read_plan(path, find_task)
    evidence = read_evidence(plan)
    scores = collect_scores(plan, evidence)
    metrics = metrics_table(plan, scores)
    comparisons = comparisons_table(plan, scores, {})
    calibration, reliability = calibration_tables(plan, evidence)
    (folder / "own").mkdir()
    plan.report.write_own(plan, evidence, folder / "own", seed=0)
    inputs = ReportInputs(
        plan=plan,
        metrics=metrics,
        comparisons=comparisons,
        evidence=evidence,
        steps=[read_step(step) for step in plan.steps],
        figures=folder / "figures",
        leaks=atomic.read_json(folder / "leaks.json"),
        costs=costs_table(plan).astype(str),
        answering=read_answering(plan),
        calibration=calibration,
        reliability=reliability,
        sharpening=sharpening_table(plan, evidence, scores, {}, comparisons),
        forgetting=None,
        own=folder / "own",
    )
    write_figures(inputs)
    return inputs


def unpacked(packed: str) -> dict[str, list]:
    """The cells of a packed table by the title of their column."""
    return {column["title"]: column["cells"] for column in json.loads(gzip.decompress(base64.b64decode(packed)))}


class Elements(HTMLParser):
    """Every element and attribute of a page, and the text of elements by their name."""

    def __init__(self, text: str):
        super().__init__()
        self.elements, self.attributes, self.text, self._open = [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)
