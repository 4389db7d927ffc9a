"""What fits in memory: the search, the limits, and that a resumed job stays with what was found."""

import json
import shutil
from types import SimpleNamespace

import psutil
import pytest
import tiny_training
import torch

from reasonome.core import memory_limits
from reasonome.core.errors import InputError
from reasonome.tasks.registry import TASKS
from reasonome.training import fitting
from reasonome.training.sft import sft
from reasonome.training.stage import Stage

MB, GB = 2**20, 2**30
PER_TOKEN = 5 * 49_152 * 4  # bytes that training the tiny backbone takes: the head's logits, and what is made of them


def test_the_largest_divisor_that_fits():
    tried = []

    def fits(rows):
        tried.append(rows)
        return rows <= 5

    assert fitting.most_that_fit(12, fits) == 4
    assert tried == [12, 6, 4]
    assert fitting.most_that_fit(12, lambda rows: False) == 0
    assert fitting.most_that_fit(7, lambda rows: rows < 7) == 1


@pytest.mark.parametrize(
    ("longest", "room", "found"),
    [(1000, 1000, 1000), (1000, 999, 992), (1000, 300, 288), (1000, 32, 32), (1000, 31, 0)],
)
def test_the_longest_text_is_a_multiple_of_32_unless_all_fit(longest, room, found):
    assert fitting.longest_that_fits(longest, lambda tokens: tokens <= room) == found


@pytest.mark.parametrize(("sharing", "told", "limit"), [(1, None, 12), (4, None, 4.5), (1, 8192, 8), (4, 8192, 2)])
def test_processes_of_a_node_share_what_is_free_and_what_their_job_has(sharing, told, limit, monkeypatch):
    """10 GB are free, and this process takes 2 GB."""
    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 10 * GB}))
    monkeypatch.setattr(psutil.Process, "memory_info", lambda self: type("Memory", (), {"rss": 2 * GB}))
    monkeypatch.setattr(memory_limits, "control_group_limits", list)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(sharing))
    monkeypatch.delenv("REASONOME_MEMORY_MB", raising=False)
    if told:
        monkeypatch.setenv("REASONOME_MEMORY_MB", str(told))
    assert fitting.memory_limit() == limit * GB


@pytest.mark.parametrize(
    ("line", "folder", "file"),
    [("0::/slurm/job_7", "slurm", "memory.max"), ("4:memory:/slurm/job_7", "memory/slurm", "memory.limit_in_bytes")],
)
def test_control_groups_of_both_versions_and_those_above_them(tmp_path, line, folder, file):
    (tmp_path / "listing").write_text(f"9:cpu:/other\n{line}\n")
    group = tmp_path / "root" / folder
    (group / "job_7").mkdir(parents=True)
    (group / file).write_text(f"{3 * GB}\n")
    (group / "job_7" / file).write_text("max\n")
    assert memory_limits.control_group_limits(tmp_path / "root", tmp_path / "listing") == [3 * GB]
    assert memory_limits.control_group_limits(tmp_path / "root", tmp_path / "nowhere") == []


def test_the_most_bytes_held_at_once_are_counted():
    before = torch.ones(1000)  # is not of the run, though the run frees it

    def run():
        nonlocal before
        before = None
        torch.ones(3 * MB, dtype=torch.uint8)
        first = torch.ones(4 * MB, dtype=torch.uint8)
        second = torch.ones(2 * MB, dtype=torch.uint8)
        del first
        return second + 1  # 2 MB more, when 4 are gone

    assert fitting.allocated_peak(run) == 6 * MB


def test_fixed_numbers_need_no_trial(tiny_backbone, tmp_path):
    stage = tiny_training.sft_stage(tiny_training.make(tmp_path, tiny_backbone))

    def load():
        raise AssertionError("nothing is loaded")

    assert fitting.fit(load, stage.recipe, 200, tmp_path, False) == fitting.Fitted(2, 200)
    assert not (tmp_path / fitting.FILE).exists()


def test_zero3_wants_a_number(tiny_backbone, tmp_path, monkeypatch):
    stage = tiny_training.sft_stage(tiny_training.make(tmp_path, tiny_backbone), micro_batch_size="auto")
    monkeypatch.setenv("REASONOME_SHARDING", "zero3")
    with pytest.raises(InputError, match="before the weights are spread") as error:
        fitting.fit(lambda: None, stage.recipe, 200, tmp_path, False)
    assert error.value.field == "micro_batch_size"


