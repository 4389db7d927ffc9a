"""Trainer checkpoints: kept beside the model while a job is under way, resumed only when complete.

The vectors that encoders of rewards have computed are kept in each. The last bits of a vector depend on what its text
was encoded beside. A resumed run that encoded again, beside other texts, what an undisturbed one remembers would earn
rewards that differ in those bits, and write another history.
"""

import json
import shutil
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

import numpy as np
from transformers import TrainerCallback, TrainerState, TrainingArguments

from reasonome.config import Recipe
from reasonome.core import atomic
from reasonome.core.manifest import Stopwatch
from reasonome.training import choosing, processes, retention, sharding

if TYPE_CHECKING:
    from reasonome.scoring.encoders import SentenceEncoder

MARK = "complete.json"


class Mark(TypedDict):
    """What a complete checkpoint says: the sizes of its files, `seconds` of all attempts, and the settings of its
    job."""

    files: dict[str, int]
    seconds: float
    processes: int
    sharding: str
    precision: str


def newest_complete(folder: Path) -> Path | None:
    """The newest checkpoint whose files are all there in the size that they were saved with; None without one."""
    return next((path for path in reversed(retention.in_order(folder)) if _is_complete(path)), None)


def _is_complete(checkpoint: Path) -> bool:
    try:
        sizes = read_mark(checkpoint)["files"]
    except (OSError, ValueError, KeyError):  # no mark, or what a failing disk left of it
        return False
    files = {checkpoint / name: size for name, size in sizes.items()}
    return bool(files) and all(file.is_file() and file.stat().st_size == size for file, size in files.items())


def remove_incomplete(folder: Path) -> None:
    """Remove checkpoints of killed saves: the trainer would count them, and drop a complete one for each."""
    for checkpoint in retention.in_order(folder):
        if not _is_complete(checkpoint):
            shutil.rmtree(checkpoint)


def is_at_end(checkpoint: Path | None, recipe: Recipe) -> bool:
    """Whether nothing is left to train after this checkpoint."""
    if checkpoint is None:
        return False
    state = json.loads((checkpoint / "trainer_state.json").read_text(encoding="utf-8"))
    return state["global_step"] >= state["max_steps"] or choosing.is_enough(state["log_history"], recipe)


def read_mark(checkpoint: Path) -> Mark:
    """A complete checkpoint's mark."""
    return json.loads((checkpoint / MARK).read_text(encoding="utf-8"))


def saved_now(arguments: TrainingArguments, state: TrainerState) -> Path:
    """The folder of the checkpoint that is being saved."""
    return Path(str(arguments.output_dir)) / f"checkpoint-{state.global_step}"


def in_words(number: int) -> str:
    """A number of processes in words."""
    return "1 process" if number == 1 else f"{number} processes"


def job_folder(trainer_root: Path, digest: str) -> Path:
    """The folder of this job's checkpoints: DeepSpeed reads those of as many processes and the same sharding only."""
    how = sharding.chosen()
    return trainer_root / (digest if how == "none" else f"{digest}-{how}-{processes.count()}")


def unreadable(trainer_root: Path, digest: str) -> list[Path]:
    """The newest complete checkpoints of the same training that this job cannot read."""
    ours = job_folder(trainer_root, digest)
    others = [folder for folder in sorted(trainer_root.glob(f"{digest}*")) if folder != ours]
    return [checkpoint for folder in others if (checkpoint := newest_complete(folder))]


class MarkComplete(TrainerCallback):
    """Mark a checkpoint once all processes have written their files, so that a killed save is never resumed from."""

    def __init__(self, stopwatch: Stopwatch, precision: str):
        self._stopwatch, self._precision = stopwatch, precision

    def on_save(self, args, state, control, **kwargs):
        """Write the mark last, with the size of every file."""
        checkpoint = saved_now(args, state)
        atomic.flush(checkpoint)
        processes.wait_for_all()
        if processes.is_first():
            self._mark(checkpoint)
        # No process may leave, which would end the job, before the mark is written.
        processes.wait_for_all()

    def _mark(self, checkpoint: Path) -> None:
        sizes = {
            path.relative_to(checkpoint).as_posix(): path.stat().st_size
            for path in sorted(checkpoint.rglob("*"))
            if path.is_file()
        }
        mark: Mark = {
            "files": sizes,
            "seconds": self._stopwatch.seconds(),
            "processes": processes.count(),
            "sharding": sharding.chosen(),
            "precision": self._precision,
        }
        atomic.write_json(checkpoint / MARK, mark)


class SaveByTime(TrainerCallback):
    """Leave out checkpoints that are due within so many minutes of the last one, or of the start; not the last step's.

    Where training may go on from stays a matter of steps, and so does when held-out rows are measured.
    """

    def __init__(self, minutes: float):
        self._seconds, self._saved = 60 * minutes, 0.0

    def on_train_begin(self, args, state, control, **kwargs):
        """Start the clock."""
        self._saved = time.monotonic()

    def on_step_end(self, args, state, control, **kwargs):
        """All processes do as the first one's clock has it."""
        if control.should_save and state.global_step < state.max_steps:
            control.should_save = processes.gather(time.monotonic() - self._saved >= self._seconds)[0]
        return control

    def on_save(self, args, state, control, **kwargs):
        """Start the clock anew."""
        self._saved = time.monotonic()


class StopOnSignal(TrainerCallback):
    """SIGTERM and SIGUSR1 to any process save after the step under way and stop all of them.

    With `passes` over one batch of completions, after the last of them: a checkpoint does not hold completions.
    """

    def __init__(self, passes: int = 1) -> None:
        self._received, self._passes = 0, passes
        for number in (signal.SIGTERM, signal.SIGUSR1):
            signal.signal(number, self._receive)

    def _receive(self, number: int, frame) -> None:
        # The first one counts: the launcher passes a SIGTERM on to other nodes as SIGUSR1, which may come to both.
        self._received = self._received or number

    def agreed(self) -> int:
        """The signal that any process has received, 0 if none has; every process must ask at the same time."""
        return max(processes.gather(self._received))

    def on_step_end(self, args, state, control, **kwargs):
        """Ask the trainer to save and stop where a signal came."""
        if self.agreed() and state.global_step % self._passes == 0:
            control.should_save = control.should_training_stop = True
        return control


class KeepRemembered(TrainerCallback):
    """Write the vectors of `encoders` into each checkpoint that is saved; add it before `MarkComplete`."""

    def __init__(self, encoders: "Mapping[str, SentenceEncoder]"):
        self._encoders = encoders

    def restore(self, checkpoint: Path | None) -> None:
        """Remember what this process did when it saved the checkpoint, if there is one."""
        if checkpoint is None:
            return
        for name, encoder in self._encoders.items():
            file = self._file(checkpoint, name)
            if file.is_file():  # another number of processes had saved
                with np.load(file) as kept:
                    encoder.remember(json.loads(kept["texts"].tobytes()), kept["vectors"])

    def on_save(self, args, state, control, **kwargs):
        """Every process writes its own: each scores its own completions."""
        for name, encoder in self._encoders.items():
            texts, vectors = encoder.remembered()
            file = self._file(saved_now(args, state), name)
            np.savez(file, texts=np.frombuffer(json.dumps(texts).encode("ascii"), np.uint8), vectors=vectors)

    @staticmethod
    def _file(checkpoint: Path, encoder: str) -> Path:
        return checkpoint / f"vectors-{encoder}-{processes.rank()}.npz"
