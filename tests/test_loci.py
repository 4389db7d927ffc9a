"""Rows about loci → questions: the window's edge, aliases, several causal genes, duplicates, and reasons."""

import pytest
from refusals import refused

from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import gold_standards
from reasonome.facts.sources.gene_locations import position
from reasonome.tasks.ranking import loci
from reasonome.tasks.ranking.settings import RankingBenchmark

# Window 1 kb around position 10,000 of chromosome 1: EDGE ends exactly at its lower end, OUT one base before it.
GENES = [
    Gene("EDGE", "edge gene", ensembl_id="ENSG00000000001", entrez_id="1", previous=("OLD",), coding=True),
    Gene("OUT", ensembl_id="ENSG00000000002", entrez_id="2", aliases=("SHARED",), coding=True),
    Gene("IN", ensembl_id="ENSG00000000003", entrez_id="3", aliases=("SHARED", "INNER", "EDGE"), coding=True),
    Gene("RIGHT", ensembl_id="ENSG00000000004", entrez_id="4", coding=True),
    Gene("RNA", ensembl_id="ENSG00000000005", entrez_id="5", coding=False),
    Gene("LOST", ensembl_id="ENSG00000000006", entrez_id="6", coding=True),
]
LOCATIONS = """1\t1\t8000\t9000\t+\tEDGE
2\t1\t8000\t8999\t+\tOUT
3\t1\t9500\t10500\t-\tIN
4\t1\t11000\t12000\t-\tRIGHT
5\t1\t10001\t10002\t-\tRNA
99\t1\t10001\t10002\t-\tNONE
"""
ROW = ("ENSG00000000003", "High", "set ", "G", "T", "1", "10000", "rs1", "Height", "")


def row(**fields):
    return [fields.get(name, cell) for name, cell in zip(gold_standards.COLUMNS, ROW, strict=True)]


def ask(tmp_path, rows=None, text=None, genes=GENES, form="gold_standards", subset=None, located=True, **settings):
    questions, locations = tmp_path / "questions.tsv", tmp_path / "genes.loc"
    if text is None:
        text = "\n".join("\t".join(cells) for cells in (gold_standards.COLUMNS.values(), *rows))
    questions.write_text(text + "\n")
    locations.write_text(LOCATIONS)
    spec = {"source": "mine", "test": 1, "valid": 0, **(subset or {})}
    given = {"window_kb": 1, "minimum_candidates": 2, "maximum_candidates": 4, "locations": "map", **settings}
    benchmark = RankingBenchmark(task="causal_gene_ranking", authority="hgnc", subsets={"a": spec}, **given)
    files, genes = {"a": questions}, GeneTable(genes)
    return loci.questions(benchmark, {"mine": form}, files, genes, locations if located else None)


@pytest.mark.parametrize(
    ("trait", "told"),
    [
        ("EDGE levels", "EDGE"),
        ("Serum edge-levels", "EDGE"),
        ("ed-ge", "EDGE"),
        ("Response to OLD", "EDGE"),
        ("Levels of the Edge Gene (fasting)", "EDGE"),
        ("Edges", ""),
        ("edge of a gene", "EDGE"),
        ("IN", ""),  # a word
        ("RIGHT", ""),  # another candidate
    ],
)
def test_a_trait_that_names_its_answer_is_told(tmp_path, trait, told):
    made = ask(tmp_path, [row(gene="ENSG00000000001", trait=trait), row()])
    assert [one.named_answer for one in made.examples] == [told, ""]


def test_the_window_includes_its_ends(tmp_path):
    made = ask(tmp_path, [row()])
    (example,) = made.examples
    assert {gene.symbol: gene.distance for gene in example.candidates} == {"EDGE": 1000, "IN": 0, "RIGHT": 1000}
    assert (example.trait, example.source, example.right) == ("Height", "set", {"IN"})
    assert (example.variant, example.chromosome, example.position) == ("rs1", "1", 10000)
    assert made.left_out == []
    assert made.unmapped == [("map", "NONE", "genes.loc:6", "")]


