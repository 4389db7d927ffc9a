"""Checks of the settings of gene-set naming against corpora, styles and recipes, and for leaks."""

from collections.abc import Iterable

from reasonome.config import Recipe
from reasonome.config.project import Project
from reasonome.config.project.experiments import taught_by
from reasonome.config.project.folder import parse_template
from reasonome.config.sources import GMT_FORMATS
from reasonome.config.teachers import RecallTeacher
from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import read_text
from reasonome.task_parts import Checks
from reasonome.tasks.naming import files
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.settings import BRANCHES, NamingBenchmark, NamingStyle


class NamingChecks(Checks[NamingDialogue]):
    """Corpora, backgrounds and libraries, and leaks that policies drop."""

    libraries = tuple(BRANCHES.values())
    teachers = ("knowledge", "openai", "recall")

    def check_benchmark(self, project: Project, name: str, benchmark: NamingBenchmark) -> None:
        """Check that the styles of a benchmark's policy exist, and that there are terms for its answers."""
        _check_subsets(project, name, benchmark)
        _check_background(project, name, benchmark)
        for style in benchmark.audit.name_in_prompt:
            loc = (name, "audit", "name_in_prompt", style)
            project.folder.check_known("benchmarks.yaml", loc, style, project.styles(benchmark.task), "style")
        if any(teacher.kind == "openai" for teacher in project.teachers.values()):
            template = files.teacher_template(project, name)
            parse_template(read_text(template), template, headed=False)

    def check_style(self, project: Project, benchmark: str, name: str, style: NamingStyle) -> None:
        """Check that a style gives no answers away by facts of all sources, and that the libraries whose terms it shows
        are branches of GO or sources of gene sets."""
        file, spec = project.folder.path(f"prompts/{self.task.name}.{name}.txt"), project.benchmarks[benchmark]
        if style.facts is not None and style.facts.sources == "all" and spec.kind == "built" and not spec.all_facts:
            raise InputError(
                f"style '{name}' shows facts of all sources, also those that the sets of '{benchmark}' are built from",
                file=file,
                field="facts.sources",
                fix="write `sources: others`; `all` is for published sets, and for sets of your own with "
                "`all_facts: true` in benchmarks.yaml",
            )
        if style.terms is None:
            return
        sources = [name for name, spec in project.sources.items() if spec.format in GMT_FORMATS]
        known = [*BRANCHES.values(), *sources]
        if unknown := [library for library in style.terms.libraries if library not in known]:
            what = f"there is no library '{unknown[0]}'"
            raise InputError(what, file=file, field="terms.libraries", fix=nearest(unknown[0], known))

    def leak(self, project: Project, recipe: Recipe, benchmark: str) -> tuple[str, str] | None:
        """How a recipe may show the model test sets of a benchmark, and the fix.

        None if it cannot, or if the policy is not to drop leaks: then the leak audit reports them or fails.
        """
        tested = project.benchmarks[benchmark]

        def held_out(names: Iterable[str]) -> bool:
            """Whether the test sets are among those that are held out with these benchmarks."""
            left_out = (project.benchmarks[name] for name in names if name in project.benchmarks)  # else told elsewhere
            return any(isinstance(spec, NamingBenchmark) and spec.holds_out(tested) for spec in left_out)

        recited = [project.teachers[teacher] for teacher, *_ in taught_by(project.preferences, recipe)]
        told = [teacher.corpus for teacher in recited if isinstance(teacher, RecallTeacher)]
        for name in [*recipe.corpora, *told]:
            corpus = project.corpora[name]
            if not held_out(corpus.leave_out) and corpus.test_facts == "drop":
                what = f"would leak: statements of corpus '{name}' may tell the test terms of '{benchmark}'"
                return what, f"add {benchmark} to leave_out of {name} in corpora.yaml"
        for name, _ in recipe.questions:
            if not tested.audit.dropped() or name not in project.akin(benchmark):
                continue
            trained = project.benchmarks[name]
            if not (trained.splits_like(tested) or held_out(trained.leave_out)):
                what = f"would leak: train sets of '{name}' may be test sets of '{benchmark}'"
                fix = f"add {benchmark} to leave_out of {name} in benchmarks.yaml, or use a variant with its own sets"
                return what, fix
        return None


def _check_subsets(project: Project, name: str, benchmark: NamingBenchmark) -> None:
    """Check that sources of subsets are in the corpus, and that one source has the branch of GO."""
    corpus = project.corpora[benchmark.corpus]
    go = [source for source in corpus.sources if project.sources[source].format == "go"]
    for subset, spec in benchmark.subsets.items():
        loc = (name, "subsets", subset)
        if spec.source is not None:
            project.folder.check_known("benchmarks.yaml", (*loc, "source"), spec.source, corpus.sources)
        if spec.namespace and spec.source not in go and len(go) != 1:
            what = f"corpus '{benchmark.corpus}' has {len(go)} sources of GO" + (f": {', '.join(go)}" * bool(go))
            fix = "say which by 'source'" if go else "add one to the corpus (format go)"
            raise project.folder.error("benchmarks.yaml", (*loc, "namespace"), what, fix)


def _check_background(project: Project, name: str, benchmark: NamingBenchmark) -> None:
    """Check that the corpus of the background has an ontology, or the sets of the benchmark."""
    loc = (name, "corpus" if benchmark.background is None else "background")
    corpus = files.background_corpus(project, name)
    listed = any(
        not spec.namespace and spec.source in (None, *project.corpora[corpus].sources)
        for spec in benchmark.subsets.values()
    )
    if not (listed or project.ontologies(corpus)):
        others = [other for other in project.corpora if project.ontologies(other)]
        raise project.folder.error(
            "benchmarks.yaml",
            loc,
            f"corpus '{corpus}' has no terms that answers could be compared with: no ontology, and no sets of "
            "which the benchmark's are",
            "name a corpus with an ontology as 'background'" + (f": {', '.join(others)}" if others else ""),
        )
