"""Rankings without a model: cases by phenotypes, what the patient has not included, and loci by distance."""

import csv
import gzip
import json
from math import log

import pytest
from rank_project import CASE, LOCI

from reasonome import cli

PANEL = "SCN1A\nFGD1\nFBN1\nPCSK9\n"
SEIZURE, HYPERTELORISM = log(4), log(2)  # of four genes one and two have it
COST = log(6)  # -ln(1 - 10/12) of arachnodactyly, which 9 of 10 patients with Marfan syndrome have
MARFAN = {"id": "OMIM:154700", "name": "Marfan syndrome", "link": "https://omim.org/entry/154700"}


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


def test_diseases_have_names_links_and_what_is_against_them(ranking, unaided, panel, snapshot):
    (record,) = unaided(ranking.file("doe.json", CASE), panel=panel)
    (disease,) = genes(record)["FBN1"]["diseases"]
    assert {key: disease[key] for key in MARFAN} == MARFAN
    (against,) = disease["against"]
    assert (against["label"], against["known_label"], against["stated"]) == snapshot
    assert record["disease_names"]["OMIM:607208"] == "Dravet syndrome"
    row = next(row for row in table(ranking) if row["gene"] == "FBN1")
    assert row["diseases"] == "Marfan syndrome (OMIM:154700) https://omim.org/entry/154700"
    told = "Arachnodactyly (HP:0001166) is absent, and most patients have it: 9 of 10 patients"
    assert row["against"] == f"Marfan syndrome (OMIM:154700): {told}"
    assert (row["rank"], row["fit_rank"], row["overlap_rank"]) == ("3", "3", "2")
    assert row["facts"] == "HPO: Hypertelorism (HP:0000316) in Marfan syndrome (OMIM:154700)"
    page = (ranking.out / "rankings.html").read_text()
    assert '"OMIM:154700":"https://omim.org/entry/154700"' in page
    assert "A language model ranked" not in page and "no model was asked" in page


def test_beside_a_model_what_the_patient_has_not_counts_too(ranking, panel):
    ranking.model.lists = ["FBN1 SCN1A FGD1"]
    (record,) = ranking(ranking.file("doe.json", CASE), panel=panel, samples=1)
    assert {symbol: gene["fit_rank"] for symbol, gene in genes(record).items()} == {
        "FBN1": 3,
        "SCN1A": 1,
        "FGD1": 2,
        "PCSK9": None,
    }


def test_without_a_panel_any_gene_with_a_phenotype_that_fits(ranking, unaided):
    (record,) = unaided(ranking.file("doe.json", CASE))
    assert ranked(record) == {"SCN1A": 1, "FGD1": 2, "FBN1": 3}
    assert record["panel"] == 0


def test_genes_that_fit_as_well_as_the_last_one_listed_are_told(ranking, ranking_project, unaided, monkeypatch):
    short = ranking_project.benchmarks["demo-cases"].model_copy(update={"longest_list": 1})
    monkeypatch.setitem(ranking_project.benchmarks, "demo-cases", short)
    terms = ranking.file("t.txt", "HP:0000316\n")  # which FBN1 and FGD1 have
    (record,) = unaided(terms)
    assert ranked(record) == {"FBN1": 1}
    assert record["flags"] == ["1 more gene fits as well as the last one listed: FGD1"]
    (record,) = unaided(terms, panel=str(ranking.file("p.txt", "FBN1\nFGD1\n")))
    assert ranked(record) == {"FBN1": 1, "FGD1": 1} and record["flags"] == []


def test_without_hpo_cases_cannot_be_ranked(ranking, not_fetched, unaided, refused):
    not_fetched()
    with refused(field="--no-model"):
        unaided(ranking.file("doe.json", CASE))
    assert not ranking.out.exists()


def test_without_hpo_ids_are_no_labels_of_others(ranking, not_fetched, refused):
    not_fetched()
    with refused():
        ranking(ranking.file("t.txt", "HP:0001250 HP:0000316\n"))


