"""Jobs that learn, draw and answer, killed at seeded moments of their work."""

import json
import random
import shutil
import signal
import subprocess
from pathlib import Path

import killing
import pytest
import tiny_project
from killing import SAVE_STEPS, STAGES, STEPS, Run
from tiny_project import BACKBONE, ROOT

pytestmark = [pytest.mark.slow, pytest.mark.full]

CELLS = [
    ("sft", "SIGTERM job"),
    ("grpo-passes", "kill -9 job"),
    ("generate", "kill -9 program"),
]


@pytest.fixture(scope="module")
def undisturbed(finished, tiny_backbone, tmp_path_factory) -> Path:
    """The data of the finished project with a tiny backbone and one model per stage, none of which was disturbed."""
    made = shutil.ignore_patterns("models", "answers", "scores", "experiments", "config", "resources")
    project = tmp_path_factory.mktemp("undisturbed") / "project"
    shutil.copytree(finished, project, symlinks=True, ignore=made)
    shutil.copytree(finished / "config", project / "config")
    (project / "resources").symlink_to(ROOT / "resources")
    shutil.copytree(tiny_backbone, project / "backbone")
    killing.shrink(project, project / "backbone")
    killing.taught(project / "backbone", project)
    tiny_project.snakemake(project, *(STAGES[name].outputs[0] for name, _ in CELLS))
    return project


@pytest.mark.parametrize(("name", "kill"), CELLS)
def test_a_stage_killed_in_its_work_ends_as_if_it_was_not(undisturbed, tmp_path, name, kill):
    stage = STAGES[name]
    moment = random.Random(name).randrange(1, STEPS)
    project = tiny_project.copied(undisturbed, tmp_path / "project")
    killing.forget(project, stage.outputs)
    run = Run(project, stage.outputs[0], "--retries", "1")
    assert run.wait_for(lambda: killing.progress(run, stage) >= moment)
    end, number = killing.KILLS[kill]
    end(run, run.program(stage.script), number)
    assert run.process.wait(timeout=240) == 0, run.text()
    assert killing.fingerprint(project, stage) == killing.fingerprint(undisturbed, stage)
    assert killing.attempts(run, stage) == 2
    if stage.trains:
        repeated = killing.steps_done(run, stage) - STEPS
        assert repeated == 0 if kill.startswith("SIGTERM") else repeated <= SAVE_STEPS


def test_the_rewards_of_the_killed_training_differ(undisturbed):
    """Otherwise GRPO has no gradient, and resumed weights are equal whatever was drawn."""
    history = undisturbed / "results/models" / BACKBONE / "grpo.twice-s0/history.jsonl"
    entries = [json.loads(line) for line in history.read_text().splitlines()]
    steps = [entry for entry in entries if "grad_norm" in entry]  # the others are of held-out prompts
    assert len(steps) == STEPS
    assert sum(step["grad_norm"] > 0 for step in steps) > STEPS / 2


@pytest.mark.parametrize("how", list(killing.UNLOCKS))
def test_a_folder_whose_snakemake_was_killed_is_locked_until_it_is_unlocked(tmp_path, how):
    stage = STAGES["facts"]
    project = tiny_project.make(tmp_path / "project", tmp_path, tmp_path)  # no weights are needed
    run = Run(project, stage.outputs[0])
    assert run.wait_for(lambda: run.program(stage.script)), run.text()
    end, number = killing.KILLS[how]
    end(run, run.program(stage.script), number)
    assert run.process.wait() == -signal.SIGKILL
    locked = tiny_project.snakemake(project, stage.outputs[0], check=False)
    assert locked.returncode and "cannot be locked" in locked.stdout
    subprocess.run(killing.UNLOCKS[how], cwd=project, check=True)
    tiny_project.snakemake(project, stage.outputs[0])
    assert (project / stage.outputs[0]).is_file()
