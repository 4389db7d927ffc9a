"""Cases become questions: genes and phenotypes resolved, every case accounted for, decoys that say nothing."""

import json
from collections import Counter

import pandas as pd
import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.tasks.ranking import cases
from reasonome.tasks.ranking import splits as ranking_splits
from reasonome.tasks.ranking.questions import CaseExample, RankedGene
from reasonome.tasks.ranking.settings import DrawnCases, RankingBenchmark

GENES = GeneTable(
    [
        Gene("FGD1", name="FYVE domain", hgnc_id="HGNC:3663", previous=("FGDY",), aliases=("ZFYVE3",)),
        Gene("ABL1", name="kinase", hgnc_id="HGNC:76", aliases=("JTK7",)),
        Gene("TP53", name="tumor protein p53", hgnc_id="HGNC:11998"),
    ]
)
OBO = """format-version: 1.2
default-namespace: h

[Term]
id: HP:0000118
name: Phenotypic abnormality

[Term]
id: HP:0001250
name: Seizure
alt_id: HP:0001275
is_a: HP:0000118

[Term]
id: HP:0002133
name: obsolete Status epilepticus
is_obsolete: true
replaced_by: HP:0001250

[Term]
id: HP:0000040
name: obsolete without heir
is_obsolete: true
"""
SEIZURE, PTOSIS = {"id": "HP:0001250", "label": "Seizure"}, {"id": "HP:0000508", "label": "Ptosis"}


def flat(name, gene="FGD1", present=(SEIZURE,), **more):
    genes = [gene] if isinstance(gene, str) else gene
    disease = {"id": "OMIM:305400", "label": "Aarskog-Scott syndrome"}
    return {"id": name, "genes": genes, "present": present, "diseases": [disease], **more}


def made(tmp_path, *rows, form="phenopackets", obo=None, columns=None, **settings):
    """The questions of rows: dictionaries for JSON lines, or the text of a table."""
    path = tmp_path / ("cases.jsonl" if form == "phenopackets" else "cases.tsv")
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows))
    subset = {"source": "store", "test": 1, "valid": 0, "columns": columns or {}}
    benchmark = RankingBenchmark(task="rare_disease_ranking", authority="hgnc", subsets={"cases": subset}, **settings)
    if obo:
        (tmp_path / "hp.obo").write_text(obo)
    return cases.questions(benchmark, {"store": form}, {"cases": path}, GENES, tmp_path / "hp.obo" if obo else None)


def test_a_case_becomes_a_question(tmp_path):
    row = flat("c1", excluded=[PTOSIS], sex="FEMALE", age_last_seen="P2Y3M", age_at_onset="P1Y")
    found = made(tmp_path, row)
    [question] = found.examples
    assert question == CaseExample(
        id="c1",
        subset="cases",
        causal=[RankedGene(symbol="FGD1", name="FYVE domain", aliases=("FGDY", "ZFYVE3"))],
        source="store",
        age="2 years 3 months",
        sex="female",
        present=[SEIZURE],
        absent=[PTOSIS],
        disease_id="OMIM:305400",
        disease="Aarskog-Scott syndrome",
    )
    assert found.left_out == [] and found.unmapped == [] and found.places == {("cases", "c1"): ["line 1"]}


@pytest.mark.parametrize("written", ["FGDY", "zfyve3", "HGNC:3663", " FGD1 "])
def test_genes_go_by_any_of_their_names(tmp_path, written):
    assert [gene.symbol for gene in made(tmp_path, flat("c1", written)).examples[0].causal] == ["FGD1"]


