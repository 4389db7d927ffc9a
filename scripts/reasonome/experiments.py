"""Experiments: which files the cells of an experiment need, for the workflow's rules and the report's plan."""

from pathlib import Path
from typing import Any

from reasonome import chains
from reasonome.chains import Run
from reasonome.config import KnowledgeTeacher, SftRecipe
from reasonome.project import Project


class Results:
    """Where everything lies below the results folder: the one place that knows the paths."""

    def __init__(self, root: str | Path):
        self.root = Path(root)

    def model(self, backbone: str, chain: str) -> Path:
        """Folder of one model: manifest.json, recipe.json and model/."""
        return self.root / "models" / backbone / chain

    def encoder(self, encoder: str) -> Path:
        """Folder of one sentence encoder."""
        return self.root / "encoders" / encoder

    def facts(self, corpus: str) -> Path:
        """Table of facts of one corpus."""
        return self.root / "facts" / corpus / "facts.parquet"

    def benchmark(self, benchmark: str) -> Path:
        """Folder of one benchmark."""
        return self.root / "benchmarks" / benchmark

    def statements(self, corpus: str) -> Path:
        """Folder of one corpus' statements."""
        return self.root / "statements" / corpus

    def reasoning(self, teacher: str, benchmark: str, style: str) -> Path:
        """Reasoning that a teacher's filter kept; the dropped rows lie beside it as .dropped.jsonl."""
        return self.root / "reasoning" / teacher / f"{benchmark}.{style}.jsonl"

    def answers(self, run: Run) -> Path:
        """Answers of one cell."""
        return self._cell("answers", run, "jsonl")

    def scores(self, run: Run) -> Path:
        """Scores of one cell, a row per answer."""
        return self._cell("scores", run, "parquet")

    def floors(self, benchmark: str, style: str) -> Path:
        """Scores of a benchmark's floors."""
        return self.root / "floors" / f"{benchmark}.{style}.parquet"

    def experiment(self, experiment: str) -> Path:
        """Folder of one experiment's tables and report."""
        return self.root / "experiments" / experiment

    def _cell(self, kind: str, run: Run, suffix: str) -> Path:
        folder = self.root / kind / run.backbone / run.chain / f"{run.benchmark}.{run.style}"
        return folder / f"{run.decoding}.{suffix}"


def trained_steps(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(backbone, chain) of every step that an experiment trains, parents before children, each once."""
    found: dict[tuple[str, str], None] = {}
    for run in chains.expand(project.experiments[experiment]):
        steps = [] if run.chain == chains.BASE else run.chain.split("+")
        for end in range(1, len(steps) + 1):
            found[run.backbone, "+".join(steps[:end])] = None
    return list(found)


def teacher_mode(project: Project, teacher: str) -> str:
    """Whether a knowledge teacher is told the true name ("given") or not ("blind"); "" for other teachers."""
    spec = project.teachers[teacher]
    return spec.mode if isinstance(spec, KnowledgeTeacher) else ""


def report_plan(project: Project, experiment: str) -> dict[str, Any]:
    """What the report is made of: cells, floors, steps, audits and reasoning, with their files."""
    results = Results(project.settings.results)
    spec = project.experiments[experiment]
    runs = chains.expand(spec)
    asked = list(dict.fromkeys((run.benchmark, run.style) for run in runs))
    steps = trained_steps(project, experiment)
    recipes = [chains.last_step(chain).recipe(project) for _, chain in steps]
    taught = dict.fromkeys(
        (r.teacher, r.benchmark, r.style) for r in recipes if isinstance(r, SftRecipe) and r.teacher != "none"
    )
    return {
        "experiment": experiment,
        "description": spec.description,
        "arms": list(spec.arms),
        "evaluations": [
            {**vars(run), "scores": str(results.scores(run)), "run": str(results.answers(run).with_suffix(".run.json"))}
            for run in runs
        ],
        "floors": [{"benchmark": b, "style": s, "path": str(results.floors(b, s))} for b, s in asked],
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
    }