def test_without_the_names_of_diseases_they_are_told_by_id(ranking, not_fetched, unaided, capsys):
    not_fetched("diseases")
    (record,) = unaided(ranking.file("doe.json", CASE))
    assert genes(record)["SCN1A"]["diseases"][0]["name"] == ""
    told = capsys.readouterr().out
    assert "names of diseases (hpo-2025) are not here" in told and "SCN1A (fit 0.69, OMIM:607208)" in told


# forms of cases


V1 = json.loads(json.dumps(CASE).replace('"excluded"', '"negated"')) | {"metaData": {}}
FORMS = {
    "version 1": ("v1.json", json.dumps(V1)),
    "version 1 as YAML": (
        "v1.yml",
        "id: a\nphenotypicFeatures:\n- type: {id: 'HP:0001250', label: Seizure}\n"
        "- type: {id: 'HP:0000316'}\n- type: {id: 'HP:0001166'}\n  negated: true\n",
    ),
    "snake_case": ("snake.json", json.dumps(CASE).replace("phenotypicFeatures", "phenotypic_features")),
    "an array": ("all.json", json.dumps([CASE])),
    "a family on a line": ("families.jsonl", json.dumps({"id": "f", "proband": CASE, "relatives": [V1]})),
    "capitals": ("DOE.JSON", json.dumps(CASE, indent=1)),
    "blanks": ("t.txt", "HP:0001250 HP:0000316 -HP:0001166\n"),
    "tabs": ("t.txt", "HP:0001250\tHP:0000316\tnot HP:0001166\n"),
    "bars": ("t.txt", "HP:0001250 | HP:0000316 | -HP:0001166\n"),
    "labels first": ("t.txt", "Seizure (HP:0001250)\nHypertelorism (HP:0000316)\nno Arachnodactyly (HP:0001166)\n"),
    "rows of JSON": ("c.json", json.dumps([{"present": ["HP:0001250", "HP:0000316"], "absent": ["HP:0001166"]}])),
    "lines of JSON": ("c.jsonl", json.dumps({"present": ["HP:0001250", "HP:0000316"], "absent": "HP:0001166"})),
    "a table": ("c.csv", 'present,absent\n"HP:0001250,HP:0000316",HP:0001166\n'),
}


@pytest.mark.parametrize(("name", "content"), FORMS.values(), ids=FORMS)
def test_a_case_in_any_form_is_the_same_case(ranking, unaided, panel, name, content):
    (record,) = unaided(ranking.file(name, content), panel=panel)
    assert [term["label"] for term in record["present"]] == ["Seizure", "Hypertelorism"]
    assert [term["label"] for term in record["absent"]] == ["Arachnodactyly"]
    assert [(gene["symbol"], gene["fit"]) for gene in record["genes"]][:2] == [("SCN1A", 0.6931), ("FGD1", 0.3466)]
    assert ranked(record)["FBN1"] == 3
    assert not any("check the id" in flag for flag in record["flags"] if "json" not in name.lower())


def test_packets_on_lines_of_a_json_file_and_gzipped_ones_are_read(ranking, unaided, panel):
    two = ranking.file("two.json", f"{json.dumps(CASE)}\n{json.dumps(V1 | {'id': 'another'})}\n")
    packed, yaml = ranking.file("doe.json.gz", ""), ranking.file("v1.yaml.gz", "")
    packed.write_bytes(gzip.compress(json.dumps(CASE, indent=1).encode()))
    yaml.write_bytes(gzip.compress(FORMS["version 1 as YAML"][1].encode()))
    records = unaided(two, packed, yaml, panel=panel)
    assert [record["name"] for record in records] == [CASE["id"], "another", CASE["id"], "a"]
    assert all([term["label"] for term in record["absent"]] == ["Arachnodactyly"] for record in records)


def test_a_model_is_told_what_version_1_negates(ranking, panel):
    ranking(ranking.file("v1.json", V1), panel=panel, style="short", samples=1)
    (prompt,) = ranking.model.prompts
    assert "Seizure; Hypertelorism" in prompt and "Absent: Arachnodactyly" in prompt


