"""Curves of a training job: where they are, what a resume does to them, and trackers that are not installed."""

from types import SimpleNamespace

import pytest
import tiny_training
from tensorboardX.proto.event_pb2 import Event

from reasonome.config.settings import check_trackers
from reasonome.tasks import TASKS
from reasonome.training import tracking
from reasonome.training.sft import sft


def events(folder) -> list[Event]:
    """All events of a folder in the order of writing; each is framed by its length and two checksums."""
    found = []
    for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        content, place = path.read_bytes(), 0
        while place < len(content):
            length = int.from_bytes(content[place : place + 8], "little")
            found.append(Event.FromString(content[place + 12 : place + 12 + length]))
            place += 12 + length + 4
    return found


def curve(folder, name: str) -> dict[int, float]:
    """Step → value as TensorBoard shows it: a start at a step hides what was written for it and later ones before."""
    values: dict[int, float] = {}
    for event in events(folder):
        if event.HasField("session_log"):
            values = {step: value for step, value in values.items() if step < event.step}
        for value in event.summary.value:
            if value.tag == name:
                values[event.step] = value.simple_value
    return values


def logged(folder, first: int, losses: list[float], begin: int, first_process: bool = True) -> None:
    """A job that begins at step `begin` and logs `losses` from step `first` on; only its first process writes them."""
    state = SimpleNamespace(is_world_process_zero=first_process, global_step=begin)
    board = tracking.TensorBoard(folder)
    board.on_train_begin(None, state, None)
    for state.global_step, loss in enumerate(losses, first):
        board.on_log(None, state, None, logs={"loss": loss, "eval_loss": loss / 2, "note": "text"})
    board.close()


def test_a_resumed_job_takes_the_place_of_the_steps_that_were_lost(tmp_path):
    logged(tmp_path / "curves", 1, [4.0, 3.0, 2.0, 1.0], begin=0)
    logged(tmp_path / "curves", 1, [9.0], begin=0, first_process=False)
    logged(tmp_path / "curves", 3, [2.5, 1.5], begin=2)
    assert curve(tmp_path / "curves", "train/loss") == {1: 4.0, 2: 3.0, 3: 2.5, 4: 1.5}
    assert curve(tmp_path / "curves", "eval/loss") == {1: 2.0, 2: 1.5, 3: 1.25, 4: 0.75}
    assert curve(tmp_path / "curves", "train/note") == {}


def test_a_job_that_starts_afresh_starts_its_curves_afresh(tmp_path):
    logged(tmp_path / "curves", 1, [4.0, 3.0, 2.0], begin=0)
    logged(tmp_path / "curves", 1, [9.0], begin=0)
    assert curve(tmp_path / "curves", "train/loss") == {1: 9.0}


def test_a_tracker_that_is_not_installed_is_named(monkeypatch, refused):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with refused(field="trackers"):
        check_trackers(["mlflow"])


def test_trackers_are_told_to_the_trainer(monkeypatch, tiny_backbone, tmp_path):
    monkeypatch.setattr("reasonome.training.job.check_trackers", lambda trackers: None)
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone))
    assert job.arguments()["report_to"] == "none"
    job.trackers = ["wandb", "mlflow"]
    told = job.arguments()
    assert (told["report_to"], told["run_name"]) == (["wandb", "mlflow"], "tiny/sft.try-s0")


@pytest.mark.full
@pytest.mark.slow
def test_every_job_leaves_its_curves(tiny_backbone, tmp_path, monkeypatch):
    at_exit = []
    monkeypatch.setattr("atexit.register", at_exit.append)
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone))
    sft(job, {"demo-go": TASKS["gene_set_naming"]})
    for close in at_exit:
        close()
    folder = tmp_path / "tensorboard" / "tiny" / "sft.try-s0"
    assert list(curve(folder, "train/loss")) == [1, 2, 3]
    assert all(curve(folder, name) for name in ("train/learning_rate", "train/grad_norm"))


def test_training_goes_on_where_curves_cannot_be_written(tmp_path, capsys):
    """On a full disk the writer's thread ends; whoever then waits for it would wait for ever."""
    state = SimpleNamespace(is_world_process_zero=True, global_step=0)
    board = tracking.TensorBoard(tmp_path / "curves")
    board.on_train_begin(None, state, None)
    worker = board._writer.file_writer.event_writer._worker
    worker.stop()
    worker.join()
    for state.global_step in range(1, 2000):
        board.on_log(None, state, None, logs={"loss": 1.0})
    board.close()
    assert capsys.readouterr().out.count("no more curves there; training goes on") == 1
