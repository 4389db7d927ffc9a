"""Benchmarks: gene sets of a small ontology, splits without leaks, and rows read back."""

import json
import random
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from refusals import refused

from reasonome.benchmarks.gene_sets import GeneSet, depths, strata
from reasonome.benchmarks.rows import SPLITS, in_mean, read_rows
from reasonome.facts.sources.go import read_obo
from reasonome.task import held_out_terms
from reasonome.task_parts import BuildingJob
from reasonome.tasks.naming.contamination import contaminated, less_withheld, training_variants
from reasonome.tasks.naming.questions import Example
from reasonome.tasks.naming.rows import read_sets, sets_of_origin, write_benchmark
from reasonome.tasks.naming.sets import build_sets, cut_to_few_genes, outside_limits, within_limits
from reasonome.tasks.naming.settings import FewGenes, NamingBenchmark, WithheldTerms
from reasonome.tasks.naming.splits import creation_dates, split
from reasonome.tasks.naming.task import GeneSetNaming

ROOT = Path(__file__).resolve().parent.parent
OBO = """format-version: 1.2

[Term]
id: GO:1
name: response
namespace: biological_process

[Term]
id: GO:2
name: DNA repair
namespace: biological_process
alt_id: GO:20
is_a: GO:1

[Term]
id: GO:3
name: mismatch repair
namespace: biological_process
relationship: part_of GO:2

[Term]
id: GO:4
name: DNA binding
namespace: molecular_function
relationship: part_of GO:1
"""


def benchmark(**changes):
    given = {
        "task": "gene_set_naming",
        "corpus": "demo",
        "subsets": {"bp": {"namespace": "biological_process", "test": 1, "valid": 1}},
        "minimum_genes": 2,
        "maximum_genes": 4,
        "encoders": [],
    }
    return NamingBenchmark(**{**given, **changes})


@pytest.fixture
def ontology(tmp_path):
    path = tmp_path / "small.obo"
    path.write_text(OBO)
    return read_obo(path)


def facts(*rows):
    return pd.DataFrame(rows, columns=["gene", "relation", "object_id"]).assign(object_name="", source="s", evidence="")


FACTS = facts(
    ("A", "involved_in", "GO:3"),
    ("B", "acts_upstream_of", "GO:20"),  # an alternative id of GO:2
    ("C", "involved_in", "GO:1"),
    ("D", "enables", "GO:4"),
    ("E", "enables", "GO:4"),
    ("A", "involved_in", "GO:2"),  # known already from its child
    ("F", "member_of_pathway", "R:1"),
)


def within(facts, ontologies, wanted):
    return within_limits(build_sets(facts, ontologies, wanted), wanted)


def test_gene_sets_are_propagated_within_their_namespace(ontology):
    subsets = {
        "bp": {"namespace": "biological_process", "test": 1, "valid": 1},
        "mf": {"namespace": "molecular_function", "test": 1, "valid": 1},
    }
    found = within(FACTS, {"go": ontology}, benchmark(subsets=subsets))
    for least, most, ids in ((2, 2, ["GO:2"]), (3, 3, ["GO:1"]), (4, 9, []), (2, 3, ["GO:1", "GO:2"])):
        sized = within(FACTS, {"go": ontology}, benchmark(minimum_genes=least, maximum_genes=most))
        assert [s.id for s in sized["bp"]] == ids
    assert found == {
        "bp": [
            GeneSet("GO:1", "bp", "response", frozenset("ABC")),
            GeneSet("GO:2", "bp", "DNA repair", frozenset("AB"), ancestors=frozenset({"GO:1"})),
        ],
        "mf": [GeneSet("GO:4", "mf", "DNA binding", frozenset("DE"))],
    }


def sets_of(facts, ontologies, **spec):
    wanted = benchmark(subsets={"one": {"test": 1, "valid": 1, **spec}}, minimum_genes=2, maximum_genes=4)
    return {s.id: (s.name, s.symbols) for s in build_sets(facts, ontologies, wanted)["one"]}, wanted


PATHWAYS = pd.DataFrame(
    [
        ("A", "member_of_pathway", "R:1", "Repair", "reactome"),
        ("B", "member_of_pathway", "R:1", "Repair", "reactome"),
        ("C", "member_of_pathway", "R:2", "Growth", "reactome"),
        ("A", "member_of_pathway", "W:1", "Healing", "mine"),
        ("B", "member_of_pathway", "W:1", "Healing", "mine"),
        ("A", "has_name", "HGNC:1", "a gene", "reactome"),
        ("A", "associated_with_disease", "MIM:1", "a disease", "uniprot"),
        ("D", "associated_with_disease", "MIM:1", "a disease", "ctd"),
    ],
    columns=["gene", "relation", "object_id", "object_name", "source"],
).assign(evidence="")


