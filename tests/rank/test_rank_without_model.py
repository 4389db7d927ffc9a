"""Rankings without a model: cases by phenotypes, what the patient has not included, and loci by distance."""

import csv
from math import log

import pytest
from rank_project import CASE, LOCI
from refusals import refused

from reasonome import cli

PANEL = "SCN1A\nFGD1\nFBN1\nPCSK9\n"
SEIZURE, HYPERTELORISM = log(4), log(2)  # of four genes one and two have it
COST = log(6)  # -ln(1 - 10/12) of arachnodactyly, which 9 of 10 patients with Marfan syndrome have
MARFAN = {"name": "Marfan syndrome (OMIM:154700)", "link": "https://omim.org/entry/154700"}


@pytest.fixture
def unaided(ranking):
    """Ranks as `--no-model` does; the records."""

    def run(*files, **settings) -> list[dict]:
        return ranking(*files, find=lambda: None, **settings)

    return run


@pytest.fixture
def panel(ranking) -> str:
    return str(ranking.file("panel.txt", PANEL))


def ranked(record: dict) -> dict[str, int | None]:
    return {gene["symbol"]: gene["rank"] for gene in record["genes"]}


def genes(record: dict) -> dict[str, dict]:
    return {gene["symbol"]: gene for gene in record["genes"]}


def table(ranking) -> list[dict[str, str]]:
    with open(ranking.out / "rankings.tsv", newline="") as handle:
        return list(csv.DictReader(handle, delimiter="\t"))


# cases


def test_what_the_patient_has_not_changes_the_ranking(ranking, unaided, panel, capsys):
    asked = {"present": "HP:0001250; HP:0000316"}
    (record,) = unaided(ranking.file("a.csv", "present\n" + asked["present"] + "\n"), panel=panel)
    assert ranked(record) == {"SCN1A": 1, "FBN1": 2, "FGD1": 2, "PCSK9": None}  # both have hypertelorism alone
    assert [row["rank"] for row in table(ranking)] == ["1", "2=", "2=", ""]
    (record,) = unaided(ranking.file("doe.json", CASE), panel=panel)  # without arachnodactyly
    assert ranked(record) == {"SCN1A": 1, "FGD1": 2, "FBN1": 3, "PCSK9": None}
    fits = {symbol: (gene["overlap"], gene["fit"]) for symbol, gene in genes(record).items()}
    assert fits == {
        "SCN1A": (round(SEIZURE / 2, 4), round(SEIZURE / 2, 4)),
        "FGD1": (round(HYPERTELORISM / 2, 4), round(HYPERTELORISM / 2, 4)),
        "FBN1": (round(HYPERTELORISM / 2, 4), round(HYPERTELORISM / 2 - COST / 2, 4)),
        "PCSK9": (0, 0),
    }
    assert ranking.model.runs == 0
    told = capsys.readouterr().out
    assert "SCN1A (fit 0.69, Dravet syndrome (OMIM:607208))" in told
    assert "1 case: 1 ranked, 0 with nothing to rank by, 0 not asked" in told


def test_diseases_have_names_links_and_what_is_against_them(ranking, unaided, panel):
    (record,) = unaided(ranking.file("doe.json", CASE), panel=panel)
    (disease,) = genes(record)["FBN1"]["diseases"]
    assert {key: disease[key] for key in MARFAN} == MARFAN
    (against,) = disease["against"]
    assert (against["label"], against["known_label"], against["stated"]) == (
        "Arachnodactyly", "Arachnodactyly", "9 of 10 patients",
    )  # fmt: skip
    row = next(row for row in table(ranking) if row["gene"] == "FBN1")
    assert row["diseases"] == "Marfan syndrome (OMIM:154700) https://omim.org/entry/154700"
    assert row["against"].startswith("Marfan syndrome (OMIM:154700): Arachnodactyly is absent")
    assert (row["rank"], row["fit_rank"], row["known_phenotypes"]) == ("3", "3", "Hypertelorism")
    assert "no model was asked" in (ranking.out / "rankings.html").read_text()


def test_without_a_panel_any_gene_with_a_phenotype_that_fits(ranking, unaided):
    (record,) = unaided(ranking.file("doe.json", CASE))
    assert ranked(record) == {"SCN1A": 1, "FGD1": 2, "FBN1": 3}
    assert record["panel"] == 0


def test_without_hpo_cases_cannot_be_ranked(ranking, not_fetched, unaided):
    not_fetched()
    for rank in (unaided, ranking):
        with refused(fix="snakemake --cores 2"):
            rank(ranking.file("doe.json", CASE))
    assert not ranking.out.exists()


