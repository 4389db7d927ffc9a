"""The checkpoints that stay after training: the newest until a job uses the model, or, by the recipe, two for good.

With `keep: best` the best one stays beside the newest.

A job may be ended between its last line and the moment at which Snakemake records its outputs; Snakemake then deletes
them. From the newest checkpoint they are made again without training. Once another job reads the model, they have been
recorded.
"""

import re
import shutil
from pathlib import Path
from typing import Any

from reasonome.config.project.chains import BASE

WHILE_TRAINING = 2  # checkpoints at a time, and one more while the next is written


def in_order(folder: Path) -> list[Path]:
    """The trainer's checkpoints in a folder, oldest first; other files there are left alone."""
    matches = {path: re.fullmatch(r"checkpoint-(\d+)", path.name) for path in folder.glob("checkpoint-*")}
    steps = {path: int(match[1]) for path, match in matches.items() if match and path.is_dir()}
    return sorted(steps, key=steps.__getitem__)


def prune(trainer_root: Path, ours: Path, keep: bool) -> None:
    """Remove the checkpoints of other trainings, and of this one (folder `ours`) all but the newest unless `keep`."""
    for folder in trainer_root.iterdir():
        if folder != ours:
            shutil.rmtree(folder, ignore_errors=True)  # a network file system may hold on to a file
    for checkpoint in in_order(ours)[:-1] if not keep else ():
        shutil.rmtree(checkpoint, ignore_errors=True)


def release(model: Path, manifest: dict[str, Any]) -> None:
    """Remove the checkpoints of a model that is used, unless its recipe keeps them.

    Several jobs may do so at once, or may not write there: what cannot be removed stays.
    """
    if model.name != BASE and manifest["recipe"]["checkpoints"] == "prune":
        shutil.rmtree(model / "trainer", ignore_errors=True)