def test_the_sets_of_a_source_or_of_a_relation_are_taken_as_they_are():
    pathways = {"R:1": ("Repair", frozenset("AB")), "R:2": ("Growth", frozenset("C"))}
    assert sets_of(PATHWAYS, {}, source="reactome")[0] == pathways
    assert sets_of(PATHWAYS, {}, source="mine")[0] == {"W:1": ("Healing", frozenset("AB"))}
    diseases = {"MIM:1": ("a disease", frozenset("AD"))}
    assert sets_of(PATHWAYS, {}, relation="associated_with_disease")[0] == diseases
    only_ctd = sets_of(PATHWAYS, {}, relation="associated_with_disease", source="ctd")[0]
    assert only_ctd == {"MIM:1": ("a disease", frozenset("D"))}


def test_annotations_of_a_source_with_an_ontology_are_propagated(ontology):
    # No namespace: all terms of the ontology; GO:4 has no facts of this source.
    rows = pd.concat(
        [facts(("A", "has_phenotype", "GO:3"), ("B", "has_phenotype", "GO:1")).assign(source="hpo"), PATHWAYS]
    )
    found, _ = sets_of(rows, {"hpo": ontology}, source="hpo", relation="has_phenotype")
    assert {term: genes for term, (_, genes) in found.items()} == {
        "GO:1": frozenset("AB"),
        "GO:2": frozenset("A"),
        "GO:3": frozenset("A"),
    }


@pytest.mark.parametrize(
    ("spec", "field", "fix"),
    [
        ({"source": "reactom"}, "subsets.one.source", "did you mean 'reactome'?"),
        ({"source": "uniprot"}, "subsets.one.relation", "valid names: associated_with_disease"),
        ({"namespace": "cellular_component"}, "subsets.one.namespace", "add a source of GO"),
    ],
)
def test_a_subset_without_facts_is_an_error(ontology, spec, field, fix):
    with refused(field=field, fix=fix):
        sets_of(PATHWAYS, {"go": ontology}, **spec)


def test_sets_outside_the_limits_are_counted(ontology):
    wanted = benchmark(minimum_genes=2, maximum_genes=2)
    made = build_sets(FACTS, {"go": ontology}, wanted)
    assert outside_limits(made, wanted) == {"bp": {"below_minimum_genes": 1, "above_maximum_genes": 1}}


# --- few genes ---------------------------------------------------------------------------------------


def lettered(id, name, genes):
    return GeneSet(id, "bp", name, frozenset(genes))


def test_sets_are_cut_to_the_genes_of_drawn_sets():
    """Two sets of five genes make the world A to J; the sets of other sizes are not drawn."""
    world = [lettered("GO:1", "first", "ABCDE"), lettered("GO:2", "second", "FGHIJ")]
    others = {
        "half": lettered("GO:3", "half of it", "ABCXYZ"),
        "less": lettered("GO:4", "less than half", "ABXYZ" + "UV"),
        "large": lettered("GO:5", "too large", "ABCDEFGHIJXYZ"),
        "outside": lettered("GO:6", "outside", "UVWX"),
    }
    few = FewGenes(genes=10, smallest=5, largest=5, share=0.5, largest_set=12)
    cut, counts = cut_to_few_genes({"bp": [*world, *others.values()]}, few, 0)
    assert {s.id: "".join(sorted(s.symbols)) for s in cut["bp"]} == {"GO:1": "ABCDE", "GO:2": "FGHIJ", "GO:3": "ABC"}
    assert counts == {"genes": 10, "drawn_sets": 2, "sets": {"bp": {"sets": 6, "used": 3, "distinct": 3}}}


def test_of_equal_sets_the_most_specific_stays():
    world = lettered("GO:1", "the world of this test", "ABCDEFGHIJ")
    alike = [
        lettered("GO:2", "wide", "ABCXY"),
        lettered("GO:3", "narrow but long", "ABC"),
        lettered("GO:4", "narrow", "ABC"),
    ]
    few = FewGenes(genes=10, smallest=10, largest=10, share=0.1, largest_set=12)
    cut, counts = cut_to_few_genes({"bp": [world, *alike], "cc": alike[:1]}, few, 0)
    assert [s.name for s in cut["bp"]] == [world.name, "narrow"] and counts["sets"]["bp"]["used"] == 4
    assert [s.name for s in cut["cc"]] == ["wide"]  # another subset asks for another kind of name


