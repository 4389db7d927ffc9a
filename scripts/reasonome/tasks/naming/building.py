"""Benchmarks of gene-set naming: sets built from facts and ontologies, or published, split so that nothing leaks."""

from collections.abc import Collection

import pandas as pd

from reasonome.benchmarks import gene_sets
from reasonome.benchmarks.gene_sets import GeneSet, depths, strata
from reasonome.core.manifest import file_sha256
from reasonome.facts.sources.formats import read_genes
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.sources.source import UNMAPPED_COLUMNS, read_facts
from reasonome.task_parts import Building, BuildingJob
from reasonome.tasks.naming.contamination import contaminated, less_withheld, training_variants
from reasonome.tasks.naming.dialogue import NamingDialogue
from reasonome.tasks.naming.rows import official_names, read_sets, write_benchmark
from reasonome.tasks.naming.sets import build_sets, cut_to_few_genes, outside_limits, read_published, within_limits
from reasonome.tasks.naming.settings import NamingBenchmark
from reasonome.tasks.naming.splits import creation_dates, split


class NamingBuilding(Building[NamingDialogue]):
    """Benchmarks from facts, or from published files."""

    def build(self, job: BuildingJob[NamingBenchmark]) -> None:
        """Write the train, valid and test sets of a benchmark, what was left out, identifiers without a gene, and the
        audit; print their numbers. Raises InputError as the functions it calls."""
        name, benchmark, inputs = job.name, job.benchmark, job.files
        facts = read_facts(inputs["facts"])
        ontologies = {source: read_obo(path) for source, path in inputs["ontologies"].items()}
        own = ontologies.values()
        built = build_sets(facts, ontologies, benchmark)
        # A subset of pathways beside one of GO: nothing else looks for the names that GO's terms have.
        built = {subset: gene_sets.with_names_of_others(sets, own) for subset, sets in built.items()}
        for ontology in map(read_obo, inputs["synonyms"].values()):
            built = {subset: gene_sets.with_other_names(sets, ontology) for subset, sets in built.items()}
        few_genes = None
        if benchmark.few_genes is not None:
            built, few_genes = cut_to_few_genes(built, benchmark.few_genes, benchmark.seed)
        candidates = within_limits(built, benchmark)
        dates = creation_dates(own) if benchmark.split.by == "date" else None
        published, unmapped, published_report = None, (), {}
        if inputs["published"]:
            published, unmapped, published_report = _published(job, own)
        others = {
            other: (built.benchmark, gene_sets.with_terms(read_sets(built.folder, "valid", "test"), *own))
            for other, built in job.left_out.items()
        }
        splits, report, left_out = split(candidates, benchmark, dates, published, others)
        report["outside_limits"] = outside_limits(built, benchmark)
        if few_genes is not None:
            report["few_genes"] = few_genes
            print(f"{name}: {few_genes['genes']} genes of {few_genes['drawn_sets']} sets drawn at random")
        if published_report:
            report["published"] = published_report
        depth = depths(facts)
        known = [s for sets in (*candidates.values(), *(published or {}).values()) for s in sets]
        bounds = strata(known, depth)
        report["strata"] = {"facts_per_gene": [bounds.low, bounds.high]}
        if benchmark.asks == "valid":
            splits = {"train": splits["train"], "valid": [], "test": splits["valid"]}
        withheld = benchmark.withheld_terms
        subsets = dict.fromkeys(s.subset for s in splits["test"])
        varied = [s for subset in subsets for s in [s for s in splits["test"] if s.subset == subset][: withheld.sets]]
        variants = contaminated(varied, benchmark.contaminated, facts, depth, benchmark.seed, own)
        variants += less_withheld(varied, withheld.variants)
        of_training = training_variants(splits["train"], withheld, facts, depth, benchmark.seed, own)
        train = [of_training.get((s.subset, s.id), s) for s in splits["train"]]
        written = {"train": train, "valid": splits["valid"], "test": [*splits["test"], *variants]}
        write_benchmark(written, report, official_names(facts), job.folder, bounds.by_set, unmapped, left_out)
        sizes = ", ".join(f"{len(sets)} {part}" for part, sets in splits.items())
        outside = {subset: counts for subset, counts in report["outside_limits"].items() if any(counts.values())}
        dropped = {**report["dropped_from_train"], **report.get("dropped_for", {})} or "none"
        print(f"{name}: {sizes}, {len(variants)} variants of test sets; dropped from train: {dropped}")
        print(f"outside {benchmark.minimum_genes} to {benchmark.maximum_genes} genes: {outside or 'none'}")
        if "by_date" in report:
            print(f"by date: {report['by_date']}")
        if published_report:
            print(f"published: {published_report}")


def _published(
    job: BuildingJob[NamingBenchmark], ontologies: Collection[Ontology]
) -> tuple[dict[str, list[GeneSet]], pd.DataFrame, dict[str, dict]]:
    """Published sets by split, the identifiers without a gene, and the audit's entry for each file.

    Sets get synonyms and ancestors from the ontologies, those of no term the names of terms that go by theirs, and keep
    their ids, which other people's answers refer to.
    """
    genes = read_genes(job.files["authority"], job.taxon)
    sets: dict[str, list[GeneSet]] = {}
    unmapped, report = [], {}
    for place, path in job.files["published"].items():
        part, subset = place.split("/")
        sha256 = file_sha256(path)
        job.benchmark.published_files[part, subset].check_sha256(sha256, path)
        file_sets, without_gene, emptied = read_published(path, subset, genes, job.unmapped)
        with_terms = gene_sets.with_terms(file_sets, *ontologies)
        sets.setdefault(part, []).extend(gene_sets.with_names_of_others(with_terms, ontologies))
        unmapped.append(without_gene)
        report[place] = {
            "file": path.name,
            "sha256": sha256,
            "sets": len(file_sets),
            "sets_without_known_genes": emptied,
            "unmapped_identifiers": len(without_gene),
        }
    return sets, pd.concat(unmapped, ignore_index=True).sort_values(UNMAPPED_COLUMNS, ignore_index=True), report
