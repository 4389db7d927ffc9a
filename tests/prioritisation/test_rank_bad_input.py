"""What people get wrong: each mistake ends in an error with its place and a fix, and nothing is written."""

import json

import pytest
from prioritisation_project import CASE

from reasonome.core.errors import InputError

HEAD = "trait\tchromosome\tposition\n"
# File's name, its content, settings → what the error says, line, field, a part of the fix.
MISTAKES = {
    "not JSON": ("a.json", "{'id': 1}", {}, "this is not JSON", None, None, "phenopackets as JSON"),
    "JSON of something else": ("a.json", '{"id": "x"}', {}, "this is no phenopacket", None, None, "one phenopacket"),
    "no phenotype": (
        "a.json",
        json.dumps(CASE | {"phenotypicFeatures": [CASE["phenotypicFeatures"][2]]}),
        {},
        "no phenotype that is present",
        None,
        "phenotypicFeatures",
        "HPO terms",
    ),
    "no phenotype in line 2": (
        "a.jsonl",
        json.dumps({"id": "c", "present": []}),
        {},
        "no phenotype that is present",
        1,
        "phenotypicFeatures",
        "HPO terms",
    ),
    "unknown HPO id": (
        "t.txt",
        "HP:0001250\nHP:9999999\n",
        {},
        "HPO has no term HP:9999999",
        2,
        "present",
        "hpo.jax",
    ),
    "variants": (
        "doe.vcf",
        "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t55\t.\tA\tT\n",
        {},
        "this is a VCF",
        None,
        "FILES",
        "HPO terms",
    ),
    "no HPO id": ("t.txt", "HP:0001250\nfits\n", {}, "expected an HPO id, found 'fits'", 2, "phenotype", "HP:0001250"),
    "present and absent": (
        "c.tsv",
        "present\tabsent\nHP:0001250\tHP:0001250 Seizure\n",
        {},
        "HP:0001250 is both present and absent",
        2,
        "absent",
        "take it out",
    ),
    "present and absent in a list": (
        "t.txt",
        "HP:0000316\nHP:0001250\n-HP:0001250\n",
        {},
        "HP:0001250 is both present and absent",
        3,
        "absent",
        "take it out",
    ),
    "some with candidates": (
        "c.tsv",
        "present\tcandidates\nHP:0001250\tSCN1A, FBN1\nHP:0001250\t\n",
        {},
        "some cases name candidates and others none",
        None,
        "candidates",
        "--panel",
    ),
    "chromosome 27": (
        "l.tsv",
        HEAD + "LDL\t27\t100\n",
        {},
        "expected a chromosome 1 to 22, X, Y or MT, found '27'",
        2,
        "chromosome",
        None,
    ),
    "position is text": ("l.tsv", HEAD + "LDL\t1\tp32.3\n", {}, "expected a position", 2, "position", None),
    "position alone": (
        "l.tsv",
        HEAD + "LDL\t\t100\n",
        {},
        "a chromosome and a position, or neither",
        2,
        "chromosome",
        None,
    ),
    "no trait": ("l.tsv", HEAD + "\t1\t100\n", {}, "this locus has no trait", 2, "trait", "which trait"),
    "one candidate": (
        "l.tsv",
        HEAD + "LDL\t1\t9005000\n",
        {},
        "one candidate alone, ALONE,",
        2,
        "position",
        "--window-kb",
    ),
    "no candidate": (
        "l.tsv",
        HEAD + "LDL\t2\t9005000\n",
        {},
        "no candidate lies within 500 kb",
        2,
        "position",
        "GRCh38",
    ),
    "one candidate in a table": (
        "l.tsv",
        "trait\tcandidates\nLDL\tPCSK9, PCSK9A\n",
        {},
        "one candidate alone is known",
        2,
        "candidates",
        "two human genes",
    ),
    "no such column": (
        "l.tsv",
        "phenotype\tchr\tpos\nLDL\t1\t1\n",
        {"columns": {"trait": "phenotyp"}},
        "there is no column 'phenotyp'",
        1,
        "trait",
        "did you mean 'phenotype'?",
    ),
    "neither cases nor loci": (
        "l.tsv",
        "a\tb\nx\ty\n",
        {},
        "neither phenotypes (of cases) nor a trait",
        1,
        "present",
        "--columns",
    ),
    "loci without places": (
        "l.tsv",
        "trait\tchromosome\nLDL\t1\n",
        {},
        "no column has the candidates",
        1,
        "candidates",
        "chromosome and position",
    ),
    "both": ("l.tsv", "present\ttrait\nx\ty\n", {}, "both phenotypes and a trait", 1, "--kind", "--kind case"),
    "a list as loci": (
        "t.txt",
        "HP:0001250\n",
        {"kind": "locus"},
        "a list of HPO terms",
        None,
        "--kind",
        "leave --kind out",
    ),
    "empty": ("t.txt", "", {}, "the file is empty", None, None, "fetch"),
    "a workbook": ("t.xlsx", "PK\x03\x04", {}, "an Excel workbook", 1, None, "CSV"),
}