def test_every_case_is_a_question_or_left_out_with_its_reason(tmp_path):
    two = [{"id": "OMIM:1", "label": "a"}, {"id": "OMIM:2", "label": "b"}]
    rows = [
        flat("fine"),
        flat("empty", present=[]),
        flat("both", excluded=[SEIZURE, PTOSIS]),
        flat("unsolved", []),
        flat("strange", "GENEX1"),
        flat("half known", ["FGD1", "GENEX1"]),
        {**flat("two diseases"), "diseases": two},
        flat("again", "fgd1"),
        flat("other age", age_last_seen="P1Y"),
        flat("other gene", "TP53"),
        flat("digenic", ["TP53", "ABL1"]),
    ]
    found = made(tmp_path, *rows)
    assert {one.id: [gene.symbol for gene in one.causal] for one in found.examples} == {
        "fine": ["FGD1"],
        "other age": ["FGD1"],
        "other gene": ["TP53"],
        "digenic": ["ABL1", "TP53"],
    }
    assert [(one.id, one.reason) for one in found.left_out] == [
        ("empty", "no phenotype present"),
        ("both", "phenotype both present and absent"),
        ("unsolved", "no causal gene"),
        ("strange", "causal gene unknown"),
        ("half known", "causal gene unknown"),
        ("two diseases", "several diseases"),
        ("again", "duplicate"),
    ]
    assert [(one.identifier, one.where) for one in found.unmapped] == [
        ("GENEX1", "cases.jsonl:5"),
        ("GENEX1", "cases.jsonl:6"),
    ]


def test_phenotypes_are_those_in_use(tmp_path):
    present = [
        {"id": "HP:0001275", "label": "Fit"},  # an alternative id
        {"id": "HP:0002133", "label": "Status epilepticus"},  # obsolete, and the same by now
        {"id": "HP:0000040", "label": "Kept"},  # obsolete for nothing
        {"id": "HP:0099999", "label": "Younger than the ontology"},
        {"id": "HP:0099998", "label": ""},
    ]
    found = made(tmp_path, flat("c1", present=present), obo=OBO)
    assert [one.id for one in found.examples[0].present] == ["HP:0001250", "HP:0000040", "HP:0099999"]
    assert found.notes == {
        "phenotypes replaced by the ontology's": 2,
        "phenotypes obsolete, kept": 1,
        "phenotypes unknown to the ontology, kept": 2,
        "phenotypes without a label, left out": 1,
    }
    # A contradiction that only the ontology shows.
    found = made(tmp_path, flat("c1", excluded=[{"id": "HP:0001275", "label": "Fit"}]), obo=OBO)
    assert [one.reason for one in found.left_out] == ["phenotype both present and absent"]
    # Its labels fill in for those that are missing.
    found = made(tmp_path, flat("c1", present=[{"id": "HP:0001250"}]), obo=OBO)
    assert found.examples[0].present[0].label == "Seizure"


@pytest.mark.parametrize(
    ("last_seen", "onset", "words"),
    [
        ("P29Y", "", "29 years"),
        ("P1Y1M", "P1M", "1 year 1 month"),
        ("P2M14D", "", "2 months 14 days"),
        ("P3W", "", "3 weeks"),
        ("P0D", "", "newborn"),
        ("PT12H", "", "newborn"),
        ("", "P2Y", "2 years at onset"),
        ("", "Infantile onset", "infantile at onset"),
        ("Congenital onset", "", "congenital"),
        ("gestational week 31+5", "", "31 weeks 5 days of gestation"),
        ("gestational week 20+0", "", "20 weeks of gestation"),
        ("gestational week 20+1", "", "20 weeks 1 day of gestation"),
        ("", "", ""),
    ],
)
def test_ages_in_words(last_seen, onset, words):
    assert cases.age_words(last_seen, onset) == words