def test_which_sets_are_drawn_depends_on_the_seed_alone():
    sets = {"bp": [lettered(f"GO:{i}", f"term {i}", {f"g{i}.{j}" for j in range(5)}) for i in range(20)]}
    few = FewGenes(genes=12, smallest=5, largest=5)
    drawn = [{s.id for s in cut_to_few_genes(sets, few, seed)[0]["bp"]} for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2] and len(drawn[0]) == 3  # whole sets, until there are twelve genes or more
    with refused(field="few_genes.genes", fix="ask for fewer"):
        cut_to_few_genes(sets, FewGenes(genes=101, smallest=5, largest=5), 0)


# --- splits by date ----------------------------------------------------------------------------------


def by_date(**subset):
    return benchmark(
        subsets={"bp": {"namespace": "biological_process", "valid": 1, **subset}},
        split={"by": "date", "after": "2023-01-01"},
    )


def test_a_split_by_date_tests_new_terms_and_trains_on_old_ones():
    sets = apart(8)
    days = {sets[0].id: date(2023, 1, 2), sets[1].id: date(2023, 1, 1), sets[2].id: date(2024, 5, 1)}
    splits, report, _ = split({"bp": sets}, by_date(), days)
    assert {s.id for s in splits["test"]} == {sets[0].id, sets[2].id}  # the day itself is not after it
    assert {s.id for s in splits["train"] + splits["valid"]} == {s.id for s in sets} - {sets[0].id, sets[2].id}
    assert report["by_date"] == {
        "after": "2023-01-01",
        "new_terms": {"bp": 2},
        "old_terms": {"bp": 6},
        "without_date": {"bp": 5},
    }
    # A new term that is not drawn is in no split.
    splits, _, _ = split({"bp": sets}, by_date(test=1), days)
    assert [len(splits[part]) for part in SPLITS] == [5, 1, 1]


def test_a_split_by_date_without_new_terms_is_an_error():
    sets = apart(8)
    with refused(field="split.by", fix="use an OBO with creation_date lines"):
        split({"bp": sets}, by_date(), {"GO:elsewhere": date(2024, 1, 1)})
    with refused(field="subsets.bp.test", fix="ask for fewer"):
        split({"bp": sets}, by_date(), {s.id: date(2020, 1, 1) for s in sets})


def test_creation_dates_are_read_from_terms_alone(tmp_path):
    path = tmp_path / "dated.obo"
    created = {"1": "2023-02-03T04:05:06Z", "3 {x=1}": "2010-01-26", "4": "May 2010"}
    stanzas = (f"[Term]\nid: GO:{i}\nname: x\ncreation_date: {day}\n" for i, day in created.items())
    other = "[Term]\nid: GO:2\nname: x\n\n[Typedef]\nid: part_of\ncreation_date: 2010-01-26\n"
    path.write_text("\n".join(["format-version: 1.2\ndefault-namespace: n\n", *stanzas, other]))
    assert creation_dates([read_obo(path)]) == {"GO:1": date(2023, 2, 3), "GO:3": date(2010, 1, 26)}


# --- strata and contaminated variants ----------------------------------------------------------------


def test_depth_counts_distinct_facts_and_neither_names_nor_places():
    said = (
        ("A", "has_name"),
        ("B", "has_alias"),
        ("B", "has_gene_type"),
        ("A", "maps_to_band"),
    )
    rows = facts(("A", "enables", "GO:1"), ("A", "enables", "GO:2"), *((gene, what, "H:1") for gene, what in said))
    again = facts(("A", "enables", "GO:1"), ("C", "enables", "GO:1")).assign(source="other")
    assert depths(pd.concat([rows, again])) == {"A": 2, "C": 1}


