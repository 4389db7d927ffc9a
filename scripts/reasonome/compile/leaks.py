"""The job of an experiment's leak audit: test questions and training data, and the files that have them."""

from collections.abc import Mapping
from pathlib import Path

from reasonome.compile.building import other_benchmark
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan, audit_plan
from reasonome.jobs import AuditSettings, Files, Job, LeakSettings, OtherBenchmark, PromptedQuestions, Said, Training
from reasonome.task_parts import Inputs


def audit_job(project: Project, experiment: str, outputs: Mapping[str, Files]) -> Job[AuditSettings]:
    """The job that audits an experiment."""
    plan = audit_plan(project, experiment)
    tested: dict[object, list[str]] = {}
    for name in plan.benchmarks:
        tested.setdefault(project.task(name).shared("leaks"), []).append(name)
    audits = [_of_task(project, plan, names) for names in tested.values()]
    settings = AuditSettings(experiment=experiment, audits=audits, not_compared=plan.not_compared)
    return Job(rule="audit_leaks", inputs={}, outputs=dict(outputs), settings=settings)


def _of_task(project: Project, plan: AuditPlan, tested: list[str]) -> LeakSettings:
    """What is compared with the test questions of some benchmarks of a task: of other tasks, what is no question."""
    files, akin, results = project.task(tested[0]).files, project.akin(tested[0]), project.results
    asked = [key for key in plan.asked if key[0] in tested]
    training = {name: steps for name, steps in plan.training.items() if name in akin}
    prompts = {key: steps for key, steps in plan.training_prompts.items() if key[0] in akin}
    left_out = [other for name in training for other in project.benchmarks[name].leave_out]
    corpora = dict.fromkeys(c for name in [*tested, *training] for c in files.corpora(project, name))
    styles = {key: project.style(*key).model_dump(mode="json") for key in [*asked, *prompts]}
    return LeakSettings(
        benchmarks={name: _audited(project, name, name in tested) for name in [*tested, *training, *left_out]},
        tested=tested,
        training=[
            Training(files.training, name, steps, results.benchmark(name) / "train.jsonl")
            for name, steps in training.items()
        ],
        training_prompts=[
            PromptedQuestions(
                "training prompts", ".".join(key), steps, results.prompts(*key) / "train.jsonl", *key, styles[key]
            )
            for key, steps in prompts.items()
        ],
        statements=[
            Said(
                *("statements", name, steps, results.statements(name) / "train.jsonl", results.facts(name)),
                project.corpora[name].policies,
                {source: project.sources[source].lists for source in project.corpora[name].sources},
            )
            for name, steps in plan.corpora.items()
        ],
        reasoning=[
            Training("reasoning", "{} on {}.{}".format(*key), steps, results.reasoning(*key))
            for key, steps in plan.reasoning.items()
            if key[1] in akin
        ],
        tables=[Training("preferences", path, steps, Path(path)) for path, steps in plan.tables.items()],
        asked=[
            PromptedQuestions("prompts", f"style {key[1]}", (), results.prompts(*key) / "test.jsonl", *key, styles[key])
            for key in asked
        ],
        ontologies=list({k: file for corpus in corpora for k, file in project.ontologies(corpus).items()}.values()),
    )


def _audited(project: Project, name: str, tested: bool) -> OtherBenchmark:
    files = project.task(name).files
    found = files.building(project, name) if tested else Inputs()
    sources = {part: files.audited_sources(project, name, part) for part in ("train", "test")}
    told = {"files": dict(found.files), "taxon": found.taxon, "sources": sources}
    return other_benchmark(project, name).model_copy(update=told)
