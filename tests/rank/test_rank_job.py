"""Unsolved cases and loci, from files to rankings: what is asked, how answers are merged, and what is held beside."""

import csv
import json

from rank_project import CASE, LOCI
from refusals import refused

from reasonome.apps.rank.record import PURPOSE

RELABELLED = "HP:0001250 Seizure: the file calls it something else: check the id"
PANEL = "gene\nSCN1A\nfgdy\nFBN1\nNOGENE\n"


def ranked(record: dict) -> dict[str, dict]:
    return {gene["symbol"]: gene for gene in record["genes"]}


def order(record: dict) -> list[str]:
    return [gene["symbol"] for gene in record["genes"] if gene["rank"] is not None]


# what the model is asked


def test_the_model_is_told_terms_and_genes_and_nothing_of_the_patient(ranking):
    ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("doe_panel.txt", PANEL)), style="short")
    assert len(ranking.model.prompts) == 5
    for prompt in ranking.model.prompts:
        assert "Seizure; Hypertelorism" in prompt and "Absent: Arachnodactyly" in prompt
        assert "Age: 4 years. Sex: male." in prompt
        assert "Doe" not in prompt and "DOE" not in prompt and "patient-7" not in prompt
    (example,) = ranking.model.examples
    assert {gene.symbol for gene in example.candidates} == {"SCN1A", "FGD1", "FBN1"}
    assert example.causal == [] and "oe" not in example.id


def test_each_answer_is_of_another_order_of_the_candidates(ranking):
    ranking(ranking.file("loci.tsv", LOCI), samples=8)
    first = [prompt.partition("Genes: ")[2] for prompt in ranking.model.prompts[:8]]
    assert len(set(first)) > 2
    assert {frozenset(genes.split("; ")) for genes in first} == {frozenset(first[0].split("; "))}


def test_of_any_human_gene_an_answer_is_drawn_several_times(ranking):
    ranking.model.lists = ["SCN1A FBN1"]
    (record,) = ranking(ranking.file("doe.json", CASE), samples=3)
    assert ranking.model.drawn == [(3, 1)]  # equal prompts, which an endpoint would answer once
    assert len(record["samples"]) == 3 and "any human gene, at most 25" in ranking.model.prompts[0]
    ranking(ranking.out.parent / "doe.json", panel=str(ranking.file("p.txt", PANEL)), samples=3)
    assert ranking.model.drawn == [(3, 1), (1, 3)]


def test_an_age_that_is_free_text_is_not_told(ranking):
    table = "id\tpresent\tage\tsex\na\tHP:0001250\t4 years 2 months\tMale\nb\tHP:0001250\tborn the day Ann died\tf\n"
    ranking.model.lists = ["SCN1A FBN1"]
    first, second = ranking(ranking.file("cases.tsv", table), style="short")
    assert (first["age"], first["sex"], first["flags"]) == ("4 years 2 months", "male", [])
    assert (second["age"], second["sex"]) == ("", "female")
    assert "age" in second["flags"][0]
    assert "Ann" not in "".join(ranking.model.prompts)


def test_the_style_is_that_of_the_training_else_one_with_reasons(ranking):
    ranking.model.lists = ["SCN1A FGD1"]
    ranking(ranking.file("doe.json", CASE), samples=1)
    assert "Give your reasons" in ranking.model.prompts[0]
    recipe = {"stage": "sft", "benchmark": "demo-cases", "style": "answer", "teacher": "none"}
    ranking.model.steps = [{"name": "tiny"}, {"step": "sft.x-s0", "recipe": recipe, "examples": 40}]
    ranking.model.digest = "2"
    ranking(ranking.out.parent / "doe.json", samples=1)
    assert "Write only <genes>" in ranking.model.prompts[1]
    ranking(ranking.out.parent / "doe.json", samples=1, style="long")
    page = (ranking.out / "rankings.html").read_text()
    assert "is asked in style long; --style answer asks it as it was trained" in page
    assert "40 training questions of demo-cases, with the right answers alone" in page


def test_a_list_of_terms_is_a_case(ranking):
    terms = "# of clinic\nHP:0001250 Seizure\n-HP:0001166\nnot HP:0000316 hypertelorism\n"
    (record,) = ranking(ranking.file("terms.txt", terms))
    assert [term["label"] for term in record["present"]] == ["Seizure"]
    assert [term["label"] for term in record["absent"]] == ["Arachnodactyly", "Hypertelorism"]
    assert (record["name"], record["kind"]) == ("terms", "case")