def test_strata_are_terciles_of_the_median_depth():
    depth = {"a": 1, "b": 2, "c": 3, "d": 10, "e": 20, "f": 30}
    sets = {"low": "ab", "lowest": "a?", "middle": "cd", "same": "cd", "high": "ef", "highest": "f"}
    found = strata([GeneSet(i, "bp", i, frozenset(genes)) for i, genes in sets.items()], depth)
    # Medians 1.5, 0.5, 6.5, 6.5, 25, 30; their terciles, interpolated: 1.5 + 2/3 * 5 and 6.5 + 1/3 * 18.5.
    assert (found.low, found.high) == (pytest.approx(4.8333333), pytest.approx(12.6666667))
    assert {i: stratum for (_, i), stratum in found.by_set.items()} == {
        "low": "understudied",
        "lowest": "understudied",
        "middle": "intermediate",
        "same": "intermediate",
        "high": "well-studied",
        "highest": "well-studied",
    }
    alike = strata([GeneSet(i, "bp", i, frozenset("a")) for i in "xy"], depth)
    assert set(alike.by_set.values()) == {"intermediate"}


def of_depths(**genes):
    """A fact table in which each gene has so many facts."""
    return facts(*((gene, "enables", f"T:{gene}{i}") for gene, count in genes.items() for i in range(count)))


def test_outliers_are_of_the_same_depth_and_not_annotated_to_the_term():
    # Bins by powers of two: p, q, r, t and the set's a, b, c are in 4–7, the others deeper or shallower.
    rows = of_depths(a=4, b=5, c=7, p=4, q=6, r=7, t=5, deep=8, shallow=3)
    rows = pd.concat([rows, facts(("t", "involved_in", "GO:9"))])
    named = facts(("q", "member_of_pathway", "R:1")).assign(object_name="DNA-Repair")
    rows, one = pd.concat([rows, named]), GeneSet("GO:9", "bp", "DNA repair", frozenset("abc"))
    depth = depths(rows)
    (half,) = contaminated([one], [0.5], rows, depth, seed=0)
    assert (half.gene_set.id, half.gene_set.subset, half.term, half.share) == ("GO:9-50", "bp-50", "GO:9", 0.5)
    assert half.gene_set.name == "DNA repair"
    # Half of three is one; t is annotated to the term, q to a pathway of its name.
    assert len(half.outliers) == 1 and set(half.outliers) <= {"p", "r"}
    assert half.gene_set.symbols - one.symbols == set(half.outliers) and len(half.gene_set.symbols) == 3
    whole = GeneSet("GO:9", "bp", "DNA repair", frozenset("abcxyz"))
    (most,) = contaminated([whole], [0.5], rows, depth | dict.fromkeys("xyz", 4), seed=0)
    # Three: p and r, then the nearest bin, and the shallower of two equally near.
    assert most.outliers == ("p", "r", "shallow")


def test_outliers_of_a_cut_set_are_not_annotated_below_its_term(ontology):
    """t is annotated to a part of DNA repair. It is in the whole set, and not in the one cut to a small world."""
    rows = pd.concat([of_depths(a=4, b=4, p=4, t=4), facts(("t", "involved_in", "GO:3"))])
    cut = GeneSet("GO:2", "bp", "DNA repair", frozenset("ab"))
    for seed in range(10):
        (half,) = contaminated([cut], [0.5], rows, depths(rows), seed, [ontology])
        assert half.outliers == ("p",)


def test_contamination_depends_on_the_seed_and_not_on_other_sets():
    rows = of_depths(**{f"g{i}": 3 for i in range(200)})
    depth = depths(rows)
    sets = [
        GeneSet(i, "bp", i, frozenset(f"g{j}" for j in range(start, start + 20))) for start, i in ((0, "x"), (30, "y"))
    ]
    both = contaminated(sets, [0.5], rows, depth, seed=0)
    assert contaminated(sets[1:], [0.5], rows, depth, seed=0) == both[1:]
    assert contaminated(sets, [0.5], rows, depth, seed=1) != both
    assert [len(v.outliers) for v in both] == [10, 10]


def test_variants_are_rows_of_the_test_split_and_no_held_out_terms(tmp_path):
    rows = of_depths(a=1, b=1, c=1)
    one = GeneSet("GO:9", "bp", "DNA repair", frozenset("ab"))
    variants = contaminated([one], [0.5], rows, depths(rows), 0)
    splits = {"train": [], "valid": [], "test": [one, *variants]}
    write_benchmark(splits, {}, {}, tmp_path, {("bp", "GO:9"): "understudied"})
    plain, variant = read_rows(tmp_path / "test.jsonl", Example)
    assert (plain.stratum, plain.contaminated, plain.outliers, plain.term) == ("understudied", 0, [], "")
    assert (variant.id, variant.term, variant.subset) == ("GO:9-50", "GO:9", "bp-50")
    assert (variant.stratum, variant.contaminated) == ("understudied", 0.5)
    assert variant.outliers == ["c"]
    assert held_out_terms(GeneSetNaming(), tmp_path) == [("GO:9", "DNA repair")]
    assert (tmp_path / "unmapped.tsv").read_text() == "source\tidentifier\twhere\tbest_guess\n"


