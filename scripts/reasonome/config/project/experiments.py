"""Experiments: which files the cells of an experiment need, for the workflow's rules and the report's plan."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from reasonome.config import (
    GrpoRecipe,
    KnowledgeTeacher,
    PretrainRecipe,
    Recipe,
    SftRecipe,
)
from reasonome.config.project import Project, chains
from reasonome.config.project.chains import Run
from reasonome.config.project.results import Results
from reasonome.tasks import registry


def examples_folder(project: Project, benchmark: str, style: str) -> Path:
    """Where the rows are that a model is asked about, or learns from, with what prompts of the style show of them."""
    project.style(benchmark, style)  # an unknown style ends here
    return project.results.prompts(benchmark, style)


def cells(project: Project, experiment: str) -> list[Run]:
    """All cells of an experiment; what cannot be trained, or is not to be, has none in arms with steps."""
    spec = project.experiments[experiment]
    without_weights = {name for name, backbone in project.backbones.items() if backbone.weights is None}
    return chains.expand(spec, without_weights.union(spec.untrained))


def trained_steps(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(backbone, chain) of every step that an experiment trains, parents before children, each once."""
    found: dict[tuple[str, str], None] = {}
    for run in cells(project, experiment):
        steps = [] if run.chain == chains.BASE else run.chain.split("+")
        for end in range(1, len(steps) + 1):
            found[run.backbone, "+".join(steps[:end])] = None
    return list(found)


def teacher_mode(project: Project, teacher: str) -> str:
    """Whether a knowledge teacher is told the true name ("given") or not ("blind"); "" for other teachers."""
    spec = project.teachers[teacher]
    return spec.mode if isinstance(spec, KnowledgeTeacher) else ""


def taught_by(recipe: Recipe) -> list[tuple[str, str, str]]:
    """(teacher, benchmark, style) of the reasoning that a recipe learns from; none without a teacher."""
    if not isinstance(recipe, SftRecipe) or recipe.teacher == "none":
        return []
    return [(recipe.teacher, *question) for question in recipe.questions]


def report_plan(project: Project, experiment: str) -> dict[str, Any]:
    """What the report is made of: cells, baselines, steps, audits and reasoning, with their files."""
    results = project.results
    spec = project.experiments[experiment]
    runs = cells(project, experiment)
    asked = list(dict.fromkeys((run.benchmark, run.style) for run in runs))
    steps = trained_steps(project, experiment)
    recipes = [chains.last_step(chain).recipe(project) for _, chain in steps]
    taught = dict.fromkeys(key for recipe in recipes for key in taught_by(recipe))
    return {
        "experiment": experiment,
        "description": spec.description,
        "kind": registry.part_name(project.benchmarks[spec.benchmarks[0]].task, "report").split(".")[-2],
        "trained_on": _trained_on(project, experiment),
        "arms": list(spec.arms),
        "no_controls": list(spec.no_controls),
        "out_of_distribution": list(spec.out_of_distribution),
        "rewarded_encoders": _rewarded_encoders(recipes),
        "evaluations": [
            {
                **vars(run),
                "track": project.style(run.benchmark, run.style).reading(),
                "scores": str(results.scores(run)),
                "run": str(results.answers(run).with_suffix(".run.json")),
            }
            for run in runs
        ],
        "baselines": [{"benchmark": b, "style": s, "path": str(results.baselines(b, s))} for b, s in asked],
        "steps": [{"backbone": b, "chain": c, "folder": str(results.model(b, c))} for b, c in steps],
        "audits": {b: str(results.benchmark(b) / "audit.json") for b, _ in asked},
        "reasoning": [
            {
                "teacher": teacher,
                "benchmark": benchmark,
                "style": style,
                "mode": teacher_mode(project, teacher),
                "kept": str(results.reasoning(teacher, benchmark, style)),
                "dropped": str(results.reasoning(teacher, benchmark, style).with_suffix(".dropped.jsonl")),
            }
            for teacher, benchmark, style in taught
        ],
        "corpora": [
            {
                "name": corpus,
                "placebo": project.corpora[corpus].placebo,
                "statistics": str(results.statements(corpus) / "statistics.tsv"),
            }
            for corpus in audit_plan(project, experiment).corpora
        ],
    }


def _trained_on(project: Project, experiment: str) -> dict[str, list[dict[str, str]]]:
    """What the steps of each arm learn from: benchmark and style, each once; warm-ups read no questions."""
    found = {}
    for arm, spec in project.experiments[experiment].arms.items():
        recipes = [project.recipes[stage][variant] for stage, variant in (step.split(".") for step in spec.steps)]
        read = dict.fromkeys(question for recipe in recipes for question in recipe.questions)
        found[arm] = [{"benchmark": benchmark, "style": style} for benchmark, style in read]
    return found


def _rewarded_encoders(recipes: Iterable[Recipe]) -> list[str]:
    """The encoders, sorted, whose similarity a reward of any weight is made of."""
    grpo = [recipe for recipe in recipes if isinstance(recipe, GrpoRecipe) and recipe.rewards.get("similarity", 0) > 0]
    return sorted({encoder for recipe in grpo for encoder in recipe.encoders})


@dataclass(frozen=True)
class AuditPlan:
    """What a leak audit compares: what is asked, and each training data with the steps that use it.

    `training` is by benchmark (its train split), `corpora` by corpus, `reasoning` by (teacher, benchmark, style).
    `not_compared` are the benchmarks trained on whose task knows no leak into what is asked.
    """

    asked: list[tuple[str, str]]
    training: dict[str, tuple[str, ...]]
    corpora: dict[str, tuple[str, ...]]
    reasoning: dict[tuple[str, str, str], tuple[str, ...]]
    not_compared: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def benchmarks(self) -> list[str]:
        """The tested benchmarks, each once."""
        return list(dict.fromkeys(benchmark for benchmark, _ in self.asked))

    def files(self, results: Results) -> list[Path]:
        """Every file of results that the audit reads."""
        found = [results.benchmark(b) / "test.jsonl" for b in self.benchmarks]
        found += [results.benchmark(b) / file for b in self.training for file in ("train.jsonl", "audit.json")]
        for corpus in self.corpora:
            found += [results.statements(corpus) / file for file in ("train.jsonl", "left_out.tsv")]
            found.append(results.facts(corpus))
        for key in self.reasoning:
            found += [results.reasoning(*key), results.reasoning(*key).with_suffix(".dropped.jsonl")]
        return found


def audit_plan(project: Project, experiment: str) -> AuditPlan:
    """What the leak audit of an experiment compares."""
    spec = project.experiments[experiment]
    akin = project.akin(spec.benchmarks[0])
    not_compared: dict[str, dict[str, None]] = defaultdict(dict)
    training: dict[str, dict[str, None]] = defaultdict(dict)
    corpora: dict[str, dict[str, None]] = defaultdict(dict)
    reasoning: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for step in spec.steps:
        stage, variant = step.split(".")
        recipe = project.recipes[stage][variant]
        if isinstance(recipe, PretrainRecipe):
            corpora[recipe.corpus][step] = None
            continue
        for benchmark, _ in recipe.questions:
            (training if benchmark in akin else not_compared)[benchmark][step] = None
        for teacher, benchmark, style in taught_by(recipe):
            if benchmark in akin:
                reasoning[teacher, benchmark, style][step] = None
    asked = list(dict.fromkeys((run.benchmark, run.style) for run in cells(project, experiment)))
    used = (training, corpora, reasoning, not_compared)
    return AuditPlan(asked, *({key: tuple(steps) for key, steps in data.items()} for data in used))