# forms of cases


FORMS = {
    "blanks": ("t.txt", "HP:0001250 HP:0000316 -HP:0001166\n"),
    "a table": ("c.csv", 'present,absent\n"HP:0001250,HP:0000316",HP:0001166\n'),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_a_case_in_any_form_is_the_same_case(ranking, unaided, panel, name, content):
    (record,) = unaided(ranking.file(name, content), panel=panel)
    assert [term["label"] for term in record["present"]] == ["Seizure", "Hypertelorism"]
    assert [term["label"] for term in record["absent"]] == ["Arachnodactyly"]
    assert [(gene["symbol"], gene["fit"]) for gene in record["genes"]][:2] == [("SCN1A", 0.6931), ("FGD1", 0.3466)]
    assert ranked(record)["FBN1"] == 3
    assert not any("check the id" in flag for flag in record["flags"])


def test_a_phenotype_whose_parent_is_absent_is_flagged_and_the_parent_does_not_count(ranking, unaided, panel):
    (record,) = unaided(ranking.file("t.txt", "HP:0002123\n-HP:0001250\n"), panel=panel)
    assert "HP:0002123" in record["flags"][0] and "HP:0001250" in record["flags"][0]
    assert (genes(record)["SCN1A"]["fit"], ranked(record)["SCN1A"]) == (round(log(4), 4), 1)


COMMENTS = "# of clinic\n# a girl\nHP:0001250\n#HP:0001166 unsure\nHP:0000316\n# end\n"


def test_comments_above_and_below_a_list_and_terms_in_comments_are_left_out(ranking, unaided, panel):
    (record,) = unaided(ranking.file("t.txt", COMMENTS), panel=panel)
    assert [term["id"] for term in record["present"]] == ["HP:0001250", "HP:0000316"]


def test_a_term_that_is_no_phenotype_is_flagged_and_does_not_count(ranking, unaided, panel):
    (record,) = unaided(ranking.file("t.txt", "HP:0001250\nHP:0000006 Autosomal dominant inheritance\n"), panel=panel)
    assert genes(record)["SCN1A"]["fit"] == round(log(4), 4)
    assert record["flags"] == ["HP:0000006 Autosomal dominant inheritance: is no phenotype for HPO, and does not count"]


def test_without_a_model_nothing_is_said_of_what_it_is_told(ranking, unaided, panel):
    table = "present\tage\tsex\nHP:0001250\t4;3\tw\n"
    assert unaided(ranking.file("c.tsv", table), panel=panel)[0]["flags"] == []


# panels


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("exomiser.tsv", "#RANK\tID\tGENE_SYMBOL\n1\tSCN1A_AD\tSCN1A\n2\tFBN1_AD\tFBN1\n"),
        ("p.csv", "# of the clinic\n#gene,inheritance\nSCN1A,AD\nFBN1,AD\n"),
        ("ids.txt", "# Symbol\tEntrez Gene ID\nSCN1A\t1\nFBN1\t3\n"),
        ("panel.bed", "track name=x\nchr1\t1000000\t1100000\tSCN1A\nchr1\t1300000\t1400000\tFBN1\t0\t+\n"),
        ("panelapp.tsv", "Entity Name\tEntity type\tGene Symbol\nSCN1A\tgene\tSCN1A\nFBN1\tgene\tFBN1\n"),
    ],
)
def test_panels_of_programs(ranking, unaided, name, text):
    (record,) = unaided(ranking.file("doe.json", CASE), panel=str(ranking.file(name, text)))
    assert ranked(record) == {"SCN1A": 1, "FBN1": 2}


# loci


def test_loci_are_ranked_by_distance(ranking, unaided, capsys):
    first, second = unaided(ranking.file("loci.tsv", LOCI))
    assert ranked(first) == {"PCSK9": 1, "TTC4": 2, "USP24": 3}
    assert ranked(second) == {"FGD1": 1, "FBN1": 2, "SCN1A": 3}
    votes = {(row["answers"], row["first_in"], row["listed_in"]) for row in table(ranking)}
    assert votes == {("", "", "")}  # no model was asked: 0 would be a vote against
    told = capsys.readouterr().out
    assert "loci 1: PCSK9 (the variant is within it)" in told
    assert "2 loci: 2 ranked, 0 with nothing to rank by, 0 not asked" in told