def test_a_locus_from_options_and_a_table_of_loci(ranking):
    ranking.model.lists = ["PCSK9 TTC4"]
    (record,) = ranking(trait="LDL cholesterol", locus="chr1:2,010,000", window_kb=95)
    # TTC4 begins 90 kb on; RNA1, 10 kb on, codes for no protein; USP24 is 290 kb away.
    assert [(gene["symbol"], gene["distance"], gene["distance_rank"]) for gene in record["genes"]] == [
        ("PCSK9", 0, 1),
        ("TTC4", 90_000, 2),
    ]
    ranking.out.joinpath("manifest.json").unlink()
    first, second = ranking(ranking.file("loci.tsv", LOCI))
    assert set(ranked(first)) == {"PCSK9", "TTC4", "USP24"}
    assert set(ranked(second)) == {"SCN1A", "FGD1", "FBN1"}


def test_a_panel_larger_than_the_prompt_shows_what_fits_the_phenotypes_best(ranking):
    many = "\n".join(["USP24", "PCSK9", "TTC4", "ALONE", "FBN1", "SCN1A", *(f"NOGENE{n}" for n in range(10_000))])
    (record,) = ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", many)), style="tight")
    assert (record["panel"], record["shown"]) == (6, 2)
    assert {gene.symbol for gene in ranking.model.examples[0].candidates} == {"SCN1A", "FBN1"}
    assert record["left_out"] == ["ALONE", "TTC4", "USP24", "PCSK9"]
    assert "10,000 of 10,006 genes" in (ranking.out / "rankings.html").read_text()


def test_answers_that_ended_at_their_limit_are_counted(ranking):
    ranking.model.cut = 2
    (record,) = ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", "FBN1\nSCN1A\n")), samples=3)
    assert record["flags"] == [RELABELLED, "2 of 3 answers ended at their limit of tokens: raise --max-new-tokens"]
    assert "2 of 3 answers ended at their limit" in (ranking.out / "rankings.html").read_text()


# how answers are merged


def test_answers_are_merged_by_votes(ranking):
    # Firsts: FGD1 2, SCN1A 2, FBN1 1; the mean of 1/rank puts SCN1A (1+1+1/2+1/2+1/2) before FGD1 (1+1+1/2+1/3+1/3).
    ranking.model.lists = ["FGD1 SCN1A FBN1", "FGDY SCN1A FBN1", "SCN1A FGD1", "SCN1A FBN1 FGD1", "FBN1 SCN1A FGD1"]
    (record,) = ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", PANEL)))
    assert order(record) == ["SCN1A", "FGD1", "FBN1"]
    assert [(gene["first"], gene["listed"]) for gene in record["genes"]] == [(0.4, 1), (0.4, 1), (0.2, 0.8)]
    assert record["samples"][0]["genes"] == ["SCN1A", "FGD1"]


def test_genes_with_equal_votes_share_a_rank(ranking, capsys):
    ranking.model.lists = ["FGD1 SCN1A", "SCN1A FGD1"]
    (record,) = ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", PANEL)), samples=2)
    assert {gene["symbol"]: gene["rank"] for gene in record["genes"]} == {"FGD1": 1, "SCN1A": 1, "FBN1": None}
    assert "FGD1 and SCN1A tie (each first in 1 of 2 answers)" in capsys.readouterr().out


def test_all_candidates_of_a_list_count_and_of_any_gene_as_many_as_in_scores(ranking, ranking_project, monkeypatch):
    short = ranking_project.benchmarks["demo-cases"].model_copy(update={"longest_list": 2})
    monkeypatch.setitem(ranking_project.benchmarks, "demo-cases", short)
    ranking.model.lists = ["FGD1 SCN1A FBN1"]
    (record,) = ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", PANEL)), samples=2)
    assert order(record) == ["FGD1", "SCN1A", "FBN1"] and ranked(record)["FBN1"]["listed"] == 1
    (record,) = ranking(ranking.out.parent / "doe.json", samples=2)
    assert order(record) == ["FGD1", "SCN1A"] and ranked(record)["FBN1"]["listed"] == 0


def test_strangers_inventions_and_numbers_are_named_and_not_ranked(ranking):
    ranking.model.lists = ["ALONE WNT99 7 FBN1 SCN1A", "FBN1 <b>X</b>", "<genes>[unclosed"]
    (record,) = ranking(ranking.file("doe.json", CASE), panel=str(ranking.file("p.txt", PANEL)), samples=3)
    assert order(record) == ["FBN1", "SCN1A"]
    told = ["listed, but no candidates: ALONE", "listed, but no human genes: WNT99, 7, <b>X</b>"]
    assert record["flags"][-2:] == told
    assert ranked(record)["FGD1"]["rank"] is None  # a candidate that no answer lists


