"""What the jobs of an experiment left: scores, records of training, and costs."""

import math
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from reasonome.core import atomic
from reasonome.core.atomic import read_parquet
from reasonome.core.errors import InputError
from reasonome.core.manifest import read_manifest
from reasonome.report.origins import Answering
from reasonome.report.plan import Evaluation, Plan, Step

EXAMPLE = ["subset", "id"]
SCORE_COLUMNS = ["id", "subset", "sample", "gold", "answer"]
BASELINE_COLUMNS = ["baseline", "information", "id", "subset", "answer"]


@dataclass(frozen=True)
class Evidence:
    """Score tables in the plan's order, and the baselines' tables by (benchmark, style)."""

    evaluations: list[tuple[Evaluation, pd.DataFrame]]
    baselines: dict[tuple[str, str], pd.DataFrame]


@dataclass(frozen=True)
class TrainedStep:
    """The records of a trained step; of stages with rollouts also `validation` and `constant`, and of a reward model
    `pair_accuracies`: how often it prefers the better one of held-out answers, by kind of pair. `rollouts` are rows of
    rollouts.jsonl; none of models that were trained before there was such a file.

    Stages with rollouts record what the best constant answer earns, a number per reward component and "reward": on the
    training prompts in `constant` (with its "name"), on the held-out ones in `validation["constants"]`; under "copies"
    the same for each way to copy the question.
    """

    backbone: str
    chain: str
    history: pd.DataFrame
    manifest: dict
    recipe: dict
    run: dict
    validation: dict | None
    constant: dict | None
    pair_accuracies: dict | None = None
    rollouts: list[dict] = field(default_factory=list)
    placebo: bool = False


@dataclass(frozen=True)
class ReportInputs:
    """All that figures and page show. `metrics` includes the rows of strata; `figures` is the folder of figures;
    `leaks` is the experiment's leak audit; `costs` has a row per job; `answering` has the run.json of every evaluation
    of the plan; `calibration`, `reliability` and `sharpening` are tables of summarise.py, `forgetting` that of
    measure_forgetting.py, if that was asked for; `own` is the folder of the task's own tables."""

    plan: Plan
    metrics: pd.DataFrame
    comparisons: pd.DataFrame
    evidence: Evidence
    steps: list[TrainedStep]
    figures: Path
    leaks: dict
    costs: pd.DataFrame
    answering: list[Answering]
    calibration: pd.DataFrame
    reliability: pd.DataFrame
    sharpening: pd.DataFrame
    forgetting: pd.DataFrame | None
    own: Path


def read_evidence(plan: Plan) -> Evidence:
    """Read every score and baseline table of `plan`.

    Raises InputError naming the file for one that is missing, lacks a column, or has examples that the baselines, which
    need no model, do not have.
    """
    always = plan.metric_set.stand_in
    of_baselines = [*BASELINE_COLUMNS, always]
    baselines = {(f.benchmark, f.style): read_parquet(f.path, of_baselines).to_pandas() for f in plan.baselines}
    evaluations = []
    for evaluation in plan.evaluations:
        scores = read_parquet(evaluation.scores, [*SCORE_COLUMNS, always]).to_pandas()
        expected = pd.MultiIndex.from_frame(baselines[evaluation.benchmark, evaluation.style][EXAMPLE])
        strangers = pd.MultiIndex.from_frame(scores[EXAMPLE]).difference(expected)
        if len(strangers):
            raise InputError(
                f"{len(strangers)} scored examples are not among those of the baselines, e.g. {strangers[0]}",
                file=evaluation.scores,
                field="id",
                fix="score the baselines and the answers on the same version of the benchmark",
            )
        evaluations.append((evaluation, scores))
    return Evidence(evaluations, baselines)


def read_step(step: Step) -> TrainedStep:
    """Read a step's folder. Raises InputError without a manifest: the step is incomplete."""
    return TrainedStep(
        step.backbone,
        step.chain,
        history=pd.DataFrame(atomic.read_jsonl(step.folder / "history.jsonl")),
        manifest=read_manifest(step.folder / "manifest.json"),
        recipe=atomic.read_json(step.folder / "recipe.json"),
        run=atomic.read_json(step.folder / "run.json"),
        placebo=step.placebo,
        rollouts=atomic.read_jsonl(path) if (path := step.folder / "rollouts.jsonl").is_file() else [],
        **{
            name: atomic.read_json(path) if (path := step.folder / f"{name}.json").is_file() else None
            for name in ("validation", "constant", "pair_accuracies")
        },
    )


_TOKENS = ["backward_tokens", "prompt_tokens", "generated_tokens"]
COST_COLUMNS = ["job", "backbone", "chain", "seconds", "share_of_time", *_TOKENS]
COST_COLUMNS += ["tokens_per_second", "peak_memory_gb", "precision"]
_MEASURED = ["seconds", *_TOKENS, "peak_memory_gb"]


def costs_table(plan: Plan) -> pd.DataFrame:
    """costs.tsv (docs/evaluation.md): a row per trained step, set of samples, of facts and of answers, then `total`.

    Then a row per model of an arm: what all jobs took that made it. Sums of peak memory are the highest. Raises
    InputError for a missing run.json.
    """
    trained = [("train", s.chain.rpartition("+")[2], s.backbone, s.chain, s.folder / "run.json") for s in plan.steps]
    answered = [
        ("answer", f"{e.benchmark}.{e.style} {e.decoding}", e.backbone, e.chain, e.run) for e in plan.evaluations
    ]
    drawn = [
        ("sample", f"{s.run.parent.name} {s.run.name.removesuffix('.run.json')}", s.backbone, s.chain, s.run)
        for s in plan.samples
    ]
    facts = [("facts", k.run.name.removesuffix(".run.json"), k.backbone, k.chain, k.run) for k in plan.recalled]
    rows = []
    for kind, what, backbone, chain, path in dict.fromkeys(trained + drawn + facts + answered):
        run = atomic.read_json(path)
        tokens = run["backward_tokens" if kind == "train" else "generated_tokens"]
        rate = tokens / run["seconds"] if run["seconds"] else 0.0
        rows.append([f"{kind} {what}", backbone, chain, *_measured(run), rate, run.get("precision", "")])
    columns = ["job", "backbone", "chain", *_MEASURED, "tokens_per_second", "precision"]
    table = pd.DataFrame(rows, columns=columns)
    total = {"job": "total", "backbone": "", "chain": "", "precision": "", **_added_up(table)}
    table.loc[len(table)] = total
    for model in plan.models:
        spent = pd.DataFrame([_measured(atomic.read_json(path)) for path in model.runs], columns=_MEASURED)
        named = {"job": f"arm {model.arm}", "backbone": model.backbone, "chain": model.chain, "precision": ""}
        table.loc[len(table)] = named | _added_up(spent)
    table["share_of_time"] = (table["seconds"] / total["seconds"]).map("{:.0%}".format)
    return table.astype(dict.fromkeys(_TOKENS, "Int64")).round({"seconds": 1, "tokens_per_second": 1})[COST_COLUMNS]


def _measured(run: dict[str, float]) -> list[float]:
    """The values of _MEASURED; nan for prompt tokens that nobody counted, of models trained before they were."""
    known = {"prompt_tokens": math.nan if run["generated_tokens"] else 0} | run
    return [known[name] for name in _MEASURED]


def _added_up(table: pd.DataFrame) -> dict[str, float]:
    """The sums of time and tokens over jobs, nan where one is, and the highest memory."""
    return {**table[_MEASURED[:-1]].sum(skipna=False), "peak_memory_gb": table["peak_memory_gb"].max()}