def sets_of_two(count):
    return [GeneSet(f"GO:{i}", "bp", f"name {i}", frozenset({f"a{i}", f"b{i}"})) for i in range(count)]


def test_variants_of_which_less_is_withheld_are_the_same_sets(tmp_path):
    one, other = sets_of_two(2)
    variants = less_withheld([one, other], ["own", "nothing"])
    found = [(v.gene_set.id, v.gene_set.subset, v.term, v.withheld, v.share) for v in variants]
    assert found == [
        ("GO:0-own", "bp-own", "GO:0", "own", 0),
        ("GO:1-own", "bp-own", "GO:1", "own", 0),
        ("GO:0-nothing", "bp-nothing", "GO:0", "nothing", 0),
        ("GO:1-nothing", "bp-nothing", "GO:1", "nothing", 0),
    ]
    assert [v.gene_set.symbols for v in variants] == [one.symbols, other.symbols] * 2
    splits = {"train": [], "valid": [], "test": [one, other, *variants]}
    write_benchmark(splits, {}, {}, tmp_path, {("bp", "GO:0"): "understudied"})
    rows = read_rows(tmp_path / "test.jsonl", Example)
    assert [row.withheld for row in rows] == ["family", "family", "own", "own", "nothing", "nothing"]
    assert [(row.stratum, row.contaminated, row.outliers) for row in rows[2:4]] == [
        ("understudied", 0, []),
        ("", 0, []),
    ]
    assert [s.id for s in read_sets(tmp_path, "test")] == ["GO:0", "GO:1"]
    assert in_mean([row.subset for row in rows]) == ["bp"]


def test_of_a_share_of_the_training_sets_nothing_is_withheld_and_every_other_one_is_contaminated(tmp_path):
    train = sets_of_two(20)
    rows = of_depths(**{gene: 1 for s in train for gene in s.symbols})
    spec = WithheldTerms(training_nothing=0.3, training_contaminated=0.5)
    variants = training_variants(train, spec, rows, depths(rows), 0)
    assert len(variants) == 6 and variants == training_variants(train, spec, rows, depths(rows), 0)
    assert {v.withheld for v in variants.values()} == {"nothing"}
    assert sorted(v.share for v in variants.values()) == [0, 0, 0, 0.5, 0.5, 0.5]
    assert variants.keys() != training_variants(train, spec, rows, depths(rows), 1).keys()
    whole = training_variants(train, spec.model_copy(update={"training_contaminated": 0.0}), rows, depths(rows), 0)
    assert whole.keys() == variants.keys() and {v.share for v in whole.values()} == {0}
    drawn = [variants.get((s.subset, s.id), s) for s in train]
    write_benchmark({"train": drawn, "valid": [], "test": []}, {}, {}, tmp_path)
    written = read_rows(tmp_path / "train.jsonl", Example)
    assert len(written) == 20 and {row.subset for row in written} == {"bp"}
    for row, one in zip(written, train, strict=True):
        variant = variants.get((one.subset, one.id))
        assert (row.withheld, row.term) == (("nothing", one.id) if variant else ("family", ""))
        assert row.name == one.name and row.contaminated == (variant.share if variant else 0)
        assert {gene.symbol for gene in row.genes} - one.symbols == set(row.outliers)
        assert len(row.outliers) == (row.contaminated > 0)  # half of two genes
    assert [s.id for s in sets_of_origin(written)] == [s.id for s in train]


def build(folder, spec, name, obo, **files):
    """Build a benchmark from the facts in a folder and the ontology of go-demo."""
    files = {"facts": folder / "facts.parquet", "ontologies": {"go-demo": obo}, "synonyms": {}, "published": {}} | files
    job = BuildingJob(benchmark=spec, name=name, folder=folder / name, files=files)
    GeneSetNaming().building.build(job)