def test_keys_that_are_not_read_stand_in_the_flags_and_on_the_terminal(ranking, unaided, panel, capsys):
    text = (
        json.dumps(CASE)
        .replace('"excluded"', '"Excluded"')
        .replace('"label": "Arach', '"Severity_": 1, "label": "Arach')
    )
    (record,) = unaided(ranking.file("a.json", text), panel=panel)
    assert "'Excluded' was read as 'excluded'" in record["flags"]
    assert f"look: {record['name']}: {'; '.join(record['flags'])}" in capsys.readouterr().out
    (record,) = unaided(ranking.file("b.json", json.dumps(CASE).replace('"excluded"', '"notThere"')), panel=panel)
    assert "what phenotypic features say under 'notThere' was not read" in record["flags"]
    assert "notThere" in (ranking.out / "rankings.html").read_text()


def test_a_phenotype_whose_parent_is_absent_is_flagged_and_the_parent_does_not_count(ranking, unaided, panel, snapshot):
    (record,) = unaided(ranking.file("t.txt", "HP:0002123\n-HP:0001250\n"), panel=panel)
    assert record["flags"] == snapshot
    assert (genes(record)["SCN1A"]["fit"], ranked(record)["SCN1A"]) == (round(log(4), 4), 1)


def test_phenotypes_that_hpo_does_not_know_are_counted(ranking, unaided, panel, capsys):
    unaided(ranking.file("t.txt", "HP:0001250\nHP:9999999 Blue ears\n"), panel=panel)
    counted = "t: 1 of 2 phenotypes are unknown to this release of HPO or obsolete, and no fact can support them"
    assert counted in capsys.readouterr().out and counted in (ranking.out / "rankings.html").read_text()


def test_a_dash_that_may_mean_two_things_is_refused(ranking, unaided, refused):
    path = ranking.file("t.txt", "- HP:0001250\n- HP:0000316\n")
    with refused(path, 1):
        unaided(path)


# panels


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("panel.bed", "track name=x\nchr1\t1000000\t1100000\tSCN1A\nchr1\t1300000\t1400000\tFBN1\t0\t+\n"),
        ("inheritance.csv", "Gene,Inheritance,Level\r\nSCN1A,FGD1,2\r\nFBN1,FGD1,2\r\n"),  # 2 is FGD1's Entrez id
        ("clinic.csv", '"gene";"note"\n"SCN1A";"FGD1; 2"\n"FBN1";""\n'),
        ("panelapp.tsv", "Entity Name\tEntity type\tGene Symbol\nSCN1A\tgene\tSCN1A\nFBN1\tgene\tFBN1\n"),
    ],
)
def test_panels_of_panelapp_and_of_sequencing(ranking, unaided, name, text):
    (record,) = unaided(ranking.file("doe.json", CASE), panel=str(ranking.file(name, text)))
    assert ranked(record) == {"SCN1A": 1, "FBN1": 2}


def test_a_bed_file_without_names(ranking, unaided, refused):
    path = ranking.file("panel.bed", "chr15\t48408306\t48645709\nchr3\t30606601\t30694142\n")
    with refused(path, 1, "--panel"):
        unaided(ranking.file("doe.json", CASE), panel=str(path))


