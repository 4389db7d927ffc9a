"""A project: everything under one config folder, read from YAML, validated, its cross-references checked.

A mistake is reported with file, line, key and the nearest valid name.
"""

import ast
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reasonome.config import (
    CLUSTER_RULES,
    FORMAT_FILES,
    GMT_FORMATS,
    GO_FORMATS,
    NAME,
    ONTOLOGY_FILES,
    QUESTION_FORMATS,
    RANKING_PLACEHOLDERS,
    RANKING_TASKS,
    STAGES,
    STYLE,
    Annotation,
    AnyBenchmark,
    AnyStyle,
    Backbone,
    Benchmark,
    Corpus,
    Decoding,
    Encoder,
    Experiment,
    GeneNamesTeacher,
    GrpoRecipe,
    LockedSource,
    Name,
    OpenAITeacher,
    PretrainRecipe,
    RankingBenchmark,
    RankingStyle,
    Recipe,
    RecipeFile,
    Request,
    Settings,
    SftRecipe,
    Source,
    SourceName,
    Style,
    Teacher,
    TrainingSettings,
)
from reasonome.errors import InputError, nearest
from reasonome.prompt_template import read_template
from reasonome.yamltext import Loc, YamlText

_STEP = re.compile(r"([a-z]+)\.([a-z0-9]{1,24})")