def test_candidates_without_a_place_cannot_be_ranked_by_distance(ranking, unaided):
    path = ranking.file("l.tsv", "trait\tcandidates\nLDL\tPCSK9, TTC4\n")
    with refused(line=2, field="position", fix="give chromosome and position"):
        unaided(path)


def test_another_genome_build_is_refused_or_told(ranking, unaided, capsys):
    with refused(fix="lift it over to GRCh38"):
        unaided(ranking.file("l.tsv", "rsid\tchr_hg19\tpos_hg19\nrs1\t1\t55505647\n"), trait="LDL")
    assert not ranking.out.exists()
    unaided(ranking.file("l.tsv", "chr_hg38\tpos_hg38\n1\t2010000\n"), trait="LDL")
    assert "positions are read as of GRCh38" in capsys.readouterr().out


SETS = {
    "posteriors": ("locus\tchrom\tpos\tpip\nA\t1\t1205000\t0.2\nA\t1\t2010000\t0.7\n", {"A": (2010000, None)}),
    "no posteriors": ("cs,chr,bp\n1,1,1205000\n1,1,1305000\n-1,1,9005000\n", {"set 1": (1205000, 1305000)}),
    "a trait each": (
        "trait\tcredible_set\tchr\tbp\tposterior_prob\nLDL\tx\t1\t2010000\t0.9\nLDL\tx\t1\t2015000\tNA\n"
        "Height\tx\t1\t1205000\t0.5\n",
        {"x": (2010000, None), "l 2": (1205000, None)},
    ),
}


@pytest.mark.parametrize(("content", "loci"), SETS.values(), ids=SETS)
def test_the_variants_of_a_credible_set_are_one_locus(ranking, unaided, content, loci):
    records = unaided(ranking.file("l.txt", content), trait="LDL cholesterol")
    assert {record["name"]: (record["position"], record["end"]) for record in records} == loci


def test_a_locus_that_is_a_span_has_genes_around_all_of_it(ranking, unaided):
    content = "locus\tchr\tpos\nA\t1\t1205000\nA\t1\t2010000\nB\t1\t1000\nB\t1\t9005000\n"
    with refused(line=5, field="credible_set", fix="--columns credible_set=NAME"):
        unaided(ranking.file("l.tsv", content), trait="LDL")
    (record,) = unaided(ranking.file("m.tsv", content[: content.index("B")]), trait="LDL", window_kb=95)
    distances = {"FGD1": 0, "FBN1": 0, "PCSK9": 0, "TTC4": 90_000}
    assert {gene["symbol"]: gene["distance"] for gene in record["genes"]} == distances
    assert table(ranking)[0]["rank"] == "1="
    assert record["panel"] == 4


def test_many_loci_far_from_each_other_pass(ranking, unaided):
    rows = "".join(f"LDL,{chrom},{2_000_000 + 4_000_000 * place}\n" for chrom in range(1, 21) for place in range(20))
    assert len(unaided(ranking.file("l.csv", f"trait,chr,bp\n{rows}"))) == 400


# the command


@pytest.fixture
def command(ranking, ranking_folder):
    """Runs `reasonome rank` in the project; its exit status."""

    def run(*words) -> int:
        config = ["--config", str(ranking_folder / "config"), "--out", str(ranking.out)]
        return cli.main(["rank", *map(str, words), *config])

    return run


def test_the_status_says_whether_anything_was_ranked(ranking, command, monkeypatch):
    monkeypatch.setattr("reasonome.answering.asked_model.find_model", lambda *args, **named: ranking.model)
    case = ranking.file("doe.json", CASE)
    assert command(case, "--no-model") == 0
    assert command(ranking.file("t.txt", "HP:0000118\n"), "--no-model") == 1  # every gene has it, so that it ranks none
    ranking.model.lists = ["<genes>[]</genes>"]
    assert command(case, "--model", "mine") == 1
    ranking.model.lists, ranking.model.digest = ["SCN1A"], "2"
    assert command(case, "--model", "mine") == 0


def test_a_model_or_none(ranking, command, capsys):
    case = ranking.file("doe.json", CASE)
    for words, told in [
        ([case], "one of the arguments --model --no-model is required"),
        ([case, "--no-model", "--model", "mine"], "not allowed with argument"),
    ]:
        with pytest.raises(SystemExit):
            command(*words)
        assert told in capsys.readouterr().err
    for words in (["--samples", "3"], ["--style", "short"], ["--upload"]):
        with refused(field=words[0]):
            command(case, "--no-model", *words)
    assert not ranking.out.exists()
