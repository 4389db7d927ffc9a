"""Every experiment that ships is rehearsed to its report."""

from collections import defaultdict

import pytest
import yaml
from checkout import ROOT

from reasonome.tasks import load_project

CONFIG = ROOT / "config"
# Of this task the experiment whose recipes pack texts beside an adapter; of others the one that trains most stages.
PACKED = "rare-disease"


def chosen() -> set[str]:
    """An experiment of each task: what it trains shows most, in few answers."""
    project, of_task = load_project(CONFIG), defaultdict(list)
    for name, experiment in project.experiments.items():
        stages = {step.partition(".")[0] for step in experiment.steps}
        asked = len(experiment.arms) * len(experiment.asked_styles) * len(experiment.benchmarks)
        if stages:
            of_task[project.task(experiment.benchmarks[0]).name].append((name != PACKED, -len(stages), asked, name))
    return {min(known)[-1] for known in of_task.values()}


FEW = chosen()
EXPERIMENTS = [
    pytest.param(path.stem, marks=[] if path.stem in FEW else pytest.mark.full)
    for path in sorted((CONFIG / "experiments").glob("*.yaml"))
]


@pytest.mark.slow(minutes=3, any_worker=True)
@pytest.mark.parametrize("experiment", EXPERIMENTS)
def test_it_is_rehearsed_to_its_report(tmp_path, rehearse, experiment):
    done = rehearse(experiment)
    assert done.returncode == 0, done.stdout + done.stderr
    report = tmp_path / f"results/rehearsal/{experiment}/experiments/{experiment}/report.html"
    assert report.is_file() and str(report.relative_to(tmp_path)) in done.stdout
    ended = [line for line in done.stdout.partition("was rehearsed")[0].splitlines() if ": " in line]
    arms = yaml.safe_load((CONFIG / f"experiments/{experiment}.yaml").read_text(encoding="utf-8"))["arms"]
    assert {line.partition("  ")[2] for line in ended} == {f"{arm}: ok" for arm in arms}