def test_distance_stands_for_the_scores_of_a_tool(tmp_path):
    (example,) = ask(tmp_path, [row()], scores="distance").examples
    assert {gene.symbol: gene.score for gene in example.candidates} == {"EDGE": -1000, "IN": 0, "RIGHT": -1000}
    (plain,) = ask(tmp_path, [row()]).examples
    assert {gene.score for gene in plain.candidates} == {None}
    with pytest.raises(ValueError, match="'scores: distance' needs 'locations'"):
        ask(tmp_path, [row()], scores="distance", locations=None)


def test_an_alias_is_shown_where_it_means_the_gene_alone(tmp_path):
    (example,) = ask(tmp_path, [row()]).examples
    aliases = {gene.symbol: gene.aliases for gene in example.candidates}
    # SHARED means OUT too, and EDGE is a gene itself.
    assert aliases == {"EDGE": ("OLD",), "IN": ("INNER",), "RIGHT": ()}


@pytest.mark.parametrize(
    ("fields", "reason", "detail"),
    [
        ({"trait": " "}, "no trait", "line 2"),
        ({"gene": ""}, "no causal gene", "line 2"),
        ({"confidence": "Low"}, "confidence", "line 2: Low"),
        ({"gene": "ENSG00000000099"}, "causal gene unknown", "line 2: ENSG00000000099"),
        ({"position": ""}, "no GRCh38 position", "line 2"),
        ({"gene": "ENSG00000000005"}, "causal gene does not code for a protein", "line 2: RNA (ENSG00000000005)"),
        ({"gene": "ENSG00000000006"}, "causal gene has no location", "line 2: LOST (ENSG00000000006)"),
        ({"gene": "ENSG00000000002"}, "causal gene outside the window", "line 2: OUT (ENSG00000000002)"),
        ({"gene": "ENSG00000000004", "position": "12900"}, "too few candidates", "line 2: 1 of 2 to 4"),
    ],
)
def test_why_a_row_is_no_question(tmp_path, fields, reason, detail):
    made = ask(tmp_path, [row(**fields), row(trait="other")], subset={"confidence": ["High"]})
    assert [one.trait for one in made.examples] == ["other"]
    assert [(one.source, one.reason, one.detail) for one in made.left_out] == [("mine", reason, detail)]


def test_a_confidence_that_no_row_has(tmp_path):
    rows = [row(), row(confidence="Low"), row(confidence=""), row(rsid="rs2")]
    with refused(tmp_path / "questions.tsv", field="subsets.a.confidence", fix="did you mean 'High'?"):
        ask(tmp_path, rows, subset={"confidence": ["Low", "Hihg"]})


def test_rows_of_one_variant_and_trait_are_one_question(tmp_path):
    made = ask(tmp_path, [row(), row(gene="ENSG00000000001"), row(trait="Weight")])
    height, weight = made.examples
    assert [gene.symbol for gene in height.causal] == ["EDGE", "IN"] and weight.right == {"IN"}
    assert made.places["a", height.id] == ["line 2", "line 3"] and made.left_out == []
    # Its order is that of its symbols and the seed, not of what is asked.
    assert [gene.symbol for gene in height.candidates] == [gene.symbol for gene in weight.candidates]


def test_the_same_trait_and_candidates_are_asked_once(tmp_path):
    made = ask(tmp_path, [row(), row(rsid="rs2", position="10001", gene="ENSG00000000004", trait="height")])
    # One base on, EDGE is out of the window: another question.
    assert len(made.examples) == 2
    made = ask(tmp_path, [row(), row(rsid="rs2", gene="ENSG00000000004", trait=" HEIGHT")])
    (example,) = made.examples
    assert example.variant == "rs1" and example.right == {"IN", "RIGHT"}
    assert [(one.reason, one.detail.split(":")[0]) for one in made.left_out] == [("duplicate", "line 3")]