def test_of_a_large_panel_the_best_are_listed(ranking, unaided, monkeypatch):
    monkeypatch.setattr("reasonome.apps.rank.questions._LISTED", 2)
    many = "USP24\nPCSK9\nTTC4\nALONE\nFBN1\nSCN1A\n"
    (record,) = unaided(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", many)))
    assert record["shown"] == 2 and {"SCN1A", "FBN1"} <= set(ranked(record))
    assert any(
        "2 of 6 candidates are listed, those whose known phenotypes fit best" in flag for flag in record["flags"]
    )


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


def test_candidates_without_a_place_cannot_be_ranked_by_distance(ranking, unaided, refused):
    path = ranking.file("l.tsv", "trait\tcandidates\nLDL\tPCSK9, TTC4\n")
    with refused(line=2, field="position"):
        unaided(path)


CATALOG = "DISEASE/TRAIT\tCHR_ID\tCHR_POS\tSNPS\n"


@pytest.mark.parametrize("places", ["2;2\t21001429;21044589", "1 x 19\t109274968 x 44908684"])
def test_rows_of_several_variants_are_left_out_and_told(ranking, unaided, places, capsys):
    path = ranking.file("gwas.tsv", f"{CATALOG}LDL\t1\t2010000\trs1\nLDL\t{places}\trs2\nHeight\t\t\trs3\n")
    first, several, unplaced = unaided(path)
    assert ranked(first) == {"PCSK9": 1, "TTC4": 2, "USP24": 3}
    assert several["error"].startswith(f"{path}:3: CHR_ID: this row is of several variants")
    assert "neither candidates nor a position" in unplaced["error"]
    told = capsys.readouterr().out
    assert "not asked: gwas: rs2: " in told and "3 loci: 1 ranked, 0 with nothing to rank by, 2 not asked" in told


PLINK = " CHR  F  SNP       BP  SP2\n   1  1  rs1  2010000  rs5(1),rs6(1)\n   1  1  rs2  1205000  NONE\n\n"


def test_plinks_blanks(ranking, unaided, refused):
    path = ranking.file("plink19.clumped", PLINK)
    first, second = unaided(path, trait="LDL cholesterol")
    assert (first["variant"], ranked(first)["PCSK9"], second["variant"], ranked(second)["FGD1"]) == ("rs1", 1, "rs2", 1)
    with refused(field="--trait"):
        unaided(path)


def test_places_in_one_column_and_rows_in_a_json_file(ranking, unaided):
    first, second = unaided(ranking.file("top.tsv", "SNP\n1:2010000:G:A\n1_1205000_T_C_b38\n"), trait="LDL")
    assert (ranked(first)["PCSK9"], ranked(second)["FGD1"], second["variant"]) == (1, 1, "1_1205000_T_C_b38")
    row = {"trait": "LDL", "chromosome": 1, "position": 2010000}
    for text in (json.dumps([row]), f"{json.dumps(row)}\n{json.dumps(row)}\n"):
        assert ranked(unaided(ranking.file("loci.json", text))[0]) == {"PCSK9": 1, "TTC4": 2, "USP24": 3}


def test_another_genome_build_is_refused_or_told(ranking, unaided, capsys, refused):
    with refused():
        unaided(ranking.file("l.tsv", "rsid\tchr_hg19\tpos_hg19\nrs1\t1\t55505647\n"), trait="LDL")
    assert not ranking.out.exists()
    path = ranking.file("loci.hg19.tsv", LOCI)
    unaided(path)
    assert f"{path}: the file is called after hg19, and its positions are read as of GRCh38" in capsys.readouterr().out
    fuma = "GenomicLocus\tuniqID\trsID\tchr\tpos\tp\n1\t1:2010000:A:G\trs1\t1\t2010000\t1e-9\n"
    path = ranking.file("GenomicRiskLoci.txt", fuma)
    unaided(path, trait="LDL")
    assert f"{path}: the file has FUMA's columns, whose positions are mostly of GRCh37" in capsys.readouterr().out
    with_build = fuma.replace("\tp\n", "\tbuild\n").replace("1e-9", "hg38").replace("\t", ",")
    unaided(ranking.file("l.csv", with_build), trait="LDL")
    assert "FUMA" not in capsys.readouterr().out
    lifted = "GenomicLocus\tuniqID\trsID\tchr\tpos\tpos_hg38\n1\t1:9:A:G\trs1\t1\t9\t2010000\n"
    assert ranked(unaided(ranking.file("l.txt", lifted), trait="LDL")[0])["PCSK9"] == 1
    unaided(ranking.file("l.tsv", "chr_hg38\tpos_hg38\n1\t2010000\n"), trait="LDL")
    told = capsys.readouterr().out
    assert "called after" not in told and "FUMA" not in told


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


def test_a_model_or_none(ranking, command, capsys, refused):
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
