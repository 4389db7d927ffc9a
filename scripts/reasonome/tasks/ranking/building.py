"""Benchmarks of rankings: questions from gold standards, phenopackets or ready tables, split without leaks."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from reasonome.benchmarks.rows import SPLITS, write_splits
from reasonome.core.errors import InputError
from reasonome.facts.sources.formats import read_genes
from reasonome.task_parts import Building, BuildingJob
from reasonome.tasks.ranking import cases, loci, splits
from reasonome.tasks.ranking.dialogue import CausalGeneDialogue, RankingDialogue
from reasonome.tasks.ranking.questions import RankingExample
from reasonome.tasks.ranking.rows import LeftOut
from reasonome.tasks.ranking.settings import RankingBenchmark


class RankingBuilding(Building[RankingDialogue]):
    """Benchmarks of loci or cases."""

    def build(self, job: BuildingJob[RankingBenchmark]) -> None:
        """Write the train, valid and test questions of a benchmark, the rows left out and why, identifiers without a
        gene, and the audit; print their numbers. Raises InputError as the functions it calls."""
        benchmark, (formats, seeds) = job.benchmark, job.further
        genes, files = read_genes(job.files["authority"]), job.files["questions"]
        of_loci = isinstance(self.task, CausalGeneDialogue)
        beside = job.files["locations" if of_loci else "ontology"]
        questions = (loci if of_loci else cases).questions(benchmark, formats, files, genes, *beside)
        naming = [example for example in questions.examples if example.named_answer]
        questions.drop((e, "the question names its answer", e.named_answer) for e in naming)
        _check_ids(questions.examples)
        rows = {subset: questions.account(subset) for subset in benchmark.subsets}
        held_out = [splits.read_questions(*other, "valid", "test") for other in job.left_out.items()]
        drawn = splits.split(questions.examples, benchmark, held_out, rows)
        questions.drop(drawn.unused)
        rows_of = {
            part: sum(len(questions.places[example.subset, example.id]) for example in examples)
            for part, examples in drawn.parts.items()
        }
        # Candidates of loci lie around the lead variant; those of cases are drawn from their own split.
        parts = drawn.parts if of_loci else cases.with_decoys(drawn.parts, benchmark)
        everything = [example for part in SPLITS for example in parts[part]]
        shortcuts = splits.shortcuts(everything, seeds)
        audit = {
            **drawn.audit,
            "shortcuts": shortcuts,
            "rows": {**rows_of, "left_out": dict(Counter(row.reason for row in questions.left_out))},
        }
        audit |= {"notes": dict(questions.notes)} if questions.notes else {}
        written = {
            part: [example.model_dump(mode="json", exclude_defaults=True) for example in examples]
            for part, examples in parts.items()
        }
        left_out = pd.DataFrame(questions.left_out, columns=LeftOut._fields)
        write_splits(job.folder, written, audit, left_out, sorted(set(questions.unmapped)))
        sizes = ", ".join(f"{len(examples)} {part}" for part, examples in parts.items())
        print(f"{job.name}: {sizes}, in {audit['components']} groups, the largest of {audit['largest_component']}")
        print(f"rows left out: {audit['rows']['left_out'] or 'none'}; dropped for: {audit.get('dropped_for', 'none')}")
        for rule, result in shortcuts.items():
            print(f"{rule}: top-1 {result['top_1']:.3f}, by chance {result['chance']:.3f} (p = {result['p']})")


def _check_ids(examples: Sequence[RankingExample]) -> None:
    """InputError for an id that questions of two subsets have: answers refer to questions by id alone."""
    subset_of: dict[str, str] = {}
    for example in examples:
        if (other := subset_of.setdefault(example.id, example.subset)) != example.subset:
            what = f"'{example.id}' is the id of a question of '{other}' and of one of '{example.subset}'"
            raise InputError(what, field="subsets", fix="give the questions of one of the tables other ids")
