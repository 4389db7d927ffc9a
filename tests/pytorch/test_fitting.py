"""What fits in memory: the search, what is reserved, and that a resumed job stays with what was found."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
import tiny_training
import torch
from refusals import refused
from transformers import AutoModelForCausalLM, TrainingArguments

from reasonome.training import fitting, kernels

pytestmark = pytest.mark.slow


def test_the_largest_divisor_that_fits():
    tried = []

    def fits(rows):
        tried.append(rows)
        return rows <= 5

    assert fitting.most_that_fit(12, fits) == 4
    assert tried == [12, 6, 4]
    assert fitting.most_that_fit(12, lambda rows: False) == 0
    assert fitting.most_that_fit(7, lambda rows: rows < 7) == 1


def limited(monkeypatch, tokens: float) -> list[timedelta]:
    """A GPU on which so many tokens fit; how long its process waits for others is added to the list."""
    waits = []
    cuda = SimpleNamespace(is_available=lambda: True, empty_cache=lambda: None)
    monkeypatch.setattr(fitting, "torch", SimpleNamespace(cuda=cuda, random=torch.random))
    monkeypatch.setattr(fitting, "PartialState", lambda timeout: waits.append(timeout))
    monkeypatch.setattr(
        fitting,
        "_trial_on_gpu",
        lambda model, recipe, recomputed: lambda rows, length: rows * length <= tokens * (4 if recomputed else 1),
    )
    return waits


@pytest.mark.parametrize(
    ("weights", "longest", "most", "gigabytes", "rows"),
    [
        (8 * 10**9, 1264, 32, 85, 8),  # 16,384 tokens hold 12 rows, and 8 divide 32
        (8 * 10**9, 1264, 32, 42.5, 4),  # 8,192 hold 6
        (3 * 10**9, 1264, 32, 85, 16),  # 32,768 hold 25
        (70 * 10**9, 8000, 4, 85, 1),  # not even one: it is tried all the same
    ],
)
def test_rows_under_zero3_are_by_the_size_of_the_model_and_of_the_gpu(weights, longest, most, gigabytes, rows):
    assert fitting.most_when_spread(weights, lambda n: n * longest, most, gigabytes * 1e9) == rows


def test_a_trial_has_the_tokens_of_questions_that_answers_share(tiny_backbone, tmp_path, monkeypatch, capsys):
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), micro_batch_size="auto", batch_size=16)
    limited(monkeypatch, 600)
    job.fit(130, lambda rows: rows // 4 * 100 + rows * 30)  # four answers of 30 to a question of 100
    assert "rows of up to 130 tokens at once: 8" in capsys.readouterr().out
    assert job.micro_batch_size == 8  # 2 × 100 + 8 × 30 are 440; rows of 130 would be four


def test_auto_under_zero3_makes_no_trial(tiny_backbone, tmp_path, monkeypatch):
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), micro_batch_size="auto")
    monkeypatch.setattr(fitting, "fit", None)
    monkeypatch.setenv("REASONOME_SHARDING", "zero3")
    job.fit(200)
    assert job.micro_batch_size == job.recipe.batch_size // job.processes


def test_nothing_is_computed_again_where_no_gpu_can_be_tried(tiny_backbone, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    settings = {"micro_batch_size": "auto", "gradient_checkpointing": "auto"}
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), **settings)
    job.fit(60)
    assert (job.micro_batch_size, job.recomputed) == (1, False)


class _Gpu:
    """A GPU, on which a model of 10⁹ weights is tried: 4 GB, as much for its gradients, and 3.6 GB for each row."""

    model = torch.nn.Linear(40_000, 25_000, bias=False, device="meta")
    error: Exception = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3.60 GiB")

    def __init__(self, monkeypatch, gigabytes: int = 80):
        self.tried, self._held, self._gradients, self._total = [], 0, 0.0, gigabytes
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: ((gigabytes - 1) * 10**9, gigabytes * 10**9))
        monkeypatch.setattr(torch.cuda, "empty_cache", lambda: None)
        monkeypatch.setattr(torch, "empty", self._hold)
        monkeypatch.setattr(fitting, "_trial", lambda model, recipe, recomputed: self._trial)

    def _hold(self, held, dtype, device):
        assert (dtype, device) == (torch.uint8, "cuda")
        self._held = held

    def _trial(self, rows, length):
        if length > 16:
            self.tried.append(rows)
            if self._held / 1e9 + 4 + self._gradients + 3.6 * rows > self._total:
                raise self.error
        self._gradients = 4.0


@pytest.mark.parametrize(
    ("gigabytes", "beta", "rows"),
    [
        (80, 0, 8),  # moments (8) and a tenth (8) leave 64, weights and gradients (8) 56; 16 rows are 57.6
        (40, 0, 4),  # 40 - 4 - 16 leave 20, and 8 rows are 28.8
        (27, 0.04, 1),  # and a reference model (4): 27 - 2.7 - 20 leave 4.3
        (25, 0.04, 0),
    ],
)
def test_rows_on_a_gpu_leave_room_for_what_comes_after_the_trial(gigabytes, beta, rows, monkeypatch):
    gpu, recipe = _Gpu(monkeypatch, gigabytes), SimpleNamespace(holds_parent=bool(beta), adapter=None)
    fits = fitting._trial_on_gpu(gpu.model, recipe, False)
    assert fitting.most_that_fit(16, lambda n: fits(n, 64)) == rows
    assert gpu.tried == [16, 8, 4, 2, 1][: 1 + [16, 8, 4, 2, 1, 0].index(rows)]


def test_memory_that_other_libraries_miss_is_memory_and_what_is_wrong_is_told(monkeypatch):
    gpu, recipe = _Gpu(monkeypatch), SimpleNamespace(holds_parent=False, adapter=None)
    tried = fitting._trial_on_gpu(gpu.model, recipe, False)
    gpu.error = RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`")
    assert fitting.most_that_fit(16, lambda n: tried(n, 64)) == 8
    gpu.error = RuntimeError("CUDA error: an illegal memory access was encountered")
    with pytest.raises(RuntimeError, match="illegal memory access"):
        tried(16, 64)


@pytest.mark.parametrize(
    ("processes", "sharded", "precision", "each", "of_parent", "buckets"),
    [
        ("1", "none", "bf16", 8, 4, 0),  # two moments
        ("4", "none", "bf16", 12, 4, 0),  # and gradients in buckets
        # A quarter of moments, and of weights and gradients in fp32; a reference in bf16; two buckets of 500 million.
        ("4", "zero2", "bf16", 4, 2, 2 * 10**9),
        ("4", "zero2", "fp32", 4, 4, 4 * 10**9),
    ],
)
def test_what_processes_hold_beside_a_trial_is_reserved(
    processes, sharded, precision, each, of_parent, buckets, monkeypatch
):
    monkeypatch.setenv("WORLD_SIZE", processes)
    monkeypatch.setenv("REASONOME_SHARDING", sharded)
    model = torch.nn.Linear(10, 7)
    model.bias.requires_grad = False
    recipe = SimpleNamespace(holds_parent=True, adapter=None, precision=precision)
    assert fitting._bytes_beside(model, recipe) == 70 * each + 77 * of_parent + buckets, "the reference has all weights"
    recipe.adapter = {"rank": 4}
    assert fitting._bytes_beside(model, recipe) == 70 * each + buckets


@pytest.mark.parametrize(("sharded", "dtype"), [("none", torch.float32), ("zero2", torch.bfloat16)])
def test_a_trial_for_zero2_holds_no_weights_in_fp32_and_no_whole_gradient(sharded, dtype, tiny_backbone, monkeypatch):
    monkeypatch.setenv("REASONOME_SHARDING", sharded)
    model = AutoModelForCausalLM.from_pretrained(tiny_backbone, dtype=torch.float32)
    model.to = lambda device: model  # no GPU is here
    fitting._trial(model, SimpleNamespace(adapter=None, precision="bf16"), False)
    model(input_ids=torch.ones(1, 4, dtype=torch.long)).logits.sum().backward()
    assert {weight.dtype for weight in model.parameters()} == {dtype}
    assert {weight.grad is None for weight in model.parameters()} == {sharded == "zero2"}


def test_what_does_not_fit_says_what_to_do(tiny_backbone, tmp_path, monkeypatch):
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), micro_batch_size="auto")
    limited(monkeypatch, 63)
    with refused(field="micro_batch_size"):
        job.fit(64)


def test_a_job_that_goes_on_with_other_processes_finds_rows_again_where_it_must(tiny_backbone, tmp_path, monkeypatch):
    models = tiny_training.make(tmp_path, tiny_backbone)
    job = tiny_training.sft_job(models, micro_batch_size="auto", batch_size=12)
    monkeypatch.setattr(fitting.processes, "gather", lambda value: [value])

    def fit(processes: int, resumed: bool = True) -> int:
        monkeypatch.setenv("WORLD_SIZE", str(processes))
        return fitting.fit(job.load_model, job.recipe, 60, tmp_path, resumed)[0]

    limited(monkeypatch, 256)
    assert fit(2, resumed=False) == 3  # of 6 rows; 6 × 60 are too many
    limited(monkeypatch, 1e9)
    assert fit(2) == 3  # as before, though all 6 would fit
    limited(monkeypatch, 130)
    assert fit(3) == 2  # of 4, into which 3 does not divide
    limited(monkeypatch, 60)
    assert fit(3) == 1  # a smaller GPU, on which 2 × 60 are too many
    limited(monkeypatch, 59)
    with refused():
        fit(4 * 3)


@pytest.mark.parametrize(
    ("tokens", "found"),
    [
        (12 * 60, (12, False)),  # all of a step
        (400, (6, False)),  # 360 tokens, which keep the GPU busy
        (130, (6, True)),  # 2 rows of 60 do not: with recomputation four times as many tokens fit
        (30, (2, True)),
    ],
)
def test_activations_are_computed_again_where_few_tokens_fit(tokens, found, tiny_backbone, tmp_path, monkeypatch):
    settings = {"micro_batch_size": "auto", "gradient_checkpointing": "auto", "batch_size": 12}
    job = tiny_training.sft_job(tiny_training.make(tmp_path, tiny_backbone), **settings)
    assert job.recomputed, "until it is known"
    monkeypatch.setattr(fitting, "BUSY_TOKENS", 300)
    waits = limited(monkeypatch, tokens)
    job.fit(60)
    assert set(waits) == {timedelta(seconds=TrainingArguments.ddp_timeout)}, "as a trainer opens the group"
    assert (job.micro_batch_size, job.recomputed) == found
    assert job.arguments() | kernels.recomputation(found[1]) == job.arguments()
