"""Which files the jobs of gene-set naming read beside the rows of a benchmark."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from reasonome.benchmarks.rows import SPLITS
from reasonome.config.project import Project
from reasonome.config.teachers import KnowledgeTeacher, OpenAITeacher, RecallTeacher
from reasonome.facts.fetching.pins import check_licence, native
from reasonome.jobs import LeakSettings
from reasonome.task_parts import Files, Inputs
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.settings import NamingStyle, naming_style


class NamingFiles(Files[NamingDialogue]):
    """Facts, ontologies, backgrounds and libraries of gene sets."""

    training = "training sets"

    def building(self, project: Project, benchmark: str) -> Inputs:
        """Facts, ontologies by source, further ontologies for synonyms, and for published sets their files and those
        of the authority for gene symbols."""
        spec = project.benchmarks[benchmark]
        own, holding = ontology_files(project, benchmark), project.ontologies(spec.corpus)
        published = {}
        for (part, subset), file in spec.published_files.items():
            fetched = file.as_source().file_name if file.url else ""
            published[f"{part}/{subset}"] = project.results.published_file(benchmark, part, subset, file.path, fetched)
        return Inputs(
            {
                "facts": project.results.facts(spec.corpus),
                "ontologies": own,
                "synonyms": {source: file for source, file in holding.items() if source not in own},
                "authority": project.source_files(project.authority(spec.corpus)) if published else {},
                "published": published,
            },
            taxon=project.corpora[spec.corpus].taxon,
        )

    def prompting(self, project: Project, benchmark: str, style: str) -> Inputs:
        """For a style with facts, the facts and the ontologies of the benchmark's sets; for one with enriched terms the
        background, the authority for gene symbols, and libraries of gene sets; for both held-out sets of others."""
        shown, spec = naming_style(project, benchmark, style), project.benchmarks[benchmark]
        inputs: dict[str, Any] = {}
        formats = None
        if shown.tells:
            left_out = map(project.results.benchmark, spec.leave_out)
            inputs["held_out"] = [folder / f"{part}.jsonl" for folder in left_out for part in ("valid", "test")]
        if shown.facts is not None:
            inputs |= {"facts": project.results.facts(spec.corpus), "ontologies": ontology_files(project, benchmark)}
        if shown.terms is not None:
            formats = {n: project.sources[n].format for n in shown.terms.libraries if n in project.sources}
            for name in formats:
                check_licence(native(project, name), alone=True)
            inputs |= {
                "background": project.results.background(benchmark),
                "authority": project.source_files(project.authority(spec.corpus)),
                "libraries": {name: project.source_file(name, "gmt") for name in formats},
            }
        return Inputs(inputs, settings=formats, taxon=project.corpora[spec.corpus].taxon)

    def teaching(self, project: Project, benchmark: str, style: str, teacher: str) -> Inputs:
        """Held-out sets, whose terms are left out, and the facts of a knowledge teacher or the template of another.

        A teacher that recites reads statements and facts, and held-out sets where their names are dropped."""
        spec, left_out = project.teachers[teacher], project.benchmarks[benchmark].leave_out
        policies = [project.benchmarks[name].audit.name_in_reasoning for name in [benchmark, *left_out]]
        folders = [project.examples(benchmark, style), *map(project.results.benchmark, left_out)]
        files: dict[str, Any] = {}
        files["held_out"] = [folder / f"{part}.jsonl" for folder in folders for part in ("valid", "test")]
        if isinstance(spec, RecallTeacher):
            recital = of_recital(project, spec)
            return Inputs({**recital.files, **files}, settings=[policies, None]) if "drop" in policies else recital
        if isinstance(spec, KnowledgeTeacher):
            files["facts"] = project.results.facts(project.benchmarks[benchmark].corpus)
        if isinstance(spec, KnowledgeTeacher) or (isinstance(spec, OpenAITeacher) and spec.grounded):
            files |= {"background": project.results.background(benchmark), "judging": judging_facts(project, benchmark)}
        template = teacher_template(project, benchmark).read_text(encoding="utf-8") if "facts" not in files else None
        encoders = [spec.encoder] if isinstance(spec, KnowledgeTeacher | OpenAITeacher) else []
        return Inputs(files, encoders, [policies, template])

    def scoring(self, project: Project, benchmark: str, style: str) -> Inputs:
        """The background, the markers that its names are in the encoders' caches, the facts to check claims against,
        and the questions of a style with enriched terms."""
        shows_terms = naming_style(project, benchmark, style).terms is not None
        questions = {"questions": project.examples(benchmark, style) / "test.jsonl"} if shows_terms else {}
        return Inputs(
            {**_judging(project, benchmark), "facts": judging_facts(project, benchmark), **questions},
            project.benchmarks[benchmark].encoders,
        )

    def baselines(self, project: Project, benchmark: str) -> Inputs:
        """The background with these markers, and the authority for gene symbols, which says which genes are coding."""
        spec = project.benchmarks[benchmark]
        authority, taxon = project.source_files(project.authority(spec.corpus)), project.corpora[spec.corpus].taxon
        return Inputs({**_judging(project, benchmark), "authority": authority}, spec.encoders, taxon=taxon)

    def background(self, project: Project, benchmark: str) -> Inputs:
        """The facts of the background's corpus, and its ontologies by source: those of the benchmark's sets first."""
        corpus = background_corpus(project, benchmark)
        holding, own = project.ontologies(corpus), ontology_files(project, benchmark)
        ontologies = {source: holding[source] for source in sorted(holding, key=lambda source: source not in own)}
        return Inputs({"facts": project.results.facts(corpus), "ontologies": ontologies})

    def leaks(self, audit: LeakSettings) -> Inputs:
        """Training data, test sets, prompts, training prompts with facts or enriched terms, and the ontologies with
        synonyms and ancestors of their terms."""
        trained = (shown for shown in audit.training_prompts if NamingStyle.model_validate(shown.settings).tells)
        prompts = [shown.file for shown in [*audit.asked, *trained]]
        return Inputs({"training": audit.compared, "prompts": prompts, "ontologies": audit.ontologies})

    def audited_sources(self, project: Project, benchmark: str, part: str) -> dict[str, str]:
        """Those of its corpus that sets are built from, or published files."""
        spec = project.benchmarks[benchmark]
        published = spec.files if part == "test" else spec.train_files
        if published:
            return {str(file.url or file.path): file.collection for file in published.values()}
        sources = project.corpora[spec.corpus].sources
        names: set[str] = set()
        for subset in spec.subsets.values():
            if subset.source:
                names.add(subset.source)
            elif subset.namespace:
                names |= {s for s in sources if project.sources[s].format == "go"}
            else:
                names |= set(sources)
        return {name: project.sources[name].lists for name in sorted(names)}

    def corpora(self, project: Project, benchmark: str) -> list[str]:
        """The corpora whose facts sets are built from."""
        return [project.benchmarks[benchmark].corpus]

    def beside_corpora(self, project: Project, benchmark: str, splits: Collection[str] = SPLITS) -> list[str]:
        """Published files."""
        published = project.benchmarks[benchmark].published_files.items()
        return [str(file.url or file.path) for (split, _), file in published if split in splits]

    def shown_sources(self, project: Project, benchmark: str, style: str) -> list[str]:
        """Those of the background and the libraries whose enriched terms a style shows."""
        shown = naming_style(project, benchmark, style).terms
        libraries = shown.libraries if shown else []
        own = [name for name in libraries if name in project.sources]
        background = project.corpora[background_corpus(project, benchmark)].sources
        return own if len(own) == len(libraries) else [*background, *own]


def teacher_template(project: Project, benchmark: str) -> Path:
    """The prompt of a teacher behind an endpoint."""
    return project.folder.path(f"prompts/teacher.{project.benchmarks[benchmark].task}.txt")


def _judging(project: Project, benchmark: str) -> dict[str, Any]:
    background, encoders = project.results.background(benchmark), project.benchmarks[benchmark].encoders
    return {"background": background, "embedded": [background.with_suffix(f".{name}.json") for name in encoders]}


def judging_facts(project: Project, benchmark: str) -> list[Path]:
    """The facts, and the denied facts, of benchmark and background, to check claims in answers against."""
    results = project.results
    corpora = dict.fromkeys([project.benchmarks[benchmark].corpus, background_corpus(project, benchmark)])
    return [path for corpus in corpora for path in (results.facts(corpus), results.denied(corpus))]


def ontology_files(project: Project, benchmark: str) -> dict[str, Path]:
    """Source → file of the ontologies with the terms of a benchmark's sets.

    Built sets are propagated over them. Published sets may be of any ontology of the corpus.
    """
    spec = project.benchmarks[benchmark]
    holding = project.ontologies(spec.corpus)
    if spec.kind == "published":
        return holding
    named = {subset.source for subset in spec.subsets.values()} & holding.keys()
    if any(subset.namespace and subset.source not in holding for subset in spec.subsets.values()):
        named |= {source for source in holding if project.sources[source].format == "go"}
    return {source: file for source, file in holding.items() if source in named}


def background_corpus(project: Project, benchmark: str) -> str:
    """The corpus whose terms and gene sets answers are compared with."""
    spec = project.benchmarks[benchmark]
    return spec.background or spec.corpus


def of_recital(project: Project, spec: RecallTeacher) -> Inputs:
    """What a teacher recites from: the statements of its corpus, and the facts that they say."""
    statements = project.results.statements(spec.corpus) / "train.jsonl"
    return Inputs({"statements": statements, "facts": project.results.facts(spec.corpus)})