def limited(monkeypatch, tokens: float) -> None:
    """A machine on which so many tokens fit."""
    monkeypatch.setattr(fitting, "_reckoned_on_cpu", lambda model, recipe: lambda rows, length: rows * length <= tokens)


class _Gpu:
    """80 GB, on which a model of 10⁹ weights is tried: 4 GB, as much for its gradients, and 3.6 GB for each row."""

    model = torch.nn.Linear(40_000, 25_000, bias=False, device="meta")

    def __init__(self, monkeypatch):
        self.tried, self._held, self._gradients = [], 0, 0.0
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (79 * 10**9, 80 * 10**9))
        monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
        monkeypatch.setattr(torch, "empty", self._hold)
        monkeypatch.setattr(fitting, "_trial", lambda model, recipe: self._trial)

    def _hold(self, held, dtype, device):
        assert (dtype, device) == (torch.uint8, "cuda")
        self._held = held

    def _trial(self, rows, length):
        if length > 16:
            self.tried.append(rows)
            if self._held / 1e9 + 4 + self._gradients + 3.6 * rows > 80:
                raise torch.OutOfMemoryError("CUDA out of memory")
        self._gradients = 4.0


@pytest.mark.parametrize(
    ("taken", "beta", "rows"),
    [
        (0, 0, 8),  # moments (8) and a tenth (8) leave 64, weights and gradients (8) 56; 16 rows are 57.6
        (0.4, 0, 4),  # vLLM (32) leaves 24, and 8 rows are 28.8
        (0.4, 0.04, 4),  # a reference model (4) leaves 20, and 4 rows are 14.4
        (0.6, 0.04, 1),  # vLLM (48) leaves 4
        (0.7, 0.04, 0),
    ],
)
def test_rows_on_a_gpu_leave_room_for_what_comes_after_the_trial(taken, beta, rows, monkeypatch):
    gpu, recipe = _Gpu(monkeypatch), SimpleNamespace(beta=beta, adapter=None)
    fits = fitting._trial_on_gpu(gpu.model, recipe, taken)
    assert fitting.most_that_fit(16, lambda n: fits(n, 64)) == rows
    assert gpu.tried == [16, 8, 4, 2, 1][: 1 + [16, 8, 4, 2, 1, 0].index(rows)]


