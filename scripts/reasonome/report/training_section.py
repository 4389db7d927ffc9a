"""The page's section on training: a trained step, and drawings."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from reasonome.report.evidence import TrainedStep
from reasonome.report.figures import figure_name
from reasonome.report.number_text import flat


def step_section(figures: Path, step: TrainedStep) -> dict[str, Any]:
    """The log, curves and run of a trained step, for the template."""
    name = figure_name(step.backbone, step.chain)
    return {
        "log": step,
        "curves": None if step.history.empty else drawing(figures / "training", name),
        "run": [] if step.run is None else list(flat(step.run)),
    }


def drawing(folder: Path, name: str) -> Markup:
    """A figure's SVG."""
    return Markup((folder / f"{name}.svg").read_text(encoding="utf-8"))
