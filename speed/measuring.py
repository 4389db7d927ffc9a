"""What the programs of this folder share: the ways' times, the table with its bounds, and the machine in words.

Every part compares three ways on the same input in one run: `theirs`, as the recipe that users come from does it;
`plain`, the plain well-made way that a careful user would write first; and `ours`.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from reasonome.benchmarks.rows import read_rows
from reasonome.compile.trainings import training_job
from reasonome.config.backbones import EncoderFolder
from reasonome.config.project import Project, Results, chains
from reasonome.config.recipes import Recipe
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.stages import STAGES
from reasonome.tasks import TASKS, load_project

CUDA = torch.cuda.is_available()
BENCHMARK, BACKBONE, ENCODER, TEACHER, STYLE = "demo-go", "smollm2-135m", "minilm", "knowledge-given", "demo-names"
# What each stage trains where a part does not say otherwise.
RECIPES: dict[str, dict[str, Any]] = {
    "pretrain": {
        "corpus": "demo",
        "sequence_length": 256,
        "learning_rate": 5e-4,
        "batch_size": 1,
        "micro_batch_size": 1,
        "save_steps": 20,
    },
    "sft": {
        "teacher": TEACHER,
        "learning_rate": 2.5e-4,
        "batch_size": 4,
        "micro_batch_size": 4,
        "max_length": 512,
        "save_steps": 30,
    },
    "grpo": {
        "rewards": {"similarity": 2.0, "rouge_l": 1.0, "format": 1.0, "reasoning": 1.0},
        "encoders": [ENCODER],
        "learning_rate": 2e-5,
        "scheduler": "constant",
        "warmup": 0.0,
        "batch_size": 16,
        "micro_batch_size": 4,
        "generations": 4,
        "max_completion_length": 96,
        "save_steps": 5,
        "validation": 30,
    },
    "onlinedpo": {
        "encoders": [],
        "learning_rate": 1e-6,
        "scheduler": "constant",
        "warmup": 0.0,
        "batch_size": 16,
        "micro_batch_size": 4,
        "max_completion_length": 96,
        "save_steps": 5,
        "validation": 30,
    },
}
PACKAGES = ("torch", "transformers", "trl", "sentence-transformers")


@dataclass(frozen=True)
class Speed:
    """One part's rates in `unit` by way (None where a way was not run), and how many times theirs ours must be."""

    part: str
    unit: str
    theirs: float
    plain: float | None
    ours: float
    least: float | None = None

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs

    @property
    def kept(self) -> bool:
        return self.least is None or self.ratio >= self.least

    def cells(self) -> list[str]:
        plain = ("–", "–") if self.plain is None else (_rate(self.plain), f"{self.ours / self.plain:.1f} ×")
        bound = "–" if self.least is None else f"≥ {self.least:g} ×"
        rates = [self.unit, _rate(self.theirs), plain[0], _rate(self.ours)]
        return [self.part, *rates, f"{self.ratio:.1f} ×", plain[1], bound, _verdict(self.kept)]


@dataclass(frozen=True)
class Check:
    """A finding beside the rates, and what it must be; without a bound it is for information."""

    what: str
    found: str
    bound: str = "–"
    kept: bool = True

    def cells(self) -> list[str]:
        return [self.what, self.found, self.bound, _verdict(self.kept)]


SPEED_COLUMNS = ["part", "unit", "theirs", "plain", "ours", "ours / theirs", "ours / plain", "bound", ""]
CHECK_COLUMNS = ["beside the rates", "found", "bound", ""]