class Project:
    """Everything under one config folder, validated, with cross-references checked.

    Raises InputError for the first mistake found, with file, line, key and the nearest valid name.
    """

    def __init__(self, root: str | Path = "config"):
        self.root = Path(root)
        self._texts: dict[str, YamlText] = {}
        self.settings: Settings = self._read("config.yaml", Settings)
        self.backbones = self._read("backbones.yaml", dict[Name, Backbone])
        self.encoders = self._read("encoders.yaml", dict[Name, Encoder])
        self.sources = self._read("sources.yaml", dict[SourceName, Source])
        # Without a lock nothing is pinned, which is no mistake.
        locked = (self.root / "sources.lock.yaml").is_file()
        self.locked = self._read("sources.lock.yaml", dict[Name, LockedSource]) if locked else {}
        self.corpora = self._read("corpora.yaml", dict[Name, Corpus])
        self.benchmarks = self._read("benchmarks.yaml", dict[Name, AnyBenchmark])
        self.decodings = self._read("decodings.yaml", dict[Name, Decoding])
        self.annotations = self._read("annotations.yaml", dict[Name, Annotation])
        self.teachers = self._read("teachers.yaml", dict[Name, Teacher])
        self.recipes = {stage: self._read_recipes(stage, model) for stage, model in STAGES.items()}
        self.experiments = {
            path.stem: self._read(f"experiments/{path.name}", Experiment)
            for path in sorted((self.root / "experiments").glob("*.yaml"))
            if _named_well(path, path.stem, NAME)
        }
        self.requests = self._read("resources.yaml", list[Request])
        self._check_references()

    # reading

    def _parse(self, file: str) -> YamlText:
        self._texts[file] = YamlText.of_file(self.root / file)
        return self._texts[file]

    def _read(self, file: str, kind: Any) -> Any:
        text = self._parse(file)
        return _validate(kind, text.data, text)

    def _read_recipes(self, stage: str, model: type[TrainingSettings]) -> dict[str, Recipe]:
        text = self._parse(f"recipes/{stage}.yaml")
        file = _validate(RecipeFile, text.data, text)
        merged = {}
        for variant, changes in file.variants.items():
            values = {"stage": stage, **file.defaults, **(changes or {})}

            def place(loc: Loc, variant: str = variant) -> Loc:
                return _written(text, variant, *loc)

            merged[variant] = _validate(model, values, text, place)
        return merged

    # cross-references

    def _check_references(self) -> None:
        self._known("config.yaml", ("experiments",), self.settings.experiments, self.experiments)
        for name, backbone in self.backbones.items():
            if backbone.recorded is not None:
                loc = (name, "recorded", "files")
                self._known("backbones.yaml", loc, backbone.recorded.files, self.benchmarks)
        for name, corpus in self.corpora.items():
            self._known("corpora.yaml", (name, "sources"), corpus.sources, self.sources)
            self._check_facts(name, corpus)
            self._known("corpora.yaml", (name, "leave_out"), corpus.leave_out, self.naming_benchmarks)
            self.authority(name)
            self._check_tokenizer(name, corpus)
        for name, ranking in self.ranking_benchmarks.items():
            self._check_ranking(name, ranking)
        for name, annotation in self.annotations.items():
            self._check_annotation(name, annotation)
        for name, benchmark in self.naming_benchmarks.items():
            self._known("benchmarks.yaml", (name, "corpus"), benchmark.corpus, self.corpora)
            self._known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, self.encoders)
            self._check_subsets(name, benchmark)
            self._known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, self.naming_benchmarks)
            self._check_left_out(name, benchmark)
            self._check_background(name, benchmark)
            loc, styles = (name, "audit", "name_in_prompt"), self.styles(benchmark.task)
            self._known("benchmarks.yaml", loc, benchmark.audit.name_in_prompt, styles, "style")
        for name, teacher in self.teachers.items():
            if not isinstance(teacher, GeneNamesTeacher):
                self._known("teachers.yaml", (name, "encoder"), teacher.encoder, self.encoders)
        self._check_teacher_prompts()
        for stage, variants in self.recipes.items():
            for variant, recipe in variants.items():
                self._check_recipe(f"recipes/{stage}.yaml", variant, recipe)
        for name, experiment in self.experiments.items():
            self._check_experiment(f"experiments/{name}.yaml", experiment)
        self._check_requests()

    def _check_requests(self) -> None:
        """Requests name rules, backbones and recipes that there are."""
        for position, request in enumerate(self.requests):
            self._known("resources.yaml", (position, "rules"), request.rules or [], CLUSTER_RULES, "rule")
            self._known("resources.yaml", (position, "backbones"), request.backbones or [], self.backbones)
            recipes = [f"{stage}.{variant}" for stage, variants in self.recipes.items() for variant in variants]
            self._known("resources.yaml", (position, "recipes"), request.recipes or [], recipes, "recipe")

    def _check_tokenizer(self, name: str, corpus: Corpus) -> None:
        if corpus.tokenizer is None:
            return
        loc = (name, "tokenizer")
        self._known("corpora.yaml", loc, corpus.tokenizer, self.backbones)
        if self.backbones[corpus.tokenizer].weights is None:
            with_weights = [other for other, backbone in self.backbones.items() if backbone.weights is not None]
            what = f"backbone '{corpus.tokenizer}' has no weights, and so no tokenizer here"
            raise self._error("corpora.yaml", loc, what, nearest(corpus.tokenizer, with_weights))

    def _check_facts(self, name: str, corpus: Corpus) -> None:
        """Sources of a corpus are of formats that hold facts."""
        for position, source in enumerate(corpus.sources):
            if not FORMAT_FILES[form := self.sources[source].format].facts:
                what = f"'{source}' is of format {form}, which holds no facts"
                raise self._error("corpora.yaml", (name, "sources", position), what, "it is a source of benchmarks")

    def _check_ranking(self, name: str, benchmark: RankingBenchmark) -> None:
        """Sources of a ranking's questions, genes, locations and phenotypes are there, in formats that hold them."""

        def of_formats(loc: Loc, source: str, formats: Iterable[str], role: str) -> None:
            able = [other for other, spec in self.sources.items() if spec.format in formats]
            self._known("benchmarks.yaml", loc, source, able, role)

        authorities = [form for form, files in FORMAT_FILES.items() if files.authority]
        of_formats((name, "authority"), benchmark.authority, authorities, "authority for gene symbols")
        for key, form in (("locations", "gene_locations"), ("phenotypes", "hpo")):
            if (source := getattr(benchmark, key)) is not None:
                of_formats((name, key), source, (form,), f"source of format {form}")
        for subset, spec in benchmark.subsets.items():
            loc = (name, "subsets", subset)
            formats = QUESTION_FORMATS[benchmark.task]
            of_formats((*loc, "source"), spec.source, formats, f"source of questions ({' or '.join(formats)})")
            form = self.sources[spec.source].format
            if form == "gold_standards" and benchmark.locations is None:
                what = f"candidates at the loci of '{spec.source}' are found by where genes lie"
                raise self._error("benchmarks.yaml", loc, what, "add `locations`: a source of format gene_locations")
            if spec.columns and form != "rankings":
                what = (
                    f"'columns' are those of a ready table (format rankings), and '{spec.source}' is of format {form}"
                )
                raise self._error("benchmarks.yaml", (*loc, "columns"), what, "leave them out")
            if spec.confidence and form != "gold_standards":
                what = f"'{spec.source}' is of format {form}, which states no confidence"
                raise self._error("benchmarks.yaml", (*loc, "confidence"), what, "leave it out")
        self._known("benchmarks.yaml", (name, "leave_out"), benchmark.leave_out, self.ranking_benchmarks)
        for position, other in enumerate(benchmark.leave_out):
            if (theirs := self.ranking_benchmarks[other].authority) != benchmark.authority:
                what = f"'{other}' names genes as {theirs} does, and '{name}' as {benchmark.authority}"
                fix = "give both one authority: genes of two could not be told to be the same"
                raise self._error("benchmarks.yaml", (name, "leave_out", position), what, fix)
        self._check_left_out(name, benchmark)
        self._known("benchmarks.yaml", (name, "encoders"), benchmark.encoders, self.encoders)

    def _check_subsets(self, name: str, benchmark: Benchmark) -> None:
        """Sources of subsets are in the corpus, and a branch of GO is that of one source."""
        corpus = self.corpora[benchmark.corpus]
        go = [source for source in corpus.sources if self.sources[source].format in GO_FORMATS]
        for subset, spec in benchmark.subsets.items():
            loc = (name, "subsets", subset)
            if spec.source is not None:
                self._known("benchmarks.yaml", (*loc, "source"), spec.source, corpus.sources)
            if spec.namespace and spec.source not in go and len(go) != 1:
                what = f"corpus '{benchmark.corpus}' has {len(go)} sources of GO" + (f": {', '.join(go)}" * bool(go))
                fix = "say which by 'source'" if go else "add one to the corpus (format go or bioconductor)"
                raise self._error("benchmarks.yaml", (*loc, "namespace"), what, fix)

    def _check_background(self, name: str, benchmark: Benchmark) -> None:
        """The corpus that answers are compared with has an ontology, or the sets that the benchmark's are of."""
        loc = (name, "corpus" if benchmark.background is None else "background")
        corpus = self.background(name)
        self._known("benchmarks.yaml", loc, corpus, self.corpora)
        listed = any(
            not spec.namespace and spec.source in (None, *self.corpora[corpus].sources)
            for spec in benchmark.subsets.values()
        )
        if not (listed or self._ontologies(corpus)):
            others = [other for other in self.corpora if self._ontologies(other)]
            raise self._error(
                "benchmarks.yaml",
                loc,
                f"corpus '{corpus}' has no terms that answers could be compared with: no ontology, and no sets of "
                "which the benchmark's are",
                "name a corpus with an ontology as 'background'" + (f": {', '.join(others)}" if others else ""),
            )

    def _check_annotation(self, name: str, annotation: Annotation) -> None:
        file, styles = "annotations.yaml", self.styles("gene_set_naming")
        self._known(file, (name, "benchmark"), annotation.benchmark, self.naming_benchmarks)
        self._known(file, (name, "style"), annotation.style, styles)
        libraries = [source for source, spec in self.sources.items() if spec.format in GMT_FORMATS]
        self._known(file, (name, "libraries"), annotation.libraries, libraries, "source of gene sets")
        if styles[annotation.style].neighbours is not None:
            what = f"style '{annotation.style}' shows training sets as examples, which sets of your own have none of"
            raise self._error(file, (name, "style"), what, "ask in another style")

    def _check_left_out(self, name: str, benchmark: Benchmark | RankingBenchmark) -> None:
        """Benchmarks leave out others that are built before them."""
        before, waiting = set(), list(benchmark.leave_out)
        while waiting:
            other = waiting.pop()
            if other == name:
                what = f"'{name}' is left out by what it leaves out: neither can be built first"
                fix = "let only one of two benchmarks leave the other out"
                raise self._error("benchmarks.yaml", (name, "leave_out"), what, fix)
            if other not in before and other in self.benchmarks:
                before.add(other)
                waiting += self.benchmarks[other].leave_out

    def _check_teacher_prompts(self) -> None:
        """A teacher behind an endpoint can be asked about gene sets: there is its template; rankings need none."""
        if any(isinstance(teacher, OpenAITeacher) for teacher in self.teachers.values()):
            for task in sorted({benchmark.task for benchmark in self.naming_benchmarks.values()}):
                read_template(self.root / "prompts" / f"teacher.{task}.txt", headed=False)

    def _check_recipe(self, file: str, variant: str, recipe: Recipe) -> None:
        def known(key: str, valid: Iterable[str]) -> None:
            self._known(file, _written(self._texts[file], variant, key), getattr(recipe, key), valid)

        if isinstance(recipe, PretrainRecipe):
            known("corpus", self.corpora)
            return
        known("benchmark", self.benchmarks)
        task = self.benchmarks[recipe.benchmark].task
        known("style", self.styles(task))
        if isinstance(recipe, GrpoRecipe):
            self._check_rewards(file, variant, recipe, task)
        if self.style(recipe.benchmark, recipe.style).confidence:
            what = f"style '{recipe.style}' asks for a confidence, which no training target states and no reward reads"
            fix = "train in a style without it: a model may be asked in one that it was not trained in"
            raise self._error(file, _written(self._texts[file], variant, "style"), what, fix)
        if isinstance(recipe, SftRecipe):
            known("teacher", [*self.teachers, "none"])
            self._check_teacher(file, variant, recipe)

    def _check_rewards(self, file: str, variant: str, recipe: GrpoRecipe, task: str) -> None:
        """Rewards are the task's, and graders are functions in files that are there."""
        from reasonome.tasks import TASKS  # late: the tasks import this module's models

        for key, valid in (("encoders", self.encoders), ("rewards", TASKS[task].rewards)):
            self._known(file, _written(self._texts[file], variant, key), getattr(recipe, key), valid)
        if task in RANKING_TASKS:
            counted = self.ranking_benchmarks[recipe.benchmark].longest_list
            if recipe.grading.longest_list != counted:
                loc = _written(self._texts[file], variant, "grading", "longest_list")
                what = (
                    f"rewards count {recipe.grading.longest_list} genes of a list, and '{recipe.benchmark}' {counted}"
                )
                raise self._error(file, loc, what, f"longest_list: {counted}")
        for name, grader in recipe.graders.items():
            path, _, function = grader.function.rpartition(":")
            loc = _written(self._texts[file], variant, "graders", name, "function")
            if not Path(path).is_file():
                raise self._error(file, loc, f"there is no file {path}", "paths are from the project's folder")
            names = _defined(Path(path))
            if function not in names:
                raise self._error(file, loc, f"{path} defines no '{function}'", nearest(function, names))

    def _check_teacher(self, file: str, variant: str, recipe: SftRecipe) -> None:
        """A teacher writes for the kind of task that it knows; one behind an endpoint for any."""
        other_kind = "knowledge" if recipe.benchmark in self.ranking_benchmarks else "gene_names"
        if recipe.teacher != "none" and self.teachers[recipe.teacher].kind == other_kind:
            able = [name for name, spec in self.teachers.items() if spec.kind != other_kind]
            what = f"teacher '{recipe.teacher}' does not write for {self.benchmarks[recipe.benchmark].task}"
            fix = f"one of {', '.join([*able, 'none'])}"
            raise self._error(file, _written(self._texts[file], variant, "teacher"), what, fix)

    def _check_experiment(self, file: str, experiment: Experiment) -> None:
        self._known(file, ("backbones",), experiment.backbones, self.backbones)
        self._known(file, ("benchmarks",), experiment.benchmarks, self.benchmarks)
        self._known(file, ("decodings",), experiment.decodings, self.decodings)
        self._check_one_kind(file, experiment)
        for benchmark in experiment.benchmarks:
            styles = self.styles(self.benchmarks[benchmark].task)
            self._known(file, ("styles",), experiment.styles, styles)
            for arm, spec in experiment.arms.items():
                self._known(file, ("arms", arm, "styles"), spec.styles or [], styles)
            for style in {*experiment.styles, *(s for spec in experiment.arms.values() for s in spec.styles or [])}:
                self._check_scores(file, benchmark, style, self.style(benchmark, style))
        for arm, spec in experiment.arms.items():
            self._check_steps(file, arm, spec.steps)
        for position, name in enumerate(experiment.backbones):
            self._check_untrainable(file, ("backbones", position), name, experiment)
        self._check_leaks(file, experiment)
        self._check_encoders(file, experiment)

    def _check_scores(self, file: str, benchmark: str, name: str, style: AnyStyle) -> None:
        """A style that lists candidates by score asks benchmarks whose questions may have some."""
        spec = self.ranking_benchmarks.get(benchmark)
        if spec is None or style.order != "score" or spec.scores is not None:
            return
        without = [sub.source for sub in spec.subsets.values() if self.sources[sub.source].format != "rankings"]
        if without:
            what = f"style '{name}' lists candidates by score, and questions of '{benchmark}' ({without[0]}) have none"
            fix = "`scores: distance` in benchmarks.yaml makes some of loci; tables of your own have a column of scores"
            raise self._error(file, ("benchmarks",), what, fix)

    def _check_one_kind(self, file: str, experiment: Experiment) -> None:
        """Names and rankings have other scores, so they do not stand in one table."""
        ranks = [name in self.ranking_benchmarks for name in experiment.benchmarks]
        if len(set(ranks)) > 1:
            what = "gene-set naming and rankings have no score in common"
            raise self._error(file, ("benchmarks", ranks.index(not ranks[0])), what, "make an experiment of each")

    def _check_untrainable(self, file: str, loc: Loc, name: str, experiment: Experiment) -> None:
        """A model behind an endpoint, or recorded answers, are asked in arms without steps: there must be one."""
        backbone = self.backbones[name]
        if backbone.weights is not None and name not in experiment.untrained:
            return
        arms = [spec for spec in experiment.arms.values() if not spec.steps]
        if not arms:
            why = "has no weights to train" if backbone.weights is None else "is not to be trained"
            what = f"'{name}' {why}, and every arm has steps"
            raise self._error(file, loc, what, "add an arm without steps (base: []), or take it out of backbones")
        if backbone.recorded is None:
            return
        styles = dict.fromkeys(style for spec in arms for style in spec.styles or experiment.styles)
        for kind, asked, fix in (
            ("style", list(styles), "let the arms without steps have one (`styles` of the arm)"),
            ("decoding", experiment.decodings, f"ask here with one, or give '{name}' an experiment of its own"),
        ):
            if len(asked) > 1:
                what = f"the answers of '{name}' were recorded once: {', '.join(asked)} cannot each be their {kind}"
                raise self._error(file, loc, what, fix)
        for benchmark in experiment.benchmarks:
            if benchmark not in backbone.recorded.files:
                what = f"'{name}' has no recorded answers to '{benchmark}'"
                recorded = ", ".join(backbone.recorded.files)
                fix = f"add {benchmark} to its files in backbones.yaml, or ask here only {recorded}"
                raise self._error(file, loc, what, fix)

    def _check_steps(self, file: str, arm: str, steps: list[str]) -> None:
        order = list(STAGES)
        last = 0
        for position, step in enumerate(steps):
            loc = ("arms", arm, "steps", position)
            match = _STEP.fullmatch(step)
            if match is None:
                raise self._error(file, loc, f"'{step}' is no step", "write stage.variant, as in sft.names")
            stage, variant = match.groups()
            self._known(file, loc, stage, self.recipes, "stage")
            self._known(file, loc, variant, self.recipes[stage], f"variant of {stage}")
            if order.index(stage) < last:
                fix = f"the order is {' → '.join(order)}"
                raise self._error(file, loc, f"'{step}' comes after a later stage", fix)
            last = order.index(stage)

    def _check_leaks(self, file: str, experiment: Experiment) -> None:
        """No step of any arm trains on what a benchmark of the experiment tests."""
        for arm, spec in experiment.arms.items():
            for position, step in enumerate(spec.steps):
                stage, variant = step.split(".")
                for benchmark in experiment.benchmarks:
                    if leak := self._leak(self.recipes[stage][variant], benchmark):
                        what, fix = leak
                        raise self._error(file, ("arms", arm, "steps", position), f"'{step}' {what}", fix)

    def _leak(self, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """How a recipe may show the model test sets of `benchmark`, and what to do about it.

        None if it cannot, or if the policy is not to drop what leaks: then the leak audit tells or fails.
        """
        if benchmark in self.ranking_benchmarks:
            return self._ranking_leak(recipe, benchmark)
        if isinstance(recipe, PretrainRecipe):
            corpus = self.corpora[recipe.corpus]
            if benchmark in corpus.leave_out or corpus.test_facts != "drop":
                return None
            what = f"would leak: statements of corpus '{recipe.corpus}' may tell the test terms of '{benchmark}'"
            return what, f"add {benchmark} to leave_out of {recipe.corpus} in corpora.yaml"
        left_out = [recipe.benchmark, *self.benchmarks[recipe.benchmark].leave_out]
        if (
            benchmark in left_out
            or recipe.benchmark in self.ranking_benchmarks
            or not self.benchmarks[benchmark].audit.dropped()
        ):
            return None
        what = f"would leak: train sets of '{recipe.benchmark}' may be test sets of '{benchmark}'"
        fix = (
            f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml, or use a variant with its own sets"
        )
        return what, fix

    def _ranking_leak(self, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """How a recipe may show the model test questions of a ranking; what statements tell is left to the audit."""
        if isinstance(recipe, PretrainRecipe) or recipe.benchmark not in self.ranking_benchmarks:
            return None
        if benchmark in [recipe.benchmark, *self.benchmarks[recipe.benchmark].leave_out]:
            return None
        what = f"would leak: training questions of '{recipe.benchmark}' may be about test genes of '{benchmark}'"
        return what, f"add {benchmark} to leave_out of {recipe.benchmark} in benchmarks.yaml"

    def _check_encoders(self, file: str, experiment: Experiment) -> None:
        """A benchmark with several encoders keeps one that no arm was rewarded by: an independent judge."""
        steps = {step for spec in experiment.arms.values() for step in spec.steps if step.startswith("grpo.")}
        recipes = [self.recipes["grpo"][step.removeprefix("grpo.")] for step in steps]
        rewarded = {encoder for recipe in recipes if recipe.rewards.get("similarity") for encoder in recipe.encoders}
        for position, name in enumerate(experiment.benchmarks):
            encoders = self.benchmarks[name].encoders
            if len(encoders) > 1 and rewarded.issuperset(encoders):
                raise self._error(
                    file,
                    ("benchmarks", position),
                    f"every encoder that scores '{name}' ({', '.join(encoders)}) is also a reward of a GRPO step here",
                    f"give {name} in benchmarks.yaml an encoder that no GRPO recipe of this experiment uses",
                )

    def _known(self, file: str, loc: Loc, names: str | Iterable[str], valid: Iterable[str], kind: str = "name") -> None:
        """Each of `names` (at `loc`: one name, a list of them, or the keys of a mapping) is in `valid`."""
        one, valid = isinstance(names, str), list(valid)
        for position, name in enumerate([names] if one else names):
            if name not in valid:
                below = () if one else (name if isinstance(names, Mapping) else position,)
                raise self._error(file, loc + below, f"unknown {kind} '{name}'", nearest(name, valid))

    def _error(self, file: str, loc: Loc, what: str, fix: str) -> InputError:
        return self._texts[file].error(what, loc, fix)

    # look-ups

    @cached_property
    def naming_benchmarks(self) -> dict[str, Benchmark]:
        """The benchmarks of gene-set naming, by name."""
        return {name: spec for name, spec in self.benchmarks.items() if isinstance(spec, Benchmark)}

    @cached_property
    def ranking_benchmarks(self) -> dict[str, RankingBenchmark]:
        """The benchmarks of rankings, by name."""
        return {name: spec for name, spec in self.benchmarks.items() if isinstance(spec, RankingBenchmark)}

    def is_ranking(self, experiment: str) -> bool:
        """Whether an experiment asks for rankings."""
        return self.experiments[experiment].benchmarks[0] in self.ranking_benchmarks

    def ontology_files(self, benchmark: str) -> dict[str, str]:
        """Source → key of its file, of the ontologies that know the terms of a benchmark's sets.

        Built sets are propagated over them. Published sets may be of any ontology of the corpus.
        """
        spec = self.benchmarks[benchmark]
        holding = self._ontologies(spec.corpus)
        if spec.kind == "published":
            return holding
        named = {subset.source for subset in spec.subsets.values()} & holding.keys()
        if any(subset.namespace and subset.source not in holding for subset in spec.subsets.values()):
            named |= {source for source in holding if self.sources[source].format in GO_FORMATS}
        return {source: key for source, key in holding.items() if source in named}

    def synonym_files(self, benchmark: str) -> dict[str, str]:
        """Source → key of its file, of the other ontologies of the corpus: they may know a set by another name."""
        own = self.ontology_files(benchmark)
        holding = self._ontologies(self.benchmarks[benchmark].corpus)
        return {source: key for source, key in holding.items() if source not in own}

    def background(self, benchmark: str) -> str:
        """The corpus whose terms and gene sets answers are compared with."""
        spec = self.benchmarks[benchmark]
        return spec.background or spec.corpus

    def background_ontologies(self, benchmark: str) -> dict[str, str]:
        """Source → key of its file, of all ontologies of the background; those of the benchmark's own sets first."""
        holding = self._ontologies(self.background(benchmark))
        own = self.ontology_files(benchmark).keys() & holding.keys()
        return {source: holding[source] for source in sorted(holding, key=lambda source: source not in own)}

    def _ontologies(self, corpus: str) -> dict[str, str]:
        """Source → key of the file that holds its ontology."""
        formats = {source: self.sources[source].format for source in self.corpora[corpus].sources}
        return {source: ONTOLOGY_FILES[form] for source, form in formats.items() if form in ONTOLOGY_FILES}

    def authority(self, corpus: str) -> str:
        """The source that says which genes there are; InputError where none or several of a corpus can."""
        spec = self.corpora[corpus]
        able = [source for source in spec.sources if FORMAT_FILES[self.sources[source].format].authority]
        if spec.authority is not None:
            self._known("corpora.yaml", (corpus, "authority"), spec.authority, able, "authority for gene symbols")
            return spec.authority
        if len(able) != 1:
            what = f"corpus '{corpus}' has {len(able)} sources that can be the authority for gene symbols"
            formats = ", ".join(form for form, files in FORMAT_FILES.items() if files.authority)
            fix = f"name one as 'authority': {', '.join(able)}" if able else f"add one, of the formats {formats}"
            raise self._error("corpora.yaml", (corpus, "sources"), what, fix)
        return able[0]

    @cached_property
    def _styles(self) -> dict[tuple[str, str], AnyStyle]:
        found = {}
        for path in sorted((self.root / "prompts").glob("*.*.txt")):
            task, style = path.stem.split(".", 1)
            if task != "teacher" and _named_well(path, style, STYLE):
                found[task, style] = (
                    _read_ranking_style(path, task) if task in RANKING_PLACEHOLDERS else _read_style(path)
                )
        return found

    def styles(self, task: str) -> dict[str, AnyStyle]:
        """The prompt styles of a task, by name."""
        return {style: value for (owner, style), value in self._styles.items() if owner == task}

    def order_seeds(self, benchmark: str) -> list[int]:
        """The seeds by which styles of a ranking benchmark's task shuffle candidates; 0 where none of them does."""
        styles = self.styles(self.benchmarks[benchmark].task).values()
        return sorted({style.seed for style in styles if style.order == "seeded"} or {0})

    def style(self, benchmark: str, style: str) -> AnyStyle:
        """The prompt style `style` of the task of `benchmark`; InputError for one that would tell its answers."""
        spec = lookup(self.benchmarks, benchmark, "benchmark")
        found = lookup(self.styles(spec.task), style, "style")
        if found.facts is not None and found.facts.sources == "all" and spec.kind == "built" and not spec.all_facts:
            raise InputError(
                f"style '{style}' shows facts of all sources, also those that the sets of '{benchmark}' are built from",
                file=self.root / "prompts" / f"{spec.task}.{style}.txt",
                field="facts.sources",
                fix="write `sources: others`; `all` is for published sets, and for sets of your own with "
                "`all_facts: true` in benchmarks.yaml",
            )
        return found


def lookup(table: Mapping[str, Any], name: str, kind: str) -> Any:
    """`table[name]`, or an InputError that names the nearest valid one."""
    if name not in table:
        raise InputError(f"unknown {kind} '{name}'", fix=nearest(name, table))
    return table[name]


def _named_well(path: Path, name: str, pattern: str) -> bool:
    """Names of files become names of results; InputError where one could not."""
    if not re.fullmatch(pattern.strip("^$"), name):
        raise InputError(f"'{name}' cannot be a name", file=path, fix=f"rename the file: names match {pattern}")
    return True


def _written(text: YamlText, variant: str, *loc: str | int) -> Loc:
    """Where a recipe's value was written: in its variant, or in the defaults that the variant leaves as they are."""
    changes = text.data["variants"][variant] or {}
    if loc and loc[0] not in changes and loc[0] in text.data["defaults"]:
        return ("defaults", *loc)
    return ("variants", variant, *loc)


def _defined(path: Path) -> list[str]:
    """The names that a Python file gives something at its top; InputError for one that is no Python."""
    try:
        body = ast.parse(path.read_text(encoding="utf-8")).body
    except (SyntaxError, UnicodeDecodeError) as error:
        raise InputError(f"this is no Python: {error}", file=path, line=getattr(error, "lineno", None)) from None
    names = []
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.append(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names += [alias.asname or alias.name for alias in node.names]
        elif isinstance(node, ast.Assign):
            names += [target.id for target in node.targets if isinstance(target, ast.Name)]
    return names


# --- validation ---------------------------------------------------------------------------------------

_NO_MAPPING = "should hold keys with values (key: value)"


def _validate(kind: Any, data: Any, text: YamlText, place: Callable[[Loc], Loc] = lambda loc: loc) -> Any:
    """`data` as `kind`; InputError for the first mistake, at `place` of its path in `text`."""
    try:
        return TypeAdapter(kind).validate_python(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
    loc = tuple(part for part in first["loc"] if part != "[key]")
    what = first["msg"].removeprefix("Value error, ")
    fix = "see workflow/schemas/ for what is allowed here"
    context = first.get("ctx", {})
    if unknown := re.match(r"unknown key '(.*?)': ", what):
        loc, fix = (*loc, unknown[1]), None
    elif first["type"] == "union_tag_invalid":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"unknown {key} '{context['tag']}'"
        fix = nearest(context["tag"], re.findall(r"'([^']+)'", context["expected_tags"]))
    elif first["type"] == "union_tag_not_found":
        key = context["discriminator"].strip("'")
        loc, what = (*loc, key), f"key '{key}' is missing"
    elif first["type"] in ("model_type", "model_attributes_type", "dict_type"):
        what = _NO_MAPPING
    elif first["type"] == "literal_error":
        what = f"'{first['input']}' is no {loc[-1] if loc and isinstance(loc[-1], str) else 'choice'}"
        fix = nearest(str(first["input"]), re.findall(r"'([^']+)'", context["expected"]))
    elif first["type"] in ("int_parsing", "float_parsing"):
        fix = f"'{first['input']}' is none: write it bare, without a unit, as in 480"
    elif first["type"] == "list_type":
        empty = first["input"] is None
        what = "a list belongs here" if empty else f"'{first['input']}' stands where a list belongs"
        fix = "write []" if empty else f"write [{first['input']}]"
    raise text.error(what, place(loc), fix, missing=first["type"] in ("missing", "union_tag_not_found"))


def _read_style(path: Path, kind: type[AnyStyle] = Style) -> Any:
    """A task's prompt template, whose head is YAML."""
    template = read_template(path, headed=True)
    values = YamlText(template.head, path, above=1)
    if not isinstance(values.data, Mapping):
        raise values.error(_NO_MAPPING, (), None)
    return _validate(kind, {**values.data, "system": template.system, "user": template.user}, values)


def _read_ranking_style(path: Path, task: str) -> RankingStyle:
    """A ranking's prompt template; InputError where its question is not in it, or a placeholder is unknown."""
    style = _read_style(path, RankingStyle)
    needed, optional = RANKING_PLACEHOLDERS[task]
    found = Counter(re.findall(r"\{(\w+)\}", style.user))
    for name in found:
        if name not in (known := ["genes", *needed, *optional]):
            raise InputError(f"unknown placeholder {{{name}}}", file=path, field="user", fix=nearest(name, known))
    for name in (*needed, *optional):
        if found[name] > 1 or (name in needed and not found[name]):
            what = f"the [user] text needs {{{name}}} once and has it {found[name]} times"
            raise InputError(what, file=path, field="user")
    return style