def test_other_seeds_have_other_orders(tmp_path):
    orders = {tuple(g.symbol for g in ask(tmp_path, [row()], seed=seed).examples[0].candidates) for seed in range(20)}
    assert len(orders) > 2 and {frozenset(order) for order in orders} == {frozenset({"EDGE", "IN", "RIGHT"})}


def test_an_authority_that_does_not_know_what_codes(tmp_path):
    with refused(fix="use HGNC's complete set or NCBI Gene"):
        ask(tmp_path, [row()], genes=[gene._replace(coding=None) for gene in GENES])


def test_a_ready_table(tmp_path):
    text = (
        "id\ttrait\tcandidates\tcausal\tchromosome\tposition\tscores\n"
        "q1\tHeight\told, INNER, Z9\tinner\t1\t10000\t1, 2, 3\n"
        "q2\tHeight\tEDGE, IN, Z9\tEDGE\t\t\t\n"
        "q3\tHeight\tEDGE, OUT\tIN\t\t\t\n"
        "q4\tHeight\tEDGE\tEDGE\t\t\t\n"
    )
    made = ask(tmp_path, text=text, form="rankings")
    (example,) = made.examples
    assert example.id == "q1" and example.right == {"EDGE", "IN"} and example.source == "mine"
    found = {gene.symbol: (gene.score, gene.distance) for gene in example.candidates}
    assert found == {"EDGE": (1, 1000), "IN": (2, 0), "Z9": (3, None)}
    assert [(one.id, one.reason) for one in made.left_out] == [
        ("q2", "duplicate"),
        ("q3", "causal gene is no candidate"),
        ("q4", "too few candidates"),
    ]
    assert {(one.source, one.identifier, one.where) for one in made.unmapped if one.source == "mine"} == {
        ("mine", "Z9", "questions.tsv:2"),
        ("mine", "Z9", "questions.tsv:3"),
    }


PLACES = "id\ttrait\tchromosome\tposition\tcausal\n"


def test_a_ready_table_without_candidates_gets_the_genes_around_its_positions(tmp_path):
    text = PLACES + (
        "q1\tHeight\tchr1\t10,000\tOLD; inner\n"
        "q2\tWeight\t1\t10000\tOUT\n"
        "q3\tWidth\t1\t10000\tRNA\n"
        "q4\tDepth\t\t\tIN\n"
        "q5\tLength\t1\t10000\tLOST"
    )
    made = ask(tmp_path, text=text, form="rankings", scores="distance")
    (example,) = made.examples
    assert (example.id, example.right, example.position) == ("q1", {"EDGE", "IN"}, 10000)
    found = {gene.symbol: (gene.distance, gene.score) for gene in example.candidates}
    assert found == {"EDGE": (1000, -1000), "IN": (0, 0), "RIGHT": (1000, -1000)}
    assert [(one.id, one.reason) for one in made.left_out] == [
        ("q2", "causal gene outside the window"),
        ("q3", "causal gene does not code for a protein"),
        ("q4", "no GRCh38 position"),
        ("q5", "causal gene has no location"),
    ]


def test_a_ready_table_needs_candidates_or_what_finds_them(tmp_path):
    with refused(line=1, field="candidates", fix="call it candidates or symbol_gene_string"):
        ask(tmp_path, text="trait\tposition\tcausal\nHeight\t10000\tIN", form="rankings")
    text = PLACES + "q1\tHeight\t1\t10000\tIN"
    with refused(tmp_path / "questions.tsv", field="candidates", fix="add `locations` to it"):
        ask(tmp_path, text=text, form="rankings", located=False, locations=None)


@pytest.mark.parametrize(("text", "found"), [("81,230,992", 81230992), ("81230992.0", 81230992), ("007", 7)])
def test_positions_as_people_write_them(text, found):
    assert position(text, "mine.tsv", 2, "position") == found


@pytest.mark.parametrize("text", ["5,5", "5.5e7", "-5"])
def test_a_comma_that_parts_no_thousands_is_no_position(text):
    with refused(fix="write base pairs, as 81230992 or 81,230,992"):
        position(text, "mine.tsv", 2, "position")
