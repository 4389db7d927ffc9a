"""Trainer checkpoints: kept beside the model while a job is under way, resumed only when complete."""

import json
import shutil
import signal
from pathlib import Path

from transformers import TrainerCallback

from reasonome import atomic
from reasonome.manifest import Stopwatch

MARK = "complete.json"


def newest_complete(folder: Path) -> Path | None:
    """The newest checkpoint of which every file is there in the size it was saved with; None if there is none."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.rpartition("-")[2]), reverse=True)
    return next((path for path in found if _is_complete(path)), None)


def _is_complete(checkpoint: Path) -> bool:
    mark = checkpoint / MARK
    if not mark.is_file():
        return False
    sizes = json.loads(mark.read_text(encoding="utf-8"))["files"]
    return all((checkpoint / name).is_file() and (checkpoint / name).stat().st_size == n for name, n in sizes.items())


def prune(trainer_root: Path, keep: Path | None) -> None:
    """Remove the trainer folders of a finished model, but for `keep`."""
    for folder in trainer_root.iterdir() if trainer_root.is_dir() else ():
        if folder != keep:
            shutil.rmtree(folder)
    if trainer_root.is_dir() and not any(trainer_root.iterdir()):
        trainer_root.rmdir()


def seconds_before(checkpoint: Path | None) -> float:
    """Seconds that earlier attempts had spent when they saved this checkpoint."""
    return json.loads((checkpoint / MARK).read_text(encoding="utf-8"))["seconds"] if checkpoint else 0.0


class MarkComplete(TrainerCallback):
    """Mark a checkpoint once all its files are written, so that a killed save is never resumed from."""

    def __init__(self, stopwatch: Stopwatch):
        self._stopwatch = stopwatch

    def on_save(self, args, state, control, **kwargs):
        """Write the marker last, with the size of every file."""
        if not state.is_world_process_zero:
            return
        checkpoint = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        sizes = {
            path.relative_to(checkpoint).as_posix(): path.stat().st_size
            for path in sorted(checkpoint.rglob("*"))
            if path.is_file()
        }
        atomic.write_json(checkpoint / MARK, {"files": sizes, "seconds": self._stopwatch.seconds()})


class StopOnSignal(TrainerCallback):
    """SIGTERM and SIGUSR1 save after the step under way and stop; `received` is the signal, or None."""

    def __init__(self) -> None:
        self.received: int | None = None
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame) -> None:
        self.received = number

    def on_step_end(self, args, state, control, **kwargs):
        """Ask the trainer to save and stop where a signal came."""
        if self.received is not None:
            control.should_save = control.should_training_stop = True
        return control