@pytest.mark.slow
def test_valid_sets_are_asked_in_place_of_the_test_sets(project, demo_facts, tmp_path):
    """The entry draws as the other does; only what it asks, with its variants, is the valid sets."""
    entry = project.benchmarks["demo-go"]
    plain = entry.model_copy(update={"subsets": {"bp": entry.subsets["bp"]}, "contaminated": []})
    withheld = WithheldTerms(variants=["own"], sets=3)
    asked = plain.model_copy(update={"asks": "valid", "withheld_terms": withheld, "contaminated": [0.5]})
    demo_facts.to_parquet(tmp_path / "facts.parquet")
    rows = {}
    for name, spec in {"plain": plain, "asked": asked}.items():
        build(tmp_path, spec, name, ROOT / "resources/demo/go-basic.obo.gz")
        rows[name] = {part: read_rows(tmp_path / name / f"{part}.jsonl", Example) for part in SPLITS}
    assert rows["asked"]["train"] == rows["plain"]["train"] and rows["asked"]["valid"] == []
    valid, found = rows["plain"]["valid"], rows["asked"]["test"]
    assert found[: len(valid)] == valid
    variants = [(row.subset, row.term) for row in found[len(valid) :]]
    assert variants == [(subset, row.id) for subset in ("bp-50", "bp-own") for row in valid[:3]]
    assert not {row.id for row in valid} & {row.id for row in rows["plain"]["test"]}
    assert asked.splits_like(plain)


@pytest.mark.slow
def test_pathways_have_the_names_of_terms_also_beside_sets_of_terms_and_from_files(tmp_path):
    """Before, only a benchmark without a subset of the ontology looked for them: statements told such test sets."""
    named = ["apoptotic process", "vision", "growth", "sleep"]
    stanzas = (f"[Term]\nid: GO:{i}\nname: {name}\nnamespace: biological_process\n" for i, name in enumerate(named))
    obo = "\n".join(["format-version: 1.2\n", *stanzas]).replace(
        "apoptotic process\n", 'apoptotic process\nsynonym: "Apoptosis" EXACT []\n'
    )
    (tmp_path / "go.obo").write_text(obo)
    (tmp_path / "mine.tsv").write_text("ID\tGenes\tTerm_Description\nX:1\tTP53 ATM\tapoptosis\n")
    entry = {"task": "gene_set_naming", "corpus": "demo", "encoders": [], "audit": {"same_name": "report"}}
    drawn = {"test": 1, "valid": 1}
    subsets = {"bp": {"namespace": "biological_process", **drawn}, "pathways": {"source": "reactome-demo", **drawn}}
    entries = {"both": {"subsets": subsets}}
    entries["published"] = {"kind": "published", "files": {"mine": {"path": "mine.tsv"}}}
    hgnc = {"table": ROOT / "resources/demo/hgnc_complete_set.txt.gz"}
    given = {"both": {}, "published": {"published": {"test/mine": tmp_path / "mine.tsv"}, "authority": hgnc}}
    of_terms = [
        (f"{i}{gene}", "involved_in", f"GO:{i}", name, "go-demo") for i, name in enumerate(named) for gene in "abc"
    ]
    of_pathways = [
        (f"{i}{gene}", "member_of_pathway", f"R:{i}", name, "reactome-demo")
        for i, name in enumerate(["Apoptosis", "Hemostasis", "Clotting"])
        for gene in "xyz"
    ]
    columns = ["gene", "relation", "object_id", "object_name", "source"]
    known = pd.DataFrame([*of_terms, *of_pathways], columns=columns).assign(evidence="")
    known.to_parquet(tmp_path / "facts.parquet")
    synonyms = {}
    for name in ("both", "published"):
        spec = NamingBenchmark.model_validate(entry | entries[name])
        build(tmp_path, spec, name, tmp_path / "go.obo", **given[name])
        rows = [row for part in SPLITS for row in read_rows(tmp_path / name / f"{part}.jsonl", Example)]
        synonyms |= {row.id: row.synonyms for row in rows}
    assert synonyms["R:0"] == ["apoptotic process"] and synonyms["R:1"] == []
    assert synonyms["X:1"] == ["Apoptosis", "apoptotic process"]
    assert synonyms["GO:0"] == ["Apoptosis"]


