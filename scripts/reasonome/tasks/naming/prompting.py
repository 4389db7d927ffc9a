"""Material of prompts beside a benchmark's rows: facts about genes, enriched terms, and training sets as examples."""

from collections.abc import Sequence

from reasonome.benchmarks.rows import read_rows
from reasonome.enrichment.over_representation import OverRepresentation, default_universe, read_library
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import read_facts
from reasonome.facts.text import facts_about
from reasonome.task_parts import BenchmarkJob, Prompting, Splits
from reasonome.tasks.naming import prompt_facts
from reasonome.tasks.naming.background import read_background
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.libraries import named_libraries
from reasonome.tasks.naming.prompt_neighbours import with_examples, with_neighbours
from reasonome.tasks.naming.prompt_terms import HeldOut, with_enriched_terms
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.sets import set_facts
from reasonome.tasks.naming.settings import NamingBenchmark, NamingStyle, PromptFacts

PromptJob = BenchmarkJob[NamingBenchmark, NamingStyle]


class NamingPrompting(Prompting[NamingDialogue]):
    """Facts, neighbours, examples and enriched terms of the sets."""

    def with_material(self, job: PromptJob, splits: Splits) -> Splits:
        """The splits with the facts, enriched terms, examples and neighbouring training sets that a style shows, and
        with the kind of the sets where the benchmark states it."""
        benchmark, spec = job.benchmark, job.style
        held_out_rows = [*splits["valid"], *splits["test"]]
        held_out_rows += [row for file in job.files.get("held_out", ()) for row in read_rows(file, Example)]
        if spec.facts is not None:
            untold = [term for row in held_out_rows for term in self.task.terms(row)]
            splits = _with_facts(splits, job, spec.facts, untold)
        if spec.terms is not None:
            tests = terms_tests(job)
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


def _with_facts(splits: Splits, job: PromptJob, spec: PromptFacts, untold: Sequence[tuple[str, str]]) -> Splits:
    """The splits with facts about genes; print how many facts there are to choose from.

    Training questions show none about a term (id, name) that is `untold`.
    """
    facts = read_facts(job.files["facts"])
    total = len(facts)
    if spec.sources == "others" or job.benchmark.kind == "built":
        ontologies = {source: read_obo(path) for source, path in job.files["ontologies"].items()}
        made_of = set_facts(facts, ontologies, job.benchmark)
        own = [row for rows in splits.values() for row in rows]
        if spec.sources == "others":
            facts = prompt_facts.without_collection(facts, made_of, ontologies, own)
        else:
            facts = prompt_facts.without_relations(facts, made_of)
    index = prompt_facts.FactIndex(facts, job.style.seed)
    about = facts_about(facts, untold)
    of_training = prompt_facts.FactIndex(facts[~about], job.style.seed) if about.any() else index
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


def terms_tests(job: PromptJob) -> OverRepresentation:
    """The over-representation analysis whose terms a style shows of a benchmark's sets, among all coding genes."""
    genes = read_genes(job.files["authority"], job.taxon)
    own = [read_library(path, genes, name, job.further[name]) for name, path in job.files["libraries"].items()]
    names = job.style.terms.libraries if job.style.terms else []
    libraries = named_libraries(names, read_background(job.files["background"]), own)
    return OverRepresentation(libraries, default_universe(genes, libraries))
