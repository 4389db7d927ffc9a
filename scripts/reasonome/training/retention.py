"""Which checkpoints stay after training: the newest until a job uses the model, and the two newest
for good where a recipe says so.

A job may be ended between its last line and the moment at which Snakemake takes its outputs for good; Snakemake then
deletes them. From the newest checkpoint they are made again without training. Once another job reads the model, they
have been taken.
"""

import shutil
from pathlib import Path
from typing import Any

from reasonome.chains import BASE

WHILE_TRAINING = 2  # checkpoints at a time, and one more while the next is written


def prune(trainer_root: Path, ours: Path, keep: bool) -> None:
    """Remove the checkpoints of other trainings, and of this one (folder `ours`) all but the newest unless `keep`."""
    for folder in trainer_root.iterdir():
        if folder != ours:
            shutil.rmtree(folder)
    checkpoints = sorted(ours.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]))
    for checkpoint in checkpoints[:-1] if not keep else ():
        shutil.rmtree(checkpoint)


def release(model: Path, manifest: dict[str, Any]) -> None:
    """Remove the checkpoints of a model that is used, unless its recipe keeps them.

    Several jobs may do so at once, or may not write there: what cannot be removed stays.
    """
    if model.name != BASE and manifest["recipe"]["checkpoints"] == "prune":
        shutil.rmtree(model / "trainer", ignore_errors=True)