def test_a_set_by_alternative_id_is_held_out_by_both(tmp_path):
    by_main = GeneSet("GO:2", "bp", "binding", frozenset("cd"), term="GO:2")
    by_other = GeneSet("GO:90", "bp", "DNA repair", frozenset("ab"), frozenset({"mending"}), term="GO:9")
    rows = of_depths(a=1, b=1, c=1, d=1)
    variants = contaminated([by_main, by_other], [0.5], rows, depths(rows), 0)
    splits = {"train": [], "valid": [], "test": [by_main, by_other, *variants]}
    write_benchmark(splits, {}, {}, tmp_path)
    found = read_rows(tmp_path / "test.jsonl", Example)
    assert [(row.id, row.main_id, row.term) for row in found] == [
        ("GO:2", "", ""),
        ("GO:90", "GO:9", ""),
        ("GO:2-50", "", "GO:2"),
        ("GO:90-50", "GO:9", "GO:90"),
    ]
    assert "main_id" not in json.loads((tmp_path / "test.jsonl").read_text().splitlines()[0])
    assert [s.term_id for s in read_sets(tmp_path, "test")] == ["GO:2", "GO:9"]
    assert held_out_terms(GeneSetNaming(), tmp_path) == [
        ("GO:2", "binding"),
        ("GO:90", "DNA repair"),
        ("GO:90", "mending"),
        ("GO:9", "DNA repair"),
        ("GO:9", "mending"),
    ]


def test_subsets_that_overlap_ask_about_a_term_once():
    sets = apart(3)
    twice = {"a": [replace(s, subset="a") for s in sets], "b": [replace(s, subset="b") for s in sets] + apart(4, "c")}
    spec = {"source": "s", "test": 1, "valid": 1}
    for seed in range(20):
        splits, _, _ = split(twice, benchmark(subsets={"a": spec, "b": spec}, seed=seed))
        assert len({s.id for s in splits["test"]}) == 2
        # The valid sets too, which `asks: valid` asks: two answers to one id are refused.
        assert len({s.id for s in splits["valid"]}) == 2


# --- splits by term ----------------------------------------------------------------------------------


def apart(count, subset="bp"):
    """Gene sets without a gene, a name or an id in common."""
    return [
        GeneSet(f"{subset}{i:03d}", subset, f"{subset} term {i}", frozenset(f"{subset}{i}g{j}" for j in range(4)))
        for i in range(count)
    ]


def test_splits_are_drawn_by_subset_and_by_seed():
    spec = {"namespace": "biological_process", "test": 4, "valid": 3}
    wanted = benchmark(subsets={"bp": spec, "cc": {**spec, "train": 5}})
    candidates = {"bp": apart(20), "cc": apart(30, "cc")}
    splits, report, _ = split(candidates, wanted)
    assert report["sizes"] == {
        "train": {"bp": 13, "cc": 5},
        "valid": {"bp": 3, "cc": 3},
        "test": {"bp": 4, "cc": 4},
    }
    assert report["candidates"] == {"bp": 20, "cc": 30}
    assert report["dropped_from_train"] == {}
    ids = [s.id for part in splits.values() for s in part]
    assert len(ids) == len(set(ids))
    assert split(candidates, wanted)[:2] == (splits, report)
    other, _, _ = split(candidates, wanted.model_copy(update={"seed": 1}))
    assert [s.id for s in other["test"]] != [s.id for s in splits["test"]]
    # A subset's test sets do not depend on what other subsets there are.
    alone, _, _ = split({"bp": apart(20)}, benchmark(subsets={"bp": spec}))
    assert alone["test"] == splits["test"][:4]


def test_training_sets_that_leak_are_dropped_and_counted():
    held_out = GeneSet("GO:1", "bp", "DNA repair", frozenset("abcd"))
    planted = [
        GeneSet("P1", "mf", "dna-REPAIR", frozenset("xyz")),
        GeneSet("P2", "mf", "identical", frozenset("abcd")),
        GeneSet("P3", "mf", "at the threshold", frozenset("ab")),
        GeneSet("P4", "mf", "below the threshold", frozenset("abn")),  # 2 of 5
        GeneSet("GO:1", "mf", "same id in another subset", frozenset("uvw")),
    ]
    for part in ("test", "valid"):
        published = {"test": [], "train": planted, part: [held_out]}
        splits, report, left_out = split({}, benchmark(), None, published)
        assert (splits[part], [s.id for s in splits["train"]]) == ([held_out], ["P4"])
        counts = {"identical_set": 1, "jaccard": 1, "same_name": 1, "same_term": 1}
        assert report["dropped_from_train"] == counts
        assert report["remaining"][f"train/{part}"]["highest_jaccard"] == 0.4
        assert [(one.id, one.reason) for one in left_out] == [
            ("P1", "leaks: same_name"),
            ("P2", "leaks: identical_set"),
            ("P3", "leaks: jaccard"),
            ("GO:1", "leaks: same_term"),
        ]


