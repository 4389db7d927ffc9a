"""What finished jobs took: the run.json of models and answers, and Snakemake's records of all other jobs."""

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasonome.config.project import chains
from reasonome.core.errors import InputError

ANSWERING = "generate"


@dataclass(frozen=True)
class MeasuredRun:
    """One finished job of training (`stage` of its last step) or answering (`stage` ANSWERING).

    `device` is "cpu", the name of a GPU, or "gpu"; `gpus` are those that were computed on, on all nodes, as `processes`
    are. `threads` are those of one process. `asked` is (benchmark, style, decoding) of answers, `engine` what generated
    them (None: training); `recipe`, `sharding` and `examples` are those of a training step.
    """

    path: Path
    stage: str
    backbone: str
    chain: str
    seconds: float
    backward_tokens: int
    generated_tokens: int
    prompt_tokens: int
    steps: int
    threads: int
    processes: int
    gpus: int
    device: str
    peak_memory_gb: float
    gpu_peak_memory_gb: float | None
    asked: tuple[str, str, str] | None
    engine: str | None
    sharding: str
    recipe: dict[str, Any]
    examples: int

    @property
    def workers(self) -> int:
        """Cores on a CPU, else GPUs: what a rate is divided by."""
        return self.processes * self.threads if self.device == "cpu" else self.gpus

    @property
    def adapted(self) -> bool:
        """Whether it trained an adapter alone."""
        return bool(self.recipe.get("adapter"))


def runs(results: Path) -> list[MeasuredRun]:
    """All finished jobs below a results folder, in the order of their paths; none where nothing is.

    InputError for a run.json that cannot be read, with its name.
    """
    found = [_trained(path) for path in sorted(results.glob("models/*/*/run.json"))]
    found += [_answered(path) for path in sorted(results.glob("answers/*/*/*/*.run.json"))]
    return [run for run in found if run is not None]


def _trained(path: Path) -> MeasuredRun | None:
    chain = path.parent.name
    if not (path.with_name("manifest.json").is_file() and path.with_name("recipe.json").is_file()):
        return None  # not finished, or of something else
    recipe, manifest = _read(path.with_name("recipe.json")), _read(path.with_name("manifest.json"))
    stage = chains.last_step(chain).stage
    return _run(path, stage, path.parent.parent.name, chain, None, recipe, manifest.get("examples", 0))


def _answered(path: Path) -> MeasuredRun | None:
    benchmark, _, style = path.parent.name.rpartition(".")
    chain = path.parent.parent
    asked = (benchmark, style, path.name.removesuffix(".run.json"))
    return _run(path, ANSWERING, chain.parent.name, chain.name, asked, {}, 0)


def _run(path: Path, stage: str, backbone: str, chain: str, asked, recipe: dict, examples: int) -> MeasuredRun | None:
    run = _read(path)
    if "threads" not in run:
        return None  # answers of an endpoint, or recorded ones: nothing was computed
    gpu_peak = _number(run, "gpu_peak_memory_gb", path, None)
    processes = max(1, _number(run, "processes", path, 1))
    device = str(run.get("device") or ("gpu" if gpu_peak else "cpu"))
    # Older answers do not say their engine, which on a GPU may have been either.
    engine = run.get("engine", "transformers" if device == "cpu" else None) if stage == ANSWERING else None
    return MeasuredRun(
        path,
        stage,
        backbone,
        chain,
        seconds=_number(run, "seconds", path),
        backward_tokens=_number(run, "backward_tokens", path),
        generated_tokens=_number(run, "generated_tokens", path),
        prompt_tokens=_number(run, "prompt_tokens", path, 0),
        steps=_number(run, "steps", path, 0),
        threads=max(1, _number(run, "threads", path)),
        processes=processes,
        gpus=max(1, _number(run, "gpus", path, processes)),
        device=device,
        peak_memory_gb=_number(run, "peak_memory_gb", path),
        gpu_peak_memory_gb=gpu_peak,
        asked=asked,
        engine=engine,
        sharding=run.get("sharding", "none"),
        recipe=recipe,
        examples=examples,
    )


def _read(path: Path) -> dict[str, Any]:
    fix = "run its job again (`snakemake --forcerun` of this file), or remove the file"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise InputError(f"Invalid JSON: {error}", file=path, fix=fix) from None
    if not isinstance(value, dict):
        raise InputError("should be an object", file=path, fix=fix)
    return value


def _number(run: dict[str, Any], key: str, path: Path, default: Any = ...) -> Any:
    value = run.get(key, default)
    if value is default and default is not ...:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        what = "is missing" if value is ... else f"should be a number, is {value!r}"
        raise InputError(what, file=path, field=key, fix="run its job again, or remove the file")
    return value


def recorded_seconds(folder: Path = Path(".snakemake/metadata")) -> dict[str, dict[tuple[str, ...], float]]:
    """Rule → logs of a job → its seconds, of jobs that Snakemake ran in the working directory.

    Snakemake keeps a record per output file; a job's log names it. Records of another form are passed over.
    """
    found: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        try:
            record = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
        except ValueError:
            continue
        if isinstance(record, dict) and record.get("starttime") and record.get("endtime"):
            key = tuple(record.get("log") or [path.name])
            found[record.get("rule", "")][key] = record["endtime"] - record["starttime"]
    return dict(found)
