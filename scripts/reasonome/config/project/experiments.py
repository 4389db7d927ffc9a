"""Experiments: the files that the cells of an experiment need, for the workflow's rules and the report's plan."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from reasonome.config import Recipe
from reasonome.config.experiments import Experiment, Hypothesis
from reasonome.config.preferences import Preferences
from reasonome.config.project import Project, chains
from reasonome.config.project.results import VALID, Run
from reasonome.config.rewarded_samples import OwnFunction
from reasonome.config.rollouts import JUDGE, RolloutRecipe
from reasonome.config.teachers import RecallTeacher
from reasonome.core.errors import InputError


def asked_questions(project: Project, experiment: Experiment) -> list[tuple[str, str]]:
    """(benchmark, style) of all questions that an experiment asks, those of single arms too."""
    pairs = [(benchmark, style) for benchmark in experiment.benchmarks for style in experiment.asked_styles]
    return [(b, s) for b, s in pairs if s in project.styles(project.benchmarks[b].task)]


def cells(project: Project, experiment: str) -> list[Run]:
    """All cells of an experiment, arms in their order; an arm without steps has only seed 0.

    Untrained backbones, and those without weights, have none in arms with steps, and a benchmark has none in styles of
    other tasks.
    """
    spec = project.experiments[experiment]
    whole = spec.seeds_of == "chain"
    return [
        Run(backbone, arm, chains.arm_chain(own.steps, seed, whole), seed, benchmark, style, decoding)
        for backbone in spec.backbones
        for arm, own in spec.arms.items()
        if not own.steps or (project.backbones[backbone].weights and backbone not in spec.untrained)
        for seed in spec.arm_seeds(own)
        for benchmark in spec.benchmarks
        for style in spec.styles_of(own)
        if style in project.styles(project.benchmarks[benchmark].task)
        for decoding in spec.decodings
    ]


def rewarded_arms(project: Project, experiment: Experiment) -> dict[str, str]:
    """Arms whose last step learned from its own completions, with the arm that lacks this step; none without one."""
    arms = experiment.arms
    return {
        name: parent
        for name, arm in arms.items()
        if arm.steps and isinstance(project.recipe(arm.steps[-1]), RolloutRecipe)
        for parent in [other for other, own in arms.items() if own.steps == arm.steps[:-1]][:1]
    }


def greedy_and_sampled(project: Project, spec: Experiment) -> tuple[str | None, str | None]:
    """The decodings of an experiment beside its matched ones: the first greedy one, and the one like these."""

    def but_temperature(name: str) -> dict[str, Any]:
        return project.decodings[name].model_dump(exclude={"temperature"})

    drawn = [name for name in spec.decodings if not project.decodings[name].ranked]
    greedy = [name for name in drawn if not project.decodings[name].temperature]
    like = but_temperature(spec.matched[0]) if spec.matched else None
    sampled = [name for name in drawn if name not in greedy and but_temperature(name) == like]
    return next(iter(greedy), None), next(iter(sampled), None)


def matched_runs(project: Project, experiment: str) -> list[Run]:
    """What models are asked so that parents are matched with arms whose last step learned from their own completions,
    each once: greedy and sampled answers of these, and greedy and matched ones of the parents.

    All are of the validation split; in matched decodings, parents answer the test too.
    """
    spec = project.experiments[experiment]
    arms, (greedy, sampled) = rewarded_arms(project, spec), greedy_and_sampled(project, spec)
    if greedy is None or sampled is None:
        return []
    found = []
    for run in cells(project, experiment):
        if run.arm in arms and run.decoding == sampled:
            parent = chains.parent(run.chain)
            asked = [(run.chain, greedy), (run.chain, sampled), (parent, greedy)]
            asked += [(parent, name) for name in spec.matched]
            found += [replace(run, arm="", seed=0, chain=chain, decoding=decoding) for chain, decoding in asked]
    return list(dict.fromkeys(found))


def matched_scores(project: Project, experiment: str) -> list[Path]:
    """The scores of the answers that parents give to the test in matched decodings."""
    matched = project.experiments[experiment].matched
    return [project.results.scores(run) for run in matched_runs(project, experiment) if run.decoding in matched]


def _valid_answers(project: Project, run: Run) -> Path:
    return project.results.samples((run.backbone, run.chain), run.benchmark, run.style, run.decoding, VALID)


def _rewarding(project: Project, benchmark: str) -> Iterator[RolloutRecipe]:
    """The recipes of the experiments that ask a benchmark which reward answers to its task."""
    task = project.benchmarks[benchmark].task
    asking = [spec for spec in project.experiments.values() if benchmark in spec.benchmarks]
    for step in dict.fromkeys(step for spec in asking for step in spec.steps):
        recipe = project.recipe(step)
        if isinstance(recipe, RolloutRecipe) and project.benchmarks[recipe.questions[0][0]].task == task:
            yield recipe


def own_functions(project: Project, benchmark: str) -> dict[str, OwnFunction]:
    """The functions of one's own that score answers to a benchmark, by their columns: its metrics, and rewards of any
    arm.

    InputError where two rewards have one name.
    """
    own: dict[str, OwnFunction] = dict(project.benchmarks[benchmark].metrics)
    for recipe in _rewarding(project, benchmark):
        for name, reward in recipe.graders.items():
            function = OwnFunction(**reward.model_dump(exclude={"weight"}))
            if own.setdefault(f"reward_{name}", function) != function:
                what = f"two rewards of experiments that ask '{benchmark}' are called '{name}'"
                raise InputError(what, fix="give one of them another name, or both one file, range and time")
    return own


def unscored_rewards(project: Project, benchmark: str) -> list[str]:
    """The rewards of any arm that scoring cannot give: it asks no reward model, and the benchmark's encoders alone."""
    recipes = [*_rewarding(project, benchmark)]
    judged = any(recipe.judging for recipe in recipes)
    compared = any(recipe.rewards.get("similarity") for recipe in recipes)
    return [JUDGE] * judged + ["similarity"] * (compared and not project.benchmarks[benchmark].encoders)