def test_a_ready_table_names_its_own_candidates(tmp_path):
    found = made(
        tmp_path,
        "id\tpresent\tabsent\tgene\tcandidates\tscores\tage\tsex\tdisease",
        "a\tHP:0001250 Seizure; HP:0000508 Ptosis\t\tZFYVE3\tTP53, FGDY, NEWGENE\t0.5, 0.1, 0.9\t3 years\tfemale\tX",
        "b\tHP:0001250 Seizure\tHP:0000508 Ptosis\tTP53\tFGD1, ABL1\t\t\t\t",
        "c\tHP:0001250 Seizure\t\tTP53\tTP53, tp53\t\t\t\t",
        "\tHP:0001250 Seizure\t\tTP53\t\t\t\t\t",
        form="rankings",
        minimum_candidates=2,
    )
    first, last = found.examples
    assert {gene.symbol: gene.score for gene in first.candidates} == {"TP53": 0.5, "FGD1": 0.1, "NEWGENE": 0.9}
    assert [gene.symbol for gene in first.causal] == ["FGD1"]
    assert (first.age, first.sex, first.disease) == ("3 years", "female", "X")
    assert (last.id, last.candidates) == ("cases.5", [])
    assert [(one.id, one.reason) for one in found.left_out] == [
        ("b", "causal gene is no candidate"),
        ("c", "too few candidates"),
    ]
    assert [one.identifier for one in found.unmapped] == ["NEWGENE"]


def test_a_disease_that_is_not_available_connects_no_cases(tmp_path):
    head, cells = "id\tpresent\tgene\tdisease\tdisease_id", "HP:0001250 Seizure"
    found = made(tmp_path, head, f"a\t{cells}\tTP53\tNA\tNA", f"b\t{cells}\tABL1\tn/a\t", form="rankings")
    assert [(one.disease, one.disease_id) for one in found.examples] == [("", "")] * 2


# --- decoys ------------------------------------------------------------------------------------------


def question(name, symbol, disease="", candidates=()):
    genes = [RankedGene(symbol=one) for one in ([symbol] if isinstance(symbol, str) else symbol)]
    listed = [RankedGene(symbol=one) for one in candidates]
    return CaseExample(id=name, subset="cases", causal=genes, candidates=listed, present=[SEIZURE], disease_id=disease)


def benchmark(decoys, seed=0):
    subset = {"source": "store", "test": 1, "valid": 0}
    return RankingBenchmark(
        task="rare_disease_ranking", authority="hgnc", subsets={"cases": subset}, decoys=decoys, seed=seed
    )


def split_of(genes, each=1):
    return [question(f"{gene}.{number}", gene) for gene in genes for number in range(each)]


def symbols(example):
    return [gene.symbol for gene in example.candidates]


def test_decoys_are_causal_genes_of_the_same_split():
    parts = {"train": split_of("ABCDEFGH"), "valid": split_of("KLMN"), "test": split_of("WXYZ")}
    found = cases.with_decoys(parts, benchmark(decoys=3))
    for part, pool in (("train", "ABCDEFGH"), ("valid", "KLMN"), ("test", "WXYZ")):
        for before, after in zip(parts[part], found[part], strict=True):
            assert len(set(symbols(after))) == 4 and set(symbols(after)) <= set(pool)
            assert after.right <= set(symbols(after))
            assert after.model_copy(update={"candidates": []}) == before


def test_decoys_depend_on_the_seed_and_the_id_alone():
    parts = {"train": split_of("ABCDEFGHIJKLMNOP")}
    first, again, other = (cases.with_decoys(parts, benchmark(4, seed))["train"] for seed in (0, 0, 1))
    assert first == again and [symbols(one) for one in first] != [symbols(one) for one in other]
    backwards = cases.with_decoys({"train": parts["train"][::-1]}, benchmark(4))["train"]
    assert {one.id: symbols(one) for one in backwards} == {one.id: symbols(one) for one in first}


def test_neither_place_nor_frequency_gives_the_answer_away():
    letters = "ABCDEFGHIKLMNOPQRSTU"
    many = split_of(letters, each=20) + split_of("J", each=200)
    made_of = cases.with_decoys({"train": many}, benchmark(decoys=4))["train"]
    told = ranking_splits.shortcuts(made_of)
    assert all(one["p"] > ranking_splits.POSITION_P for one in told.values()), told
    # A gene of a third of the cases is a candidate of most others, so that its presence says little.
    with_common = [one for one in made_of if "J" in symbols(one)]
    right = sum(one.right == {"J"} for one in with_common) / len(with_common)
    assert right < 0.45  # with decoys drawn evenly from the genes it would be 200 / (200 + 400 / 5) = 0.71
    shown = Counter(symbol for one in made_of for symbol in symbols(one))
    assert min(shown[letter] for letter in letters) > 40


