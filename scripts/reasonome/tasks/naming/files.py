"""Which files the jobs of gene-set naming read beside the rows of a benchmark."""

from pathlib import Path

from reasonome.config import ONTOLOGY_FILES, KnowledgeTeacher
from reasonome.config.project import Project
from reasonome.config.project.experiments import AuditPlan, examples_folder
from reasonome.tasks.base import Inputs


def building(project: Project, benchmark: str) -> Inputs:
    """Facts, ontologies by source, further ontologies that know synonyms, and of published sets their files and those
    of the authority for gene symbols."""
    spec = project.benchmarks[benchmark]
    published = {
        place: project.results.published_file(benchmark, *place, file) for place, file in spec.published_files.items()
    }
    return Inputs(
        {
            "facts": project.results.facts(spec.corpus),
            "ontologies": _files(project, project.ontology_files(benchmark)),
            "synonyms": _files(project, project.synonym_files(benchmark)),
            "authority": project.source_files(project.authority(spec.corpus)) if published else {},
            "published": published,
        }
    )


def prompting(project: Project, benchmark: str, style: str) -> Inputs:
    """Of a style with facts these, and the ontologies of what the benchmark's sets are drawn from."""
    if project.style(benchmark, style).facts is None:
        return Inputs()
    corpus = project.benchmarks[benchmark].corpus
    ontologies = _files(project, project.ontology_files(benchmark))
    return Inputs({"facts": project.results.facts(corpus), "ontologies": ontologies})


def teaching(project: Project, benchmark: str, style: str, teacher: str) -> Inputs:
    """Held-out sets, by which rows are left out, and the facts of a knowledge teacher; one behind an endpoint has a
    template."""
    spec = project.teachers[teacher]
    left_out = project.benchmarks[benchmark].leave_out
    folders = [examples_folder(project, benchmark, style), *map(project.results.benchmark, left_out)]
    files = {"held_out": [folder / f"{part}.jsonl" for folder in folders for part in ("valid", "test")]}
    if isinstance(spec, KnowledgeTeacher):
        files["facts"] = project.results.facts(project.benchmarks[benchmark].corpus)
    template = teacher_template(project, benchmark).read_text(encoding="utf-8") if "facts" not in files else None
    policies = [project.benchmarks[name].audit.name_in_reasoning for name in [benchmark, *left_out]]
    return Inputs(files, [spec.encoder], [policies, template])


def teacher_template(project: Project, benchmark: str) -> Path:
    """The prompt of a teacher behind an endpoint."""
    return project.root / "prompts" / f"teacher.{project.benchmarks[benchmark].task}.txt"


def scoring(project: Project, benchmark: str) -> Inputs:
    """The background, what says that its names are in the encoders' caches, and the facts that claims are held
    against."""
    return Inputs(
        {**baselines(project, benchmark).files, "facts": judging_facts(project, benchmark)},
        project.benchmarks[benchmark].encoders,
    )


def baselines(project: Project, benchmark: str) -> Inputs:
    """As `scoring`, without facts: baselines reason nothing."""
    background, encoders = project.results.background(benchmark), project.benchmarks[benchmark].encoders
    embedded = [background.with_suffix(f".{encoder}.json") for encoder in encoders]
    return Inputs({"background": background, "embedded": embedded}, encoders)


def background(project: Project, benchmark: str) -> Inputs:
    """The facts of the corpus that answers are compared with, and its ontologies by source."""
    ontologies = _files(project, project.background_ontologies(benchmark))
    return Inputs({"facts": project.results.facts(project.background(benchmark)), "ontologies": ontologies})


def judging_facts(project: Project, benchmark: str) -> list[Path]:
    """What claims in answers are checked against: facts, and what sources deny, of benchmark and background."""
    results = project.results
    corpora = dict.fromkeys([project.benchmarks[benchmark].corpus, project.background(benchmark)])
    return [path for corpus in corpora for path in (results.facts(corpus), results.denied(corpus))]


def leaks(project: Project, plan: AuditPlan) -> Inputs:
    """Training data, test sets, prompts, and the ontologies that know synonyms and ancestors of their terms."""
    prompts = [examples_folder(project, *asked) / "test.jsonl" for asked in plan.asked]
    corpora = dict.fromkeys([project.benchmarks[b].corpus for b in [*plan.benchmarks, *plan.training]])
    sources = dict.fromkeys(source for corpus in corpora for source in project.corpora[corpus].sources)
    keys = {source: ONTOLOGY_FILES.get(project.sources[source].format) for source in sources}
    ontologies = {source: project.source_file(source, key) for source, key in keys.items() if key}
    return Inputs({"training": plan.files(project.results), "prompts": prompts, "ontologies": ontologies})


def _files(project: Project, keys: dict[str, str]) -> dict[str, Path]:
    """Source → its file, of sources and the keys of one of their files."""
    return {source: project.source_file(source, key) for source, key in keys.items()}