def test_no_usable_answer_and_no_two_alike(ranking, capsys):
    ranking.model.lists = ["<genes>[]</genes>"]
    (record,) = ranking(ranking.file("doe.json", CASE), samples=2)
    assert "no answer had a list of candidates" in record["flags"]
    assert "1 case: 0 ranked, 1 without a usable answer, 0 not asked" in capsys.readouterr().out
    ranking.model.lists, ranking.model.digest = ["FBN1", "SCN1A"], "2"
    (record,) = ranking(ranking.out.parent / "doe.json", samples=2)
    assert record["flags"] == [RELABELLED, "no two answers put the same gene first: this ranking is a guess"]


# what is held beside


def test_phenotypes_that_are_known_and_overlap(ranking):
    ranking.model.lists = ["FBN1 TTC4"]
    (record,) = ranking(ranking.file("doe.json", CASE))
    genes = ranked(record)
    # Seizure: ln 4 of SCN1A; Hypertelorism: ln 2 of FGD1 and FBN1; the mean of both.
    overlaps = {symbol: (gene["rank"], gene["overlap"], gene["fit_rank"]) for symbol, gene in genes.items()}
    assert overlaps == {
        "FBN1": (1, 0.3466, 3),
        "TTC4": (2, 0.0, None),
        "SCN1A": (None, 0.6931, 1),
        "FGD1": (None, 0.3466, 2),
    }
    (known,) = genes["SCN1A"]["known"]
    assert (known["label"], known["same"], known["diseases"]) == ("Seizure", True, ["Dravet syndrome (OMIM:607208)"])
    assert [one["label"] for one in genes["FBN1"]["known"]] == ["Hypertelorism"]
    assert genes["TTC4"]["known"] == []


# files


def test_the_table_has_a_row_for_each_gene_and_says_for_what_it_is_meant(ranking, capsys):
    ranking.model.lists = ["SCN1A FBN1", "SCN1A FBN1 FGD1"]
    path = ranking.file("cases.csv", 'id,present\n"=cmd()",HP:0001250\nb,HP:0000316|HP:0001250\n')
    ranking(path, panel=str(ranking.file("p.txt", PANEL)), samples=2)
    with open(ranking.out / "rankings.tsv", newline="") as handle:
        rows = list(csv.DictReader(handle, delimiter="\t"))
    assert [(row["name"], row["gene"], row["rank"], row["first_in"], row["listed_in"]) for row in rows] == [
        ("'=cmd()", "SCN1A", "1", "1.0", "1.0"),
        ("'=cmd()", "FBN1", "2", "0.0", "1.0"),
        ("'=cmd()", "FGD1", "3", "0.0", "0.5"),
        ("b", "SCN1A", "1", "1.0", "1.0"),
        ("b", "FBN1", "2", "0.0", "1.0"),
        ("b", "FGD1", "3", "0.0", "0.5"),
    ]
    assert {row["meant_for"] for row in rows} == {PURPOSE}
    assert rows[3]["asked"] == "HP:0000316 Hypertelorism; HP:0001250 Seizure"
    assert PURPOSE.capitalize() in capsys.readouterr().out
    assert PURPOSE.capitalize() in (ranking.out / "rankings.html").read_text()


def test_answers_are_asked_once_and_again_for_another_model(ranking, capsys):
    path = ranking.file("loci.tsv", LOCI)
    first = ranking(path)
    assert ranking(path) == first and ranking.model.runs == 1
    assert "the answers of an earlier run are used" in capsys.readouterr().out
    ranking.model.digest = "another"
    ranking(path)
    assert ranking.model.runs == 2
    names = sorted(file.name for file in ranking.out.iterdir())
    assert names == [
        "answers.json",
        "answers.jsonl",
        "manifest.json",
        *(f"rankings.{e}" for e in ("html", "jsonl", "tsv")),
    ]
    manifest = json.loads((ranking.out / "manifest.json").read_text())
    assert manifest["model"] == {"name": "by hand"} and manifest["benchmark"] == "demo-loci"


def test_a_prompt_longer_than_the_model_reads(ranking):
    ranking.model.context = 300
    with refused(fix="ask in a style with a smaller budget_tokens"):
        ranking(ranking.file("loci.tsv", LOCI))
    assert ranking.model.runs == 0
