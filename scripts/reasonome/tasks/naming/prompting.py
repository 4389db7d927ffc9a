"""Material of prompts beside a benchmark's rows: facts about genes, and training sets as examples."""

from reasonome.config.project import Project
from reasonome.facts.corpus import read_facts
from reasonome.facts.sources.ontology import read_ontology
from reasonome.tasks.base import Splits, Task
from reasonome.tasks.naming import files, prompt_facts
from reasonome.tasks.naming.prompt_neighbours import with_neighbours
from reasonome.tasks.naming.sets import set_facts
from reasonome.tasks.naming.settings import NamingStyle


def with_material(task: Task, project: Project, name: str, style: str, splits: Splits) -> Splits:
    """The splits with the facts and neighbouring training sets that a style shows, and with the kind of the sets where
    the benchmark states it."""
    benchmark, spec = project.benchmarks[name], project.style(name, style)
    if spec.facts is not None:
        splits = _with_facts(project, name, style, splits)
    if spec.neighbours is not None:
        training = splits["train"]
        splits = {part: with_neighbours(rows, training, spec, benchmark.jaccard) for part, rows in splits.items()}
    subsets = {row.subset for rows in splits.values() for row in rows}
    kinds = {subset: benchmark.subset_kind(subset) for subset in subsets}
    return {
        part: [row.model_copy(update={"kind": kinds[row.subset]}) if kinds[row.subset] else row for row in rows]
        for part, rows in splits.items()
    }


def _with_facts(project: Project, name: str, style: str, splits: Splits) -> Splits:
    """The splits with facts about genes; print how many facts there are to choose from."""
    benchmark, inputs = project.benchmarks[name], files.prompting(project, name, style).files
    spec: NamingStyle = project.style(name, style)
    facts = read_facts(inputs["facts"])
    total = len(facts)
    if spec.facts.sources == "others" or benchmark.kind == "built":
        ontologies = {source: read_ontology(path) for source, path in inputs["ontologies"].items()}
        made_of = set_facts(facts, ontologies, benchmark)
        own = [row for rows in splits.values() for row in rows]
        if spec.facts.sources == "others":
            facts = prompt_facts.without_collection(facts, made_of, ontologies, own)
        else:
            facts = prompt_facts.without_relations(facts, made_of)
    index = prompt_facts.FactIndex(facts, spec.seed)
    splits = {part: prompt_facts.with_facts(rows, index, spec.facts) for part, rows in splits.items()}
    genes = [gene for rows in splits.values() for row in rows for gene in row.genes]
    print(
        f"{len(facts):,} of {total:,} facts are about nothing that the sets are drawn from; "
        f"{sum(bool(gene.facts) for gene in genes):,} of {len(genes):,} genes of sets have facts"
    )
    return splits