def _rate(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _verdict(kept: bool) -> str:
    return "ok" if kept else "MISSED"


def parser(text: str) -> argparse.ArgumentParser:
    """Command line of a part: where its inputs are, and where its rows go for the table of all parts."""
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--config", type=Path, default=Path("config"))
    made.add_argument("--results", type=Path, help="folder with the inputs; config.yaml's if not given")
    made.add_argument("--rows", type=Path, help="also write the rows here, as JSON")
    return made


class Inputs:
    """The demo's files that the parts work on; InputError, with the command that makes it, for one that is missing."""

    def __init__(self, config: Path, results: Path | None):
        self.project = load_project(config)
        self.results = Results(results or self.project.settings.results)
        self.task = TASKS[self.project.benchmarks[BENCHMARK].task]
        self.style = self.project.style(BENCHMARK, STYLE)

    def examples(self, split: str) -> list:
        """The gene sets of a split of the demo's benchmark, with what its prompts show of them."""
        return read_rows(self.there(self.results.prompts(BENCHMARK, STYLE) / f"{split}.jsonl"), self.task.Example)

    def encoder(self) -> EncoderFolder:
        """The sentence encoder that rewards use."""
        folder = self.results.encoder(ENCODER)
        self.there(folder / "manifest.json")
        return EncoderFolder(folder, self.project.encoders[ENCODER].pooling)

    def backbone(self) -> Path:
        """Folder of the 135M model as it was fetched: manifest.json and model/."""
        folder = self.results.model(BACKBONE, "base")
        self.there(folder / "manifest.json")
        return folder

    def reasoning(self) -> Path:
        """The demo teacher's kept reasoning."""
        return self.there(self.results.root / "reasoning" / TEACHER / f"{BENCHMARK}.{STYLE}.jsonl")

    def there(self, path: Path) -> Path:
        if not path.is_file():
            raise InputError("an input of the measurement is missing", file=path, fix=f"snakemake --cores 2 {path}")
        return path


def recipe_of(stage: str, /, **settings: Any) -> Recipe:
    """The recipe of RECIPES for a stage, with other settings in place of its own."""
    asked = {} if stage == "pretrain" else {"benchmark": BENCHMARK, "style": STYLE}
    return STAGES[stage].model_validate({"stage": stage} | asked | RECIPES[stage] | settings)


def median_seconds(ways: Mapping[str, Callable[[], Any]], times: int) -> tuple[dict[str, float], dict[str, Any]]:
    """Seconds of each way, the median of `times` runs, and what its last run gave; the ways take turns."""
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    made: dict[str, Any] = {}
    for turn in range(times):
        for name, work in ways.items():
            started, used = time.perf_counter(), time.process_time()
            made[name] = work()
            seconds[name].append(time.perf_counter() - started)
            # Far fewer processor seconds than seconds × threads: other work had the machine.
            used = time.process_time() - used
            print(
                f"run {turn + 1} of {times}, {name}: {seconds[name][-1]:.2f} s ({used:.2f} s of processor)", flush=True
            )
    return {name: statistics.median(each) for name, each in seconds.items()}, made


def report(speeds: Sequence[Speed], checks: Sequence[Check], rows: Path | None) -> int:
    """Print a part's tables, write its rows if asked; exit status 1 if a bound is missed."""
    if rows:
        written = {"speeds": [asdict(row) for row in speeds], "checks": [asdict(row) for row in checks]}
        atomic.write_json(rows, written)
    print_tables(speeds, checks)
    return int(not all(row.kept for row in [*speeds, *checks]))


def read(rows: Path) -> tuple[list[Speed], list[Check]]:
    """The rows that `report` wrote."""
    written = json.loads(rows.read_text(encoding="utf-8"))
    return [Speed(**row) for row in written["speeds"]], [Check(**row) for row in written["checks"]]


def print_tables(speeds: Sequence[Speed], checks: Sequence[Check]) -> None:
    print(f"\n{time.strftime('%Y-%m-%d')}, {machine()}")
    if speeds:
        print(f"\n{_table(SPEED_COLUMNS, [row.cells() for row in speeds])}")
    if checks:
        print(f"\n{_table(CHECK_COLUMNS, [row.cells() for row in checks])}")


def _table(columns: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, so that it can be put into a page as it is."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    lines = [columns, ["-" * width for width in widths], *rows]
    padded = ([cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in padded)


def machine() -> str:
    """The class of this machine and the packages that matter; no names, no paths."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    gigabytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    gpus = f"{torch.cuda.device_count()} × {torch.cuda.get_device_name(0)}" if CUDA else "no GPU"
    packages = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} cores ({model}), {gigabytes:.0f} GiB, {gpus}; {packages}"


def write_job(project: Project, folder: Path) -> Path:
    """The job.json of a step, which is written into its folder, results/models/BACKBONE/CHAIN, beside recipe.json."""
    written = atomic.read_json(folder / "recipe.json")
    recipe, project.results = STAGES[written["stage"]].model_validate(written), Results(folder.parents[2])
    outputs = {"manifest": folder / "manifest.json"}
    job = training_job(project, recipe, (folder.parent.name, chains.parent(folder.name)), outputs)
    atomic.write_text(folder / "manifest.job.json", job.to_json())
    return folder / "manifest.job.json"