def trained_steps(project: Project, experiment: str) -> list[tuple[str, str]]:
    """(backbone, chain) of every step that an experiment trains, parents before children, each once."""
    steps: dict[tuple[str, str], None] = {}
    for run in cells(project, experiment):
        for chain in chains.lineage(run.chain)[1:]:
            if judge := chains.judge_chain(chains.last_step(chain).recipe(project.recipes)):
                steps |= dict.fromkeys((run.backbone, step) for step in chains.lineage(judge)[1:])
            steps[run.backbone, chain] = None
    return list(steps)


@dataclass(frozen=True)
class Asked:
    """What a model is asked after a stage, to see what it forgot: training questions of a benchmark in a style
    ("questions"), or facts of a corpus ("facts"), and the file of what it said."""

    backbone: str
    chain: str
    kind: str
    of: str
    style: str
    path: Path


def asked_again(project: Project, experiment: str) -> list[Asked]:
    """What every model of an experiment is asked after its stage: facts of the corpora that any of its steps read, and
    training questions of the benchmarks if the experiment asks for them.

    Facts of a placebo are asked of the models that read it. Reward models answer nothing, and are left out.
    """
    spec = project.experiments[experiment]
    recipes = [project.recipe(step) for step in spec.steps]
    questions = dict.fromkeys(question for recipe in recipes for question in recipe.questions if spec.forgetting)
    corpora = dict.fromkeys(corpus for recipe in recipes for corpus in recipe.corpora if spec.recall)
    if not questions and not corpora:
        return []
    trained = trained_steps(project, experiment)
    trained = [model for model in trained if project.stages[chains.last_step(model[1]).stage].answers]
    asked = []
    for model in [*((backbone, chains.BASE) for backbone in dict.fromkeys(name for name, _ in trained)), *trained]:
        if spec.forgetting:
            which = (spec.forgetting.decoding, spec.forgetting.questions)
            files = {question: project.results.samples(model, *question, *which) for question in questions}
            asked += [Asked(*model, "questions", *question, path) for question, path in files.items()]
        for corpus in corpora:
            if not project.corpora[corpus].placebo or corpus in corpora_read(project.recipes, model[1]):
                asked.append(Asked(*model, "facts", corpus, "", project.results.recall(model, corpus, spec.recall)))
    return asked


def corpora_read(recipes: chains.Recipes, chain: str) -> dict[str, list[str]]:
    """Corpus → the chains, of a model's and those that it was made from, whose last step read its statements."""
    read: dict[str, list[str]] = {}
    for made in chains.lineage(chain)[1:]:
        for corpus in chains.last_step(made).recipe(recipes).corpora:
            read.setdefault(corpus, []).append(made)
    return read


def taught_by(preferences: Mapping[str, Preferences], recipe: Recipe) -> list[tuple[str, str, str]]:
    """(teacher, benchmark, style) of the reasoning that a recipe learns from; none without a teacher."""
    teacher = recipe.taught_by(preferences)
    return [] if teacher == "none" else [(teacher, *question) for question in recipe.questions]


def runs_behind(project: Project, backbone: str, chain: str) -> list[Path]:
    """run.json of every job that made a model, each once: its steps, and the samples and facts that they learned from.

    Those of the reward models that judged its completions are among them.
    """
    runs = []
    for model in chains.lineage(chain)[1:]:
        parent, recipe = chains.parent(model), chains.last_step(model).recipe(project.recipes)
        if judge := chains.judge_chain(recipe):
            runs += runs_behind(project, backbone, judge)
        asked = [
            *recipe.answers_of(project.results, project.preferences, (backbone, parent)),
            *recipe.facts_of(project.results, (backbone, parent)),
        ]
        runs += [path.with_suffix(".run.json") for path in asked]
        runs.append(project.results.model(backbone, model) / "run.json")
    return list(dict.fromkeys(runs))


