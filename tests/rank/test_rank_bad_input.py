"""What people get wrong: each mistake ends in an error with its place and a fix, and nothing is written."""

import json

import pytest
from rank_project import CASE

HEAD = "trait\tchromosome\tposition\n"
# File's name, its content, settings → line, field.
MISTAKES = {
    "not JSON": ("a.json", "{'id': 1}", {}, None, None),
    "an array that is not whole": ("a.json", '[{"trait": "LDL"},\n', {}, 2, None),
    "a packet of an array": ("a.json", json.dumps([CASE, {"id": 1, "phenotypicFeatures": []}]), {}, None, "[1].id"),
    "JSON of something else": ("a.json", '{"id": "x"}', {}, None, None),
    "no phenotype": (
        "a.json",
        json.dumps(CASE | {"phenotypicFeatures": [CASE["phenotypicFeatures"][2]]}),
        {},
        None,
        "phenotypicFeatures",
    ),
    "no phenotype in line 2": ("a.jsonl", json.dumps({"id": "c", "present": []}), {}, 1, "phenotypicFeatures"),
    "unknown HPO id": ("t.txt", "HP:0001250\nHP:9999999\n", {}, 2, "present"),
    "variants": ("doe.vcf", "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t55\t.\tA\tT\n", {}, None, "FILES"),
    "no HPO id": ("t.txt", "HP:0001250\nfits\n", {}, 2, "phenotype"),
    "present and absent": ("c.tsv", "present\tabsent\nHP:0001250\tHP:0001250 Seizure\n", {}, 2, "absent"),
    "present and absent in a list": ("t.txt", "HP:0000316\nHP:0001250\n-HP:0001250\n", {}, 3, "absent"),
    "some with candidates": (
        "c.tsv",
        "present\tcandidates\nHP:0001250\tSCN1A, FBN1\nHP:0001250\t\n",
        {},
        None,
        "candidates",
    ),
    "chromosome 27": ("l.tsv", HEAD + "LDL\t27\t100\n", {}, 2, "chromosome"),
    "position is text": ("l.tsv", HEAD + "LDL\t1\tp32.3\n", {}, 2, "position"),
    "position alone": ("l.tsv", HEAD + "LDL\t\t100\n", {}, 2, "chromosome"),
    "no trait": ("l.tsv", HEAD + "\t1\t100\n", {}, 2, "trait"),
    "one candidate": ("l.tsv", HEAD + "LDL\t1\t9005000\n", {}, 2, "position"),
    "no candidate": ("l.tsv", HEAD + "LDL\t2\t9005000\n", {}, 2, "position"),
    "one candidate in a table": ("l.tsv", "trait\tcandidates\nLDL\tPCSK9, PCSK9A\n", {}, 2, "candidates"),
    "no such column": ("l.tsv", "phenotype\tchr\tpos\nLDL\t1\t1\n", {"columns": {"trait": "phenotyp"}}, 1, "trait"),
    "neither cases nor loci": ("l.tsv", "a\tb\nx\ty\n", {}, 1, "present"),
    "loci without places": ("l.tsv", "trait\tchromosome\nLDL\t1\n", {}, 1, "candidates"),
    "both": ("l.tsv", "present\ttrait\nx\ty\n", {}, 1, "--kind"),
    "a list as loci": ("t.txt", "HP:0001250\n", {"kind": "locus"}, None, "--kind"),
    "empty": ("t.txt", "", {}, None, None),
    "a workbook": ("t.xlsx", "PK\x03\x04", {}, 1, None),
}


@pytest.mark.parametrize(("name", "content", "settings", "line", "field"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place_and_a_fix(ranking, name, content, settings, line, field, refused):
    path = ranking.file(name, content)
    with refused(path, line, field):
        ranking(path, **settings)
    assert not ranking.out.exists() and ranking.model.runs == 0


def test_a_case_of_an_array_is_named_with_its_place(ranking, refused):
    path = ranking.file("a.json", json.dumps([{"id": "c", "phenotypicFeatures": []}]))
    with refused(f"{path}:[0]", field="phenotypicFeatures"):
        ranking(path)


@pytest.mark.parametrize("panel", ["gene\nSCN1AA\nWNT99\n", "SCN1A\nSCN1A\n", "# mine\n\n"])
def test_a_panel_with_nothing_to_rank(ranking, panel, refused):
    path = ranking.file("panel.txt", panel)
    with refused(path, field="--panel"):
        ranking(ranking.file("doe.json", CASE), panel=str(path))
    assert not ranking.out.exists()


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({}, "FILES"),
        ({"trait": "LDL"}, "--locus"),
        ({"locus": "1:100"}, "--trait"),
        ({"trait": "LDL", "locus": "PCSK9"}, "--locus"),
        ({"trait": "LDL", "locus": "27:100"}, "--locus"),
        ({"trait": "LDL", "locus": "1:p32"}, "--locus"),
    ],
)
def test_options_of_a_locus(ranking, settings, field, refused):
    with refused(field=field):
        ranking(**settings)


@pytest.mark.parametrize("settings", [{"trait": "LDL", "locus": "1:100"}, {"trait": "LDL"}, {"window_kb": 100}])
def test_cases_take_no_options_of_loci(ranking, settings, refused):
    with refused():
        ranking(ranking.file("doe.json", CASE), **settings)
    assert not ranking.out.exists()


def test_a_benchmark_of_another_task_and_an_unknown_style(ranking, refused):
    case = ranking.file("doe.json", CASE)
    with refused():
        ranking(case, benchmark="demo-loci")
    with refused():
        ranking(case, style="shrt")


def test_one_row_of_a_table_that_cannot_be_asked_about_is_a_row_with_an_error(ranking, capsys):
    path = ranking.file("l.tsv", HEAD + "LDL\t1\t2010000\nHeight\t1\t9005000\n")
    first, second = ranking(path)
    assert first["error"] == "" and first["genes"]
    assert second["genes"] == [] and second["error"].startswith(f"{path}:3: position: one candidate alone, ALONE,")
    told = capsys.readouterr().out
    assert "not asked: l: l 2: " in told and "2 loci: 1 ranked, 0 without a usable answer, 1 not asked" in told


def test_a_term_that_hpo_does_not_know_is_asked_by_its_label(ranking, snapshot):
    ranking.model.lists = ["SCN1A FBN1"]
    (record,) = ranking(ranking.file("t.txt", "HP:0001250\nHP:9999999 Blue ears\n"))
    assert "Blue ears" in ranking.model.prompts[0]
    assert record["flags"] == snapshot


def test_html_in_what_people_write_stays_text(ranking):
    trait = "LDL </script><script>window.pwned = 1</script>"
    ranking.model.lists = ["PCSK9 <img/src=x>"]
    ranking(trait=trait, locus="1:2010000")
    page = (ranking.out / "rankings.html").read_text()
    assert page.count("<script") == 2 and "<img" not in page  # the data, and the page's own
    assert "LDL \\u003c/script>" in page
