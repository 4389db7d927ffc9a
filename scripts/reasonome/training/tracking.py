"""Curves of a training job: TensorBoard always, Weights & Biases and MLflow where config.yaml switches them on."""

import atexit
import shutil
from pathlib import Path

from tensorboardX import SummaryWriter
from transformers import TrainerCallback
from transformers.integrations.integration_utils import rewrite_logs


def folder(model: Path) -> Path:
    """Where the curves of results/models/{backbone}/{chain} are: results/tensorboard/{backbone}/{chain}."""
    return model.parents[2] / "tensorboard" / model.parent.name / model.name


class TensorBoard(TrainerCallback):
    """Write every logged number as a curve; after a resume, steps that are repeated take the place of the lost ones."""

    def __init__(self, where: Path):
        self._folder = where
        self._writer: SummaryWriter | None = None

    def on_train_begin(self, args, state, control, **kwargs):
        """A job that starts afresh starts its curves afresh."""
        if not state.is_world_process_zero:
            return
        if state.global_step == 0:
            shutil.rmtree(self._folder, ignore_errors=True)
        # What was logged at the checkpoint's step is kept.
        purge = state.global_step + 1 if state.global_step else None
        # Files are named by the second, in which another attempt may have begun.
        suffix = f".{state.global_step}"
        self._writer = SummaryWriter(
            str(self._folder), purge_step=purge, max_queue=1000, flush_secs=10, filename_suffix=suffix
        )
        atexit.register(self.close)  # training may be followed by another evaluation

    def on_log(self, args, state, control, logs=None, **kwargs):
        """Numbers only: nothing of the environment or the arguments is written."""
        writer = self._living_writer()
        if writer is None:
            return
        for name, value in rewrite_logs(logs or {}).items():
            if isinstance(value, int | float):
                writer.add_scalar(name, value, state.global_step)

    def close(self) -> None:
        """Write the rest to the disk."""
        if writer := self._living_writer():
            writer.close()
            self._writer = None

    def _living_writer(self) -> SummaryWriter | None:
        """The writer if its thread is alive; on a full disk it ends, and waiting for it would never end."""
        worker = self._writer and self._writer.file_writer.event_writer._worker
        if worker and worker.is_alive():
            return self._writer
        if worker:  # it would be None had the writer closed itself, as it does when Python ends
            print(f"warning: {self._folder} cannot be written to: no more curves there; training goes on", flush=True)
        self._writer = None
        return None