@pytest.mark.parametrize(
    ("name", "content", "settings", "what", "line", "field", "fix"), MISTAKES.values(), ids=MISTAKES
)
def test_a_mistake_is_named_with_its_place_and_a_fix(ranking, name, content, settings, what, line, field, fix):
    path = ranking.file(name, content)
    with pytest.raises(InputError) as caught:
        ranking(path, **settings)
    error = caught.value
    assert what in error.what
    assert (error.file, error.line, error.field) == (path, line, field)
    assert fix is None or fix in error.fix
    assert not ranking.out.exists() and ranking.model.runs == 0


@pytest.mark.parametrize(
    ("panel", "what", "fix"),
    [
        ("gene\nSCN1AA\nWNT99\n", "none of its 2 genes is known", "did you mean SCN1A?"),
        ("SCN1A\nSCN1A\n", "it has one known gene", "give human gene symbols"),
        ("# mine\n\n", "there is no gene in this panel", "write one gene a line"),
    ],
)
def test_a_panel_with_nothing_to_rank(ranking, panel, what, fix):
    path = ranking.file("panel.txt", panel)
    with pytest.raises(InputError) as caught:
        ranking(ranking.file("doe.json", CASE), panel=str(path))
    assert what in caught.value.what and fix in caught.value.fix
    assert (caught.value.file, caught.value.field) == (path, "--panel")
    assert not ranking.out.exists()


@pytest.mark.parametrize(
    ("settings", "field", "what"),
    [
        ({}, "FILES", "there is nothing to rank genes for"),
        ({"trait": "LDL"}, "--locus", "a locus has a trait and a place"),
        ({"locus": "1:100"}, "--trait", "a locus has a trait and a place"),
        ({"trait": "LDL", "locus": "PCSK9"}, "--locus", "expected CHROMOSOME:POSITION, found 'PCSK9'"),
        ({"trait": "LDL", "locus": "27:100"}, "--locus", "expected a chromosome 1 to 22"),
        ({"trait": "LDL", "locus": "1:p32"}, "--locus", "expected a position"),
    ],
)
def test_options_of_a_locus(ranking, settings, field, what):
    with pytest.raises(InputError) as caught:
        ranking(**settings)
    assert what in caught.value.what and caught.value.field == field


def test_cases_and_loci_in_one_run(ranking):
    case = ranking.file("doe.json", CASE)
    with pytest.raises(InputError, match="these are cases and loci"):
        ranking(case, trait="LDL", locus="1:100")


def test_a_trait_is_for_loci(ranking):
    with pytest.raises(InputError, match="a trait is for loci") as caught:
        ranking(ranking.file("doe.json", CASE), trait="LDL")
    assert caught.value.field == "--trait" and not ranking.out.exists()


def test_a_window_is_for_loci(ranking):
    with pytest.raises(InputError, match="a window is for loci") as caught:
        ranking(ranking.file("doe.json", CASE), window_kb=100)
    assert caught.value.field == "--window-kb" and not ranking.out.exists()


def test_a_benchmark_of_another_task_and_an_unknown_style(ranking):
    case = ranking.file("doe.json", CASE)
    with pytest.raises(InputError, match="unknown benchmark of rare_disease_ranking 'demo-loci'"):
        ranking(case, benchmark="demo-loci")
    with pytest.raises(InputError, match="unknown prompt style 'shrt'") as caught:
        ranking(case, style="shrt")
    assert caught.value.fix == "did you mean 'short'?"


def test_one_row_of_a_table_that_cannot_be_asked_about_is_a_row_with_an_error(ranking, capsys):
    path = ranking.file("l.tsv", HEAD + "LDL\t1\t2010000\nHeight\t1\t9005000\n")
    first, second = ranking(path)
    assert first["error"] == "" and first["genes"]
    assert second["genes"] == [] and second["error"].startswith(f"{path}:3: position: one candidate alone, ALONE,")
    told = capsys.readouterr().out
    assert "not asked: l: l 2: " in told and "2 loci: 1 ranked, 0 without a usable answer, 1 not asked" in told


def test_a_term_that_hpo_does_not_know_is_asked_by_its_label(ranking):
    ranking.model.lists = ["SCN1A FBN1"]
    (record,) = ranking(ranking.file("t.txt", "HP:0001250\nHP:9999999 Blue ears\n"))
    assert "Blue ears" in ranking.model.prompts[0]
    assert record["flags"] == [
        "HP:9999999 Blue ears: unknown to this release of HPO: the model is told the label, and no fact can support it"
    ]


def test_html_in_what_people_write_stays_text(ranking):
    trait = "LDL </script><script>window.pwned = 1</script>"
    ranking.model.lists = ["PCSK9 <img/src=x>"]
    ranking(trait=trait, locus="1:2010000")
    page = (ranking.out / "rankings.html").read_text()
    assert page.count("<script") == 2 and "<img" not in page  # the data, and the page's own
    assert "LDL \\u003c/script>" in page