def test_validation_sets_do_not_leak_into_test():
    # Twins: whichever is drawn for the test, the other may not be drawn for validation, nor stay in training.
    sets = [
        GeneSet(f"{i}{twin}", "bp", f"name {i} {twin}", frozenset(f"{i}g{j}" for j in range(4)))
        for i in range(6)
        for twin in "ab"
    ]
    for seed in range(10):
        spec = {"namespace": "biological_process", "test": 2, "valid": 2}
        splits, report, _ = split({"bp": sets}, benchmark(subsets={"bp": spec}, seed=seed))
        families = {part: {s.id[0] for s in splits[part]} for part in splits}
        assert not families["valid"] & families["test"]
        assert not families["train"] & (families["valid"] | families["test"])
        assert report["dropped_from_train"].keys() == {"identical_set"}


@pytest.mark.parametrize(("count", "part"), [(2, "test"), (3, "valid")])
def test_a_subset_that_is_too_small_is_an_error(count, part):
    wanted = benchmark(subsets={"bp": {"namespace": "biological_process", "test": 3, "valid": 2}})
    with refused(field=f"subsets.bp.{part}", fix="ask for fewer"):
        split({"bp": apart(count)}, wanted)


def test_rows_are_written_and_read_back(tmp_path):
    one = GeneSet("GO:1", "bp", "DNA repair", frozenset("BA"))
    two = GeneSet("GO:2", "bp", "DNA binding", frozenset("C"))
    splits = {"train": [], "valid": [two], "test": [one]}
    write_benchmark(splits, {"jaccard_threshold": 0.5}, {"A": "ay"}, tmp_path)
    assert json.loads((tmp_path / "test.jsonl").read_text()) == {
        "id": "GO:1",
        "subset": "bp",
        "name": "DNA repair",
        "genes": [{"symbol": "A", "name": "ay"}, {"symbol": "B", "name": ""}],
    }
    assert json.loads((tmp_path / "audit.json").read_text()) == {"jaccard_threshold": 0.5}
    assert held_out_terms(GeneSetNaming(), tmp_path) == [("GO:2", "DNA binding"), ("GO:1", "DNA repair")]
    assert GeneSetNaming().terms(read_rows(tmp_path / "test.jsonl", Example)[0]) == [("GO:1", "DNA repair")]
    assert read_rows(tmp_path / "train.jsonl", Example) == []


GOOD = b'{"id": "GO:1", "subset": "bp", "name": "DNA repair", "genes": [{"symbol": "A"}]}\n'


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (b'{"id": "GO:1", \n', None),
        (GOOD.replace(b'"A"', b'""'), "genes.0.symbol"),
    ],
)
def test_a_malformed_row_is_named_by_its_line(tmp_path, bad, field):
    path = tmp_path / "test.jsonl"
    path.write_bytes(GOOD + bad)
    with refused(path, 2, field):
        read_rows(path, Example)


def test_nothing_of_the_demo_test_is_in_its_training(project, demo_benchmark):
    """Recomputed with plain sets, for half of the training and all of the held-out sets."""
    train, valid, test = (read_rows(demo_benchmark / f"{part}.jsonl", Example) for part in SPLITS)
    for subset, spec in project.benchmarks["demo-go"].subsets.items():
        assert sum(row.subset == subset for row in test) == spec.test >= 30
        assert sum(row.subset == subset for row in valid) == spec.valid
    symbols = {row.id: {gene.symbol for gene in row.genes} for row in [*train, *valid, *test]}
    for known, held_out in ((train, test + valid), (valid, test)):
        assert not {row.id for row in known} & {row.id for row in held_out}
        assert not {row.name.lower() for row in known} & {row.name.lower() for row in held_out}
        for row in random.Random(0).sample(known, len(known) // 2):
            for other in held_out:
                shared = len(symbols[row.id] & symbols[other.id])
                assert shared / len(symbols[row.id] | symbols[other.id]) < 0.5
    assert all(3 <= len(genes) <= 500 for genes in symbols.values())
    audit = json.loads((demo_benchmark / "audit.json").read_text())
    assert audit["remaining"]["train/test"]["highest_jaccard"] < 0.5
    assert audit["dropped_from_train"]["jaccard"] > 0