def sampled(project: Project, experiment: str) -> list[tuple[str, str, Path]]:
    """(backbone, chain, file) of the answers to training questions that an experiment draws, each once."""
    drawn = []
    for backbone, chain in trained_steps(project, experiment):
        parent = chains.parent(chain)
        paths = (
            chains.last_step(chain)
            .recipe(project.recipes)
            .answers_of(project.results, project.preferences, (backbone, parent))
        )
        drawn += [(backbone, parent, path) for path in paths]
    drawn += [
        (asked.backbone, asked.chain, asked.path)
        for asked in asked_again(project, experiment)
        if asked.kind == "questions"
    ]
    drawn += [(run.backbone, run.chain, _valid_answers(project, run)) for run in matched_runs(project, experiment)]
    return list(dict.fromkeys(drawn))


def facts_asked(project: Project, experiment: str) -> list[tuple[str, str, Path]]:
    """(backbone, chain, file) of the training facts that an experiment asks models, each once: after every stage, or to
    drill what they missed."""
    asked = [(one.backbone, one.chain, one.path) for one in asked_again(project, experiment) if one.kind == "facts"]
    for backbone, chain in trained_steps(project, experiment):
        parent, recipe = chains.parent(chain), chains.last_step(chain).recipe(project.recipes)
        asked += [(backbone, parent, path) for path in recipe.facts_of(project.results, (backbone, parent))]
    return list(dict.fromkeys(asked))


def report_plan(project: Project, experiment: str) -> dict[str, Any]:
    """The plan of the report: cells, baselines, steps and audits, with their files."""
    results = project.results
    spec = project.experiments[experiment]
    task = project.benchmarks[spec.benchmarks[0]].task
    runs = cells(project, experiment)
    questions = list(dict.fromkeys((run.benchmark, run.style) for run in runs))
    steps = trained_steps(project, experiment)
    recipes = [chains.last_step(chain).recipe(project.recipes) for _, chain in steps]
    controls = list(dict.fromkeys(asked[1] for asked in questions if project.style(*asked).is_control()))
    swept = spec.swept
    own = {
        name: metric.low
        for benchmark in spec.benchmarks
        for name, metric in project.benchmarks[benchmark].metrics.items()
    }
    temperatures = {d: project.decodings[d].temperature for d in spec.decodings if not project.decodings[d].ranked}
    recalled = [
        {"backbone": backbone, "chain": chain, "run": str(path.with_suffix(".run.json"))}
        for backbone, chain, path in facts_asked(project, experiment)
    ]
    return {
        "experiment": experiment,
        "description": spec.description,
        "task": project.settings.tasks.get(task, task),
        "trained_on": _trained_on(project, experiment),
        "arms": list(spec.arms),
        **({"hypotheses": [_hypothesis(spec, one) for one in spec.hypotheses]} if spec.hypotheses else {}),
        **({"rewarded": arms, "temperatures": temperatures} if (arms := rewarded_arms(project, spec)) else {}),
        **({"matching": _matching(project, experiment)} if spec.matched else {}),
        **({"seeds_of": spec.seeds_of} if spec.seeds_of == "chain" else {}),
        **({"primary": spec.primary} if spec.primary else {}),
        **({"metrics": own} if own else {}),
        **({"control_styles": controls} if controls else {}),
        **({"swept": {name: {"of": arm.of, "values": arm.changes} for name, arm in swept.items()}} if swept else {}),
        "out_of_distribution": list(spec.out_of_distribution),
        "rewarded_encoders": sorted({encoder for step in spec.steps for encoder in project.rewarded_encoders(step)}),
        "evaluations": [
            {
                **vars(run),
                "track": project.style(run.benchmark, run.style).reading(),
                "scores": str(results.scores(run)),
                "run": str(results.answers(run).with_suffix(".run.json")),
            }
            for run in runs
        ],
        "baselines": [
            {"benchmark": benchmark, "style": style, "path": str(results.baselines(benchmark, style))}
            for benchmark, style in questions
        ],
        "steps": [
            {"backbone": backbone, "chain": chain, "folder": str(results.model(backbone, chain))}
            | ({"placebo": True} if recipe.is_placebo else {})
            for (backbone, chain), recipe in zip(steps, recipes, strict=True)
        ],
        "models": [
            {
                "backbone": backbone,
                "arm": arm,
                "chain": chain,
                "runs": list(map(str, runs_behind(project, backbone, chain))),
            }
            for backbone, arm, chain in dict.fromkeys((run.backbone, run.arm, run.chain) for run in runs)
            if chain != chains.BASE
        ],
        "samples": [
            {"backbone": backbone, "chain": chain, "run": str(path.with_suffix(".run.json"))}
            for backbone, chain, path in sampled(project, experiment)
        ],
        **({"recalled": recalled} if recalled else {}),
        "audits": {benchmark: str(results.benchmark(benchmark) / "audit.json") for benchmark, _ in questions},
        **(
            {"forgetting": str(results.experiment(experiment) / "forgetting.tsv")}
            if asked_again(project, experiment)
            else {}
        ),
    }