@pytest.mark.parametrize(
    ("processes", "sharded", "each"),
    [("1", "none", 8), ("4", "none", 12), ("4", "zero2", 2)],  # two moments; and gradients in buckets; moments shared
)
def test_moments_and_the_buckets_of_several_processes_are_reserved(processes, sharded, each, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", processes)
    monkeypatch.setenv("REASONOME_SHARDING", sharded)
    model = torch.nn.Linear(10, 7)
    model.bias.requires_grad = False
    recipe = SimpleNamespace(beta=0.04, adapter=None)
    assert fitting._bytes_beside(model, recipe) == 70 * each + 77 * 4, "and a reference model, of all weights"
    recipe.adapter = {"rank": 4}
    assert fitting._bytes_beside(model, recipe) == 70 * each


def test_what_does_not_fit_says_what_to_do(tiny_backbone, tmp_path, monkeypatch):
    stage = tiny_training.sft_stage(tiny_training.make(tmp_path, tiny_backbone), micro_batch_size="auto")
    limited(monkeypatch, 63)
    with pytest.raises(InputError, match="not one row of 64 tokens fits in the memory of a process\n") as error:
        stage.fit(64)
    assert error.value.field == "micro_batch_size" and "gradient_checkpointing: true" in error.value.fix
    with pytest.raises(InputError, match="in the memory of a process, beside the 40% of its GPU that are vLLM's"):
        stage.fit(64, 0.4)


def test_length_is_found_for_the_rows_that_are_asked_for(tiny_backbone, tmp_path, monkeypatch):
    models = tiny_training.make(tmp_path, tiny_backbone)
    limited(monkeypatch, 128)
    fixed = tiny_training.sft_stage(models, max_length="auto")
    assert (fixed.fit(200), fixed.micro_batch_size) == (64, 2)
    both = tiny_training.sft_stage(models, "sft.both-s0", max_length="auto", micro_batch_size="auto", batch_size=4)
    assert (both.fit(60), both.micro_batch_size) == (60, 2)
    assert both.arguments()["gradient_accumulation_steps"] == 2


def test_a_job_that_goes_on_with_more_processes_keeps_the_length(tiny_backbone, tmp_path, monkeypatch):
    models = tiny_training.make(tmp_path, tiny_backbone)
    stage = tiny_training.sft_stage(models, max_length="auto", micro_batch_size="auto", batch_size=12)
    limited(monkeypatch, 256)
    monkeypatch.setattr(fitting.processes, "of_all", lambda value: [value])

    def fit(processes: int) -> fitting.Fitted:
        monkeypatch.setenv("WORLD_SIZE", str(processes))
        return fitting.fit(stage.load_model, stage.recipe, 60, tmp_path, resumed)

    resumed = False
    assert fit(2) == fitting.Fitted(3, 60)  # of 6 rows; 6 × 60 are too many
    limited(monkeypatch, 130)
    resumed = True
    assert fit(2) == fitting.Fitted(3, 60)
    assert fit(3) == fitting.Fitted(2, 60)  # of 4, into which 3 does not divide
    limited(monkeypatch, 59)
    with pytest.raises(InputError, match="not one row of 60 tokens"):
        fit(4 * 3)


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("adapter", [None, {"rank": 4}])
def test_more_memory_lets_more_rows_through(adapter, tiny_backbone, tmp_path, monkeypatch):
    models = tiny_training.make(tmp_path, tiny_backbone)
    settings = {"micro_batch_size": "auto", "batch_size": 1024, "adapter": adapter, "gradient_checkpointing": True}
    freed = [torch.ones(24_000) for _ in range(6000)]
    last = freed.pop()  # keeps what is below it in this process, so that trials need not make it larger
    del freed
    room = 10 * 256 * PER_TOKEN * fitting.FRAGMENTS
    monkeypatch.setattr(fitting, "memory_limit", lambda: (psutil.Process().memory_info().rss + room) / fitting.SHARE)
    stage = tiny_training.sft_stage(models, **settings)
    state = torch.random.get_rng_state()
    stage.fit(256)
    assert stage.micro_batch_size == 8 and len(last) == 24_000
    assert torch.equal(torch.random.get_rng_state(), state), "trials draw from a copy"
    assert json.loads((stage.trainer_folder / fitting.FILE).read_text()) == {
        "max_length": 256,
        "micro_batch_size": 8,
    }
    monkeypatch.setattr(fitting, "memory_limit", lambda: 1e15)
    stage.fit(256)
    assert stage.micro_batch_size == 1024


@pytest.mark.full
@pytest.mark.slow
def test_a_resumed_job_keeps_rows_and_length_though_memory_changed(tiny_backbone, tmp_path, monkeypatch, capsys):
    models = tiny_training.make(tmp_path, tiny_backbone)
    settings = {"micro_batch_size": "auto", "max_length": "auto", "batch_size": 4, "checkpoints": "keep"}
    limited(monkeypatch, 128)
    stage = tiny_training.sft_stage(models, **settings)
    sft(stage, {"demo-go": TASKS["gene_set_naming"]})
    assert "fits in memory: 2 rows at once, of up to" in capsys.readouterr().out
    manifest = json.loads((stage.folder / "manifest.json").read_text())
    assert 32 <= manifest["max_length"] <= 128 and manifest["recipe"]["max_length"] == "auto"
    assert "micro_batch_size" not in {**manifest, "recipe": None}
    assert json.loads((stage.folder / "run.json").read_text())["micro_batch_size"] == stage.micro_batch_size
    expected = (stage.folder / "model/model.safetensors").read_bytes()

    shutil.rmtree(stage.trainer_folder / "checkpoint-3")
    limited(monkeypatch, 1e9)
    again = Stage(stage.folder, stage.data, stage.styles)
    sft(again, {"demo-go": TASKS["gene_set_naming"]})
    assert again.micro_batch_size == stage.micro_batch_size
    assert (again.folder / "model/model.safetensors").read_bytes() == expected
    assert json.loads((again.folder / "manifest.json").read_text()) == manifest
