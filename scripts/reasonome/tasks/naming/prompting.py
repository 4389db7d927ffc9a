"""Material of prompts beside a benchmark's rows: facts about genes, enriched terms, and training sets as examples."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reasonome.benchmarks.rows import read_splits
from reasonome.config.project import Project
from reasonome.enrichment.over_representation import OverRepresentation, default_universe
from reasonome.facts.sources.formats import read_authority
from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import read_facts
from reasonome.facts.text import facts_about
from reasonome.task_parts import Prompting, Splits
from reasonome.tasks.naming import prompt_facts
from reasonome.tasks.naming.background import read_background
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.libraries import named_libraries
from reasonome.tasks.naming.prompt_neighbours import with_examples, with_neighbours
from reasonome.tasks.naming.prompt_terms import HeldOut, with_enriched_terms
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.sets import set_facts
from reasonome.tasks.naming.settings import NamingBenchmark, PromptFacts, naming_style


class NamingPrompting(Prompting[NamingDialogue]):
    """Facts, neighbours, examples and enriched terms of the sets."""

    def with_material(self, project: Project, name: str, style: str, splits: Splits) -> Splits:
        """The splits with the facts, enriched terms, examples and neighbouring training sets that a style shows, and
        with the kind of the sets where the benchmark states it."""
        benchmark, spec = project.benchmarks[name], naming_style(project, name, style)
        inputs = self.task.files.prompting(project, name, style).files
        held_out_rows = [*splits["valid"], *splits["test"]]
        if spec.facts is not None or spec.terms is not None:
            others = [project.results.benchmark(other) for other in benchmark.leave_out]
            held_out_rows += [row for folder in others for row in read_splits(folder, Example, "valid", "test")]
        if spec.facts is not None:
            untold = [term for row in held_out_rows for term in self.task.terms(row)]
            splits = _with_facts(splits, spec.facts, spec.seed, benchmark, inputs, untold)
        if spec.terms is not None:
            tests = terms_tests(project, name, style, inputs["background"])
            held_out = HeldOut.of(held_out_rows)
            splits = {
                part: with_enriched_terms(
                    rows, tests, spec.terms, benchmark.jaccard, held_out if part == "train" else HeldOut(), spec.seed
                )
                for part, rows in splits.items()
            }
        splits = with_examples(splits, spec)
        training = splits["train"]
        splits = {part: with_neighbours(rows, training, spec, benchmark.jaccard) for part, rows in splits.items()}
        subsets = {row.subset for rows in splits.values() for row in rows}
        kinds = {subset: benchmark.subset_kind(subset) for subset in subsets}
        return {
            part: [row.model_copy(update={"kind": kinds[row.subset]}) if kinds[row.subset] else row for row in rows]
            for part, rows in splits.items()
        }


def _with_facts(
    splits: Splits,
    spec: PromptFacts,
    seed: int,
    benchmark: NamingBenchmark,
    inputs: Mapping[str, Any],
    untold: Sequence[tuple[str, str]],
) -> Splits:
    """The splits with facts about genes; print how many facts there are to choose from.

    Training questions show none about a term (id, name) that is `untold`.
    """
    facts = read_facts(inputs["facts"])
    total = len(facts)
    if spec.sources == "others" or benchmark.kind == "built":
        ontologies = {source: read_obo(path) for source, path in inputs["ontologies"].items()}
        made_of = set_facts(facts, ontologies, benchmark)
        own = [row for rows in splits.values() for row in rows]
        if spec.sources == "others":
            facts = prompt_facts.without_collection(facts, made_of, ontologies, own)
        else:
            facts = prompt_facts.without_relations(facts, made_of)
    index = prompt_facts.FactIndex(facts, seed)
    about = facts_about(facts, untold)
    of_training = prompt_facts.FactIndex(facts[~about], seed) if about.any() else index
    splits = {
        part: prompt_facts.with_facts(rows, of_training if part == "train" else index, spec)
        for part, rows in splits.items()
    }
    genes = [gene for rows in splits.values() for row in rows for gene in row.genes]
    print(
        f"{len(facts):,} of {total:,} facts are about nothing that the sets are drawn from; "
        f"{sum(bool(gene.facts) for gene in genes):,} of {len(genes):,} genes of sets have facts"
    )
    return splits


def terms_tests(project: Project, benchmark: str, style: str, background: Path) -> OverRepresentation:
    """The over-representation analysis whose terms a style shows of a benchmark's sets, among all coding genes."""
    corpus = project.benchmarks[benchmark].corpus
    genes = read_authority(project, project.authority(corpus), project.corpora[corpus].taxon)
    terms = naming_style(project, benchmark, style).terms
    libraries = named_libraries(project, terms.libraries if terms else [], read_background(background), genes)
    return OverRepresentation(libraries, default_universe(genes, libraries))