def _matching(project: Project, experiment: str) -> dict[str, Any]:
    """How parents are matched: the decodings beside the matched ones, temperatures, and files of answers."""
    spec = project.experiments[experiment]
    greedy, sampled = greedy_and_sampled(project, spec)
    answers = [
        {name: value for name, value in vars(run).items() if name not in ("arm", "seed")}
        | {"valid": str(_valid_answers(project, run))}
        | ({"scores": str(project.results.scores(run))} if run.decoding in spec.matched else {})
        for run in matched_runs(project, experiment)
    ]
    temperatures = {name: project.decodings[name].temperature for name in spec.matched}
    return {"greedy": greedy, "sampled": sampled, "temperatures": temperatures, "answers": answers}


def _hypothesis(spec: Experiment, hypothesis: Hypothesis) -> dict[str, Any]:
    """A hypothesis with the setting and the subset that it leaves out: the only one, and the mean."""
    [style] = [hypothesis.style] if hypothesis.style else spec.styles_in_common(hypothesis.better)
    left = {"backbone": hypothesis.backbone or spec.backbones[0], "subset": hypothesis.subset or "mean"}
    return hypothesis.model_dump() | left | {"style": style}


def _trained_on(project: Project, experiment: str) -> dict[str, list[dict[str, str]]]:
    """The questions that the steps of each arm learn from: benchmark and style, each once; none for warm-ups."""
    trained_on = {}
    for arm, spec in project.experiments[experiment].arms.items():
        questions = dict.fromkeys(question for step in spec.steps for question in project.recipe(step).questions)
        trained_on[arm] = [{"benchmark": benchmark, "style": style} for benchmark, style in questions]
    return trained_on


@dataclass(frozen=True)
class AuditPlan:
    """The plan of a leak audit: test questions `asked`, as (benchmark, style), and training data with their steps.

    `training` is by benchmark (its train split), `training_prompts` by (benchmark, style), `corpora` by corpus,
    those that a teacher recites too, `reasoning` by (teacher, benchmark, style), and `tables`, of people's own
    preferences, by file.
    `not_compared` are the training benchmarks whose task has no check for leaks into the tested ones.
    """

    asked: list[tuple[str, str]]
    training: dict[str, tuple[str, ...]] = field(default_factory=dict)
    corpora: dict[str, tuple[str, ...]] = field(default_factory=dict)
    reasoning: dict[tuple[str, str, str], tuple[str, ...]] = field(default_factory=dict)
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    not_compared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    training_prompts: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    @property
    def benchmarks(self) -> list[str]:
        """The tested benchmarks, each once."""
        return list(dict.fromkeys(benchmark for benchmark, _ in self.asked))


def audit_plan(project: Project, experiment: str) -> AuditPlan:
    """The plan of the leak audit of an experiment."""
    spec = project.experiments[experiment]
    akin = {name for benchmark in spec.benchmarks for name in project.akin(benchmark)}
    plan = AuditPlan(list(dict.fromkeys((run.benchmark, run.style) for run in cells(project, experiment))))
    for step in dict.fromkeys(learned for own in spec.steps for learned in project.with_judge(own)):
        recipe = project.recipe(step)
        for corpus in recipe.corpora:
            _add(plan.corpora, corpus, step)
        for benchmark, style in recipe.questions:
            _add(plan.training if benchmark in akin else plan.not_compared, benchmark, step)
            if benchmark in akin:
                _add(plan.training_prompts, (benchmark, style), step)
        learned = taught_by(project.preferences, recipe)
        for taught in learned:
            if taught[1] in akin:
                _add(plan.reasoning, taught, step)
        teachers = [project.teachers[name] for name in {teacher for teacher, *_ in learned}]
        recited = {teacher.corpus for teacher in teachers if isinstance(teacher, RecallTeacher)}
        for corpus in sorted(recited - {*recipe.corpora}):
            _add(plan.corpora, corpus, step)
        for table in recipe.tables(project.preferences):
            _add(plan.tables, table, step)
    return plan


def _add(users: dict[Any, tuple[str, ...]], data: str | tuple[str, ...], step: str) -> None:
    users[data] = (*users.get(data, ()), step)
