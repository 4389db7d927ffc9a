"""The job of the rule that measures what models still know."""

from collections.abc import Mapping

from reasonome.compile.benchmarks import task_named
from reasonome.config.project import Project, chains, experiments
from reasonome.config.tuning import WarmUpSettings
from reasonome.jobs import Files, Job
from reasonome.report.settings import ForgettingSettings


def forgetting_job(project: Project, experiment: str, outputs: Mapping[str, Files]) -> Job[ForgettingSettings]:
    """The job of an experiment: the files of what was asked, and what read which corpus."""
    results, asked = project.results, experiments.asked_again(project, experiment)
    trained = experiments.trained_steps(project, experiment)
    corpora = dict.fromkeys(one.of for one in asked if one.kind == "facts")
    warm_ups = []
    for backbone, chain in trained:
        recipe = chains.last_step(chain).recipe(project.recipes)
        if isinstance(recipe, WarmUpSettings) and recipe.recall:
            warm_ups.append((backbone, chain, recipe.corpus))
            corpora[recipe.corpus] = None
    named_by = {
        corpus: only.answers_of for corpus in corpora if (only := project.corpora[corpus].only) and only.answers_of
    }
    questions = list(dict.fromkeys((one.of, one.style) for one in asked if one.kind == "questions"))
    benchmarks = [*(benchmark for benchmark, _ in questions), *named_by.values()]
    inputs: dict[str, Files] = {
        "statements": {corpus: results.statements(corpus) / "train.jsonl" for corpus in corpora},
        "named": {corpus: results.benchmark(benchmark) / "test.jsonl" for corpus, benchmark in named_by.items()},
        "examples": {".".join(question): results.prompts(*question) / "train.jsonl" for question in questions},
        "models": {"/".join(model): results.model(*model) for model in trained},
    }
    settings = ForgettingSettings(
        asked=asked,
        tasks={benchmark: task_named(project, benchmark) for benchmark in benchmarks},
        styles={".".join(question): project.style(*question).model_dump(mode="json") for question in questions},
        named_by=named_by,
        read={one.chain: experiments.corpora_read(project.recipes, one.chain) for one in asked},
        under_way=warm_ups,
    )
    return Job(rule="measure_forgetting", inputs=inputs, outputs=dict(outputs), settings=settings)