def test_no_decoy_is_known_to_cause_the_cases_own_disease():
    same = [question("a", "A", "OMIM:1"), question("b", "B", "OMIM:1"), *split_of("CDE")]
    first, second, *_ = cases.with_decoys({"test": same}, benchmark(decoys=3))["test"]
    assert sorted(symbols(first)) == ["A", "C", "D", "E"] and sorted(symbols(second)) == ["B", "C", "D", "E"]
    named = [one.model_copy(update={"disease_id": "", "disease": "Usher syndrome"}) for one in same[:2]]
    first, *_ = cases.with_decoys({"test": [*named, *same[2:]]}, benchmark(decoys=3))["test"]
    assert sorted(symbols(first)) == ["A", "C", "D", "E"]


def test_all_causal_genes_of_a_case_are_candidates():
    [first, *_] = cases.with_decoys({"test": [question("a", ["A", "B"]), *split_of("CD")]}, benchmark(2))["test"]
    assert sorted(symbols(first)) == ["A", "B", "C", "D"]


def test_questions_with_candidates_of_their_own_keep_them():
    own = question("own", "A", candidates=("C", "A"))
    found = cases.with_decoys({"test": [own, *split_of("BCD")]}, benchmark(2))["test"]
    assert found[0] == own and len(found[1].candidates) == 3


def test_without_decoys_every_gene_is_a_candidate():
    parts = {"test": split_of("AB")}
    assert cases.with_decoys(parts, benchmark(None)) == parts


def test_a_split_with_too_few_genes():
    with refused(field="decoys", fix="ask for at most 2, or hold out more questions"):
        cases.with_decoys({"train": split_of("ABCDE"), "valid": split_of("XYZ")}, benchmark(3))


def test_a_phenotype_that_names_the_gene_is_told(tmp_path):
    label = "Abnormal FGD1 activity"
    (one,) = made(tmp_path, flat("c1", present=({"id": "HP:0000316", "label": label},))).examples
    (absent,) = made(tmp_path, flat("c1", excluded=[{"id": "HP:0000316", "label": label}])).examples
    (plain,) = made(tmp_path, flat("c1")).examples
    assert [case.named_answer for case in (one, absent, plain)] == ["FGD1", "FGD1", ""]


def phenotypes(**of_gene):
    """Facts of HPO: for each gene the phenotypes that a word has letters."""
    rows = [(gene, f"HP:{ord(letter):07}", f"sign {letter}") for gene, word in of_gene.items() for letter in word]
    return pd.DataFrame(rows, columns=["gene", "object_id", "object_name"])


DRAWN = DrawnCases(genes=2, phenotypes=(3, 4), largest=2, shown=2, cases=3)


def test_cases_are_drawn_from_phenotypes_of_few_genes_that_no_two_genes_of_the_world_share():
    # x is of three genes, and counts for none. A and B share a and b: one of them is in the world. D has too few.
    facts = phenotypes(A="abcx", B="abex", C="fghx", D="ij")
    for seed in range(8):
        drawn = cases.drawn(facts, DRAWN, seed)
        own = {case.genes[0][0] for case in drawn}
        assert own in ({"A", "C"}, {"B", "C"})
        assert [case.id for case in drawn if case.genes == (("C",),)] == ["C.1", "C.2", "C.3"]
        of_c = {tuple(term.label for term in case.present) for case in drawn if case.genes == (("C",),)}
        assert of_c == {("sign f", "sign g"), ("sign f", "sign h"), ("sign g", "sign h")}


def test_too_few_genes_to_draw_cases_from_is_an_error():
    with refused(field="drawn.genes", fix="ask for fewer"):
        cases.drawn(phenotypes(A="abc", B="abc"), DRAWN, 0)


def test_more_cases_than_differ_are_refused():
    with pytest.raises(ValueError, match="3 cases differ that show 2 of 3 phenotypes"):
        DrawnCases(genes=2, phenotypes=(3, 4), shown=2, cases=4)
