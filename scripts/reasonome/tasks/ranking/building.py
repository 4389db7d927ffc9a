"""Benchmarks of rankings: questions from gold standards, phenopackets or ready tables, split without leaks."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.facts.authority import read_authority
from reasonome.facts.genes import GeneTable
from reasonome.tasks.ranking import cases, files, loci, splits
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.rows import LeftOut, Questions
from reasonome.tasks.ranking.task import CausalGeneRanking, RankingTask


def build(task: RankingTask, project: Project, name: str, folder: Path) -> None:
    """Write the train, valid and test questions of a benchmark, the rows that are in none of them and why, identifiers
    without a gene, and the audit; says how many there are. Raises InputError as what it calls does."""
    benchmark = project.benchmarks[name]
    genes = read_authority(project, benchmark.authority)
    made = _questions(task, project, name, genes)
    made = made.without([(one, "the question names its answer", one.told) for one in made.examples if one.told])
    _check_ids(made.examples)
    rows = {subset: made.account(subset) for subset in benchmark.subsets}
    held_out = [splits.read_questions(project, other, "valid", "test") for other in benchmark.leave_out]
    drawn = splits.split(made.examples, benchmark, held_out, rows)
    made = made.without(drawn.unused)
    rows_of = {part: sum(len(made.places[one.subset, one.id]) for one in found) for part, found in drawn.parts.items()}
    # Candidates of loci lie around the lead variant; those of cases are drawn from their own split.
    parts = drawn.parts if isinstance(task, CausalGeneRanking) else cases.with_decoys(drawn.parts, benchmark)
    everything = [one for part in SPLITS for one in parts[part]]
    told = splits.shortcuts(everything, files.order_seeds(project, name))
    audit = {
        **drawn.audit,
        "shortcuts": told,
        "rows": {**rows_of, "left_out": dict(Counter(row.reason for row in made.left_out))},
    }
    audit |= {"notes": made.notes} if made.notes else {}
    written = {
        part: [one.model_dump(mode="json", exclude_defaults=True) for one in found] for part, found in parts.items()
    }
    left_out = pd.DataFrame(made.left_out, columns=LeftOut._fields)
    write_splits(folder, written, audit, left_out, sorted(set(made.unmapped)))
    sizes = ", ".join(f"{len(found)} {part}" for part, found in parts.items())
    print(f"{name}: {sizes}, in {audit['components']} groups, the largest of {audit['largest_component']}")
    print(f"rows left out: {audit['rows']['left_out'] or 'none'}; dropped for: {audit.get('dropped_for', 'none')}")
    for rule, one in told.items():
        print(f"{rule}: top-1 {one['top_1']:.3f}, by chance {one['chance']:.3f} (p = {one['p']})")


def _questions(task: RankingTask, project: Project, name: str, genes: GeneTable) -> Questions:
    """The questions of a benchmark before they are split."""
    read = files.building(project, name).files
    if isinstance(task, CausalGeneRanking):
        return loci.questions(project, name, read["questions"], genes, *read["locations"])
    return cases.questions(project, name, read["questions"], genes, *read["ontology"])


def _check_ids(examples: Sequence[RankingExample]) -> None:
    """InputError for an id that questions of two subsets have: answers name their question by it alone."""
    subset_of: dict[str, str] = {}
    for one in examples:
        if (other := subset_of.setdefault(one.id, one.subset)) != one.subset:
            what = f"'{one.id}' is the id of a question of '{other}' and of one of '{one.subset}'"
            raise InputError(what, field="subsets", fix="give the questions of one of the tables other ids")
