"""What people get wrong: each mistake ends in an error with its place and a fix, and nothing is written."""

import pytest
from rank_project import CASE
from refusals import refused

HEAD = "trait\tchromosome\tposition\n"
# File's name, its content, settings → line, field.
MISTAKES = {
    "not JSON": ("a.json", "{'id': 1}", {}, None, None),
    "a table in JSON": ("l.json", '[{"trait": "LDL", "chr": 1, "pos": 2010000}]', {}, None, None),
    "a letter": ("t.txt", "Dear colleague, thank you, Ann\nShe has seizures, no fever\n", {}, 1, "phenotype"),
    "names without ids": ("t.txt", "Arachnodactyly\nno seizures\n", {}, 1, "phenotype"),
    "an empty list": ("t.txt", "\n \n", {}, 1, "phenotype"),
    "unknown HPO id": ("t.txt", "HP:0001250\nHP:9999999\n", {}, 2, "present"),
    "variants": ("doe.vcf", "##fileformat=VCFv4.2\n#CHROM\tPOS\tID\tREF\tALT\n1\t55\t.\tA\tT\n", {}, None, "FILES"),
    "no HPO id": ("t.txt", "HP:0001250\nfits\n", {}, 2, "phenotype"),
    "present and absent": ("c.tsv", "present\tabsent\nHP:0001250\tHP:0001250 Seizure\n", {}, 2, "absent"),
    "chromosome 27": ("l.tsv", HEAD + "LDL\t27\t100\n", {}, 2, "chromosome"),
    "no trait": ("l.tsv", HEAD + "\t1\t100\n", {}, 2, "trait"),
    "one candidate": ("l.tsv", HEAD + "LDL\t1\t9005000\n", {}, 2, "position"),
    "no such column": ("l.tsv", "phenotype\tchr\tpos\nLDL\t1\t1\n", {"columns": {"trait": "phenotyp"}}, 1, "trait"),
    "neither cases nor loci": ("l.tsv", "a\tb\nx\ty\n", {}, 1, "present"),
}


@pytest.mark.parametrize(("name", "content", "settings", "line", "field"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_named_with_its_place_and_a_fix(ranking, name, content, settings, line, field):
    path = ranking.file(name, content)
    with refused(path, line, field):
        ranking(path, **settings)
    assert not ranking.out.exists() and ranking.model.runs == 0


LONG = "case\tphenotypes\t{}\nA\tHP:0001250\t{}\nA\tHP:0001166\t{}\n"
OTHER_BUILD = "trait\tchrom\tpos\tnote\nLDL\t1\t55039974\t{}\n"
ABOVE = "{}\ntrait\tchrom\tpos\nLDL\t1\t55039974\n"
# What stands in a file → its name, the line of the question.
QUESTIONS = {
    "words behind a label": [
        ("t.txt", "HP:0001250 Seizure\nHP:0001166 Arachnodactyly excluded by X-ray\n", 2),
        ("t.txt", "HP:0001166 no arachnodactyly\n", 1),
        ("c.tsv", "present\nHP:0001250 Seizure; HP:0001166 Arachnodactyly (unlikely)\n", 2),
    ],
    "whether a phenotype was seen, beside it": [
        ("c.tsv", LONG.format("seen", "yes", "no"), 3),
        ("c.tsv", LONG.format("status", "present", "absent"), 3),
        ("c.tsv", LONG.format("value", "1", "0"), 3),
    ],
    "a heading between terms": [
        ("t.txt", "# present\nHP:0001250\n# absent\nHP:0001166\n", 3),
        ("t.txt", "# Ann\nHP:0001250\n\n# Bea\n# girl\nHP:0001166\n", 5),
    ],
    "ids of another form": [
        ("t.txt", "HPO:0001250\n", 1),
        ("t.txt", "0001250 Seizure\n", 1),
        ("t.txt", "HPO_0001250\n", 1),
    ],
    "a build in any cell": [
        ("l.tsv", OTHER_BUILD.format("hg19"), 2),
        ("l.tsv", OTHER_BUILD.format("GRCh37.p13"), 2),
        ("l.tsv", OTHER_BUILD.format("hg18"), 2),
    ],
    "a build above the header": [
        ("l.tsv", ABOVE.format("# positions: hg19"), 1),
        ("l.tsv", ABOVE.format("##made by us\n#genome_build=GRCh37"), 2),
        ("l.tsv", ABOVE.format("# lead variants\n# build NCBI36"), 2),
    ],
    "no lead variants": [
        ("l.tsv", "trait,chr,bp\n" + "".join(f"LDL,{chrom},{place * step}\n" for place in range(1, 400)), 2)
        for chrom, step in (("1", 10), ("X", 1000), ("7", 2500))
    ],
}


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [case for cases in QUESTIONS.values() for case in cases],
    ids=[f"{kind} {number}" for kind, cases in QUESTIONS.items() for number in range(len(cases))],
)
def test_what_has_two_readings_is_a_question(ranking, name, content, line):
    path = ranking.file(name, content)
    with refused(path, line):
        ranking(path)
    assert not ranking.out.exists() and ranking.model.runs == 0


def test_the_way_out_of_a_patient_in_two_rows_a_trait_elsewhere_and_a_decimal_comma(ranking):
    with refused(line=3, field="id", fix="phenotypes stand in one row"):
        ranking(ranking.file("c.tsv", "id\tpresent\nA\tHP:0001250\nA\tHP:0001166\n"))
    with refused(line=1, fix="--columns trait=NAME"):
        ranking(ranking.file("l.tsv", "phenotype\tchr\tpos\nLDL\t1\t2010000\n"))
    with refused(line=2, field="pip", fix="write it as 0.9"):
        ranking(ranking.file("l.csv", "trait;locus;chr;bp;pip\nLDL;A;1;2010000;0,9\n"))


@pytest.mark.parametrize(
    "content",
    [
        "# lead variants\n# made by us\ntrait\tchr\tpos\nLDL\t1\t2010000\n",
        "#trait\tchr\tpos\n".replace("#", "") + "LDL\t1\t2010000\n",
        "##source=us\n#build=GRCh38\ntrait\tchr\tpos\tbuild\nLDL\t1\t2010000\thg38\n",
    ],
)
def test_comments_above_a_header_and_builds_that_are_right_are_let_pass(ranking, content):
    ranking.model.lists = ["PCSK9"]
    (record,) = ranking(ranking.file("l.tsv", content))
    assert not record["error"]


def test_a_panel_with_nothing_to_rank(ranking):
    path = ranking.file("panel.txt", "gene\nSCN1AA\nWNT99\n")
    with refused(path, field="--panel", fix="did you mean SCN1A?"):
        ranking(ranking.file("doe.json", CASE), panel=str(path))
    assert not ranking.out.exists()


@pytest.mark.parametrize(
    ("settings", "field", "fix"),
    [
        ({"locus": "1:100"}, "--trait", "--trait 'LDL cholesterol' --locus 1:55039974"),
        ({"trait": "LDL", "locus": "PCSK9"}, "--locus", "write 1:55039974"),
    ],
)
def test_options_of_a_locus(ranking, settings, field, fix):
    with refused(field=field, fix=fix):
        ranking(**settings)


def test_a_benchmark_of_another_task_and_an_unknown_style(ranking):
    case = ranking.file("doe.json", CASE)
    with refused(fix="did you mean 'demo-cases'?"):
        ranking(case, benchmark="demo-loci")
    with refused(fix="did you mean 'short'?"):
        ranking(case, style="shrt")


def test_a_term_that_hpo_does_not_know_is_asked_by_its_label(ranking):
    ranking.model.lists = ["SCN1A FBN1"]
    (record,) = ranking(ranking.file("t.txt", "HP:0001250\nHP:9999999 Blue ears\n"))
    assert "Blue ears" in ranking.model.prompts[0]
    assert "HP:9999999" in record["flags"][-1]


def test_html_in_what_people_write_stays_text(ranking):
    trait = "LDL </script><script>window.pwned = 1</script>"
    ranking.model.lists = ["PCSK9 <img/src=x>"]
    ranking(trait=trait, locus="1:2010000")
    page = (ranking.out / "rankings.html").read_text()
    assert page.count("<script") == 2 and "<img" not in page  # the data, and the page's own
    assert "LDL \\u003c/script>" in page
