"""Annotation from files to files: what is asked, what is made of the answers, and what a second run does."""

import json
import math

import annotation_project
import pandas as pd
import pytest
from annotation_project import GOOD, OTHERS, REPAIR, RIBOSOME, SECOND
from refusals import refused

from reasonome.answering.asked_model import AskedWeights
from reasonome.apps.annotate import answers, prompt
from reasonome.apps.annotate.prompt import STYLE, ListQuestion
from reasonome.apps.run import check_context
from reasonome.config.styles import count_tokens
from reasonome.core.manifest import folder_sha256, read_manifest

ODD = "one\tna\tBRCA1\nunknown\tna\tXXXA\tXXXB\tXXXC\tXXXD\n"
DESEQ2 = "gene,log2FoldChange,padj\n" + "".join(
    f"{gene},{change},0.001\n" for gene, change in zip(REPAIR, (3, 5, 1, 4, 2), strict=True)
)


def gmt(**sets: list[str]) -> str:
    return "".join(f"{name}\tna\t" + "\t".join(genes) + "\n" for name, genes in sets.items())


def symbols(record: dict) -> list[str]:
    return [gene["symbol"] for gene in record["genes"]]


# files


def test_every_set_has_a_row_in_its_place_and_bad_ones_do_not_stop_the_others(annotating, by_hand, capsys):
    by_hand.answers = {"BUB1": "no name at all"}
    records = annotating(annotating.file("mine.gmt", GOOD + ODD + SECOND))
    assert [record["set"] for record in records] == ["repair", "one", "unknown", "checkpoint"]
    assert [record["name"] for record in records] == ["DNA repair", "", "", ""]
    assert [bool(record["error"]) for record in records] == [False, True, True, False]
    assert records[2]["flags"] == ["4 of 4 genes are unknown: XXXA, XXXB, XXXC, XXXD"]
    assert [len(one.genes) for one in by_hand.asked[0]] == [5, 3]  # of the others nothing was asked
    table = pd.read_csv(annotating.out / "annotations.tsv", sep="\t", keep_default_na=False)
    assert table["set"].tolist() == ["repair", "one", "unknown", "checkpoint"]
    assert sorted(path.name for path in annotating.out.iterdir()) == [
        *("annotations.html", "annotations.jsonl", "annotations.tsv", "answers.json", "answers.jsonl"),
        *("enrichment.tsv", "enrichment.xlsx", "figures", "identifiers.tsv", "manifest.json", "methods.txt"),
    ]
    told = capsys.readouterr().out
    assert all(f"'{record['set']}': {record['error']}\n" in told for record in records[1:3])


def test_sets_of_several_files_are_named_by_their_file_and_alike_ones_share_a_group(annotating, by_hand):
    (annotating.out.parent / "other").mkdir()
    first = annotating.file("mine.gmt", GOOD + "one\tna\tBRCA1\n")
    second = annotating.file("other/mine.gmt", SECOND + GOOD + "one\tna\tBRCA1\nnothing\tna\tXXXA\n")
    records = annotating(first, second)
    assert [(record["list"], record["set"]) for record in records] == [
        ("mine", "repair"),
        ("mine", "one"),
        ("mine (2)", "checkpoint"),
        ("mine (2)", "repair"),
        ("mine (2)", "one"),
        ("mine (2)", "nothing"),
    ]
    assert [record["group"] for record in records] == [1, 2, 3, 1, 2, 4]
    assert len({record["id"] for record in records}) == 6


def test_identifiers_of_all_kinds_are_one_gene_each(annotating, by_hand):
    # BRCA1 is the first gene of the source, with Entrez id 1, and is listed by its symbol too; brca2 in small letters
    content = gmt(mixed=["1", "BRCA1", "ENSG00000000003.7", "brca2", "HGNC:4", "SEPT2", "2-Sep", "NOPE1"])
    (record,) = annotating(annotating.file("mine.gmt", content))
    assert [(gene["symbol"], gene["written"], gene["how"]) for gene in record["genes"]] == [
        ("BRCA1", "1", "id"),
        ("ATM", "ENSG00000000003.7", "id"),
        ("BRCA2", "brca2", "current (case)"),
        ("RAD51", "HGNC:4", "id"),
        ("SEPTIN2", "SEPT2", "previous"),
    ]
    assert [one["written"] for one in record["unmapped"]] == ["NOPE1"] and record["name"] == "DNA repair"


# runs


def test_an_equal_second_run_asks_nothing_and_writes_the_same(annotating, by_hand, monkeypatch):
    path = annotating.file("mine.gmt", GOOD + ODD + SECOND)
    first = annotating(path)
    before = folder_sha256(annotating.out)
    written = (annotating.out / "answers.jsonl").stat().st_mtime_ns

    def refuse(*given):
        raise AssertionError("the model was asked again")

    monkeypatch.setattr("reasonome.answering.asked_model.write_answers", refuse)
    assert annotating(path) == first
    assert (annotating.out / "answers.jsonl").stat().st_mtime_ns == written
    assert folder_sha256(annotating.out) == before


@pytest.mark.parametrize("change", [{"context": "blood"}, {"seed": 1}, {"max_new_tokens": 20}])
def test_what_changes_answers_asks_again(annotating, by_hand, change):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path)
    annotating(path, **change)
    assert len(by_hand.asked) == 2
    settings = read_manifest(annotating.out / "manifest.json")["settings"]
    assert settings.items() >= change.items()


def test_another_model_asks_again(annotating, by_hand):
    path = annotating.file("mine.gmt", GOOD)
    annotating(path)
    annotation_project.write_manifest(annotating.folder, "2")
    try:
        annotating(path)
        manifest = read_manifest(annotating.out / "manifest.json")
    finally:
        annotation_project.write_manifest(annotating.folder, "1")
    assert len(by_hand.asked) == 2
    assert manifest["model"]["of"] == "2"


# prompts


def test_ranked_genes_are_shown_from_the_first_as_far_as_they_fit(annotating, by_hand, monkeypatch):
    # An entry such as "FILL01, " is 8 tokens: seven characters, and a space. Six fit into 50.
    monkeypatch.setattr(prompt, "GENE_TOKENS", 50)
    library = annotating.file("mine.gmt", gmt(all=OTHERS))
    content = "gene\tscore\n" + "".join(f"{gene}\t{40 - place}\n" for place, gene in enumerate(OTHERS))
    (record,) = annotating(annotating.file("ranked.txt", content), libraries=[str(library)])
    assert by_hand.shown == [OTHERS[:6]]
    assert symbols(record) == OTHERS
    assert [gene["shown"] for gene in record["genes"]] == [True] * 6 + [False] * 34
    assert "the prompt had room for 6 of 40 genes" in record["flags"]
    assert [gene["weight"] for gene in record["genes"]][:3] == [40, 39, 38]


def test_a_prompt_that_the_model_cannot_read_whole_is_an_error_before_it_is_asked(tmp_path):
    questions = [ListQuestion(id=str(n), ranked=True, genes=OTHERS[:n], terms=[]) for n in (3, 40, 5)]
    messages = answers.TASK.prompt(questions[1], STYLE).messages
    needed = sum(count_tokens([message["content"] for message in messages])) + 32 + 96
    model = AskedWeights("mine", {}, tmp_path, tmp_path, [])
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": needed - 1}))
    asked = (answers.TASK, questions, STYLE, model, 96, "give fewer genes (--top)")
    with refused(field="--model", fix="give fewer genes (--top), or fewer --max-new-tokens"):
        check_context(*asked)
    for known in ({"max_position_embeddings": needed}, {}):
        (tmp_path / "config.json").write_text(json.dumps(known))
        check_context(*asked)


def test_the_one_question_has_the_genes_the_best_terms_and_what_people_said(annotating, by_hand):
    annotating(annotating.file("mine.gmt", GOOD), context="blood,\ntreated")
    [[asked]] = by_hand.asked
    told = answers.TASK.prompt(asked, STYLE).messages[1]["content"]
    assert f"in no order:\n{', '.join(asked.genes)}\n\nTerms" in told and sorted(asked.genes) == sorted(REPAIR)
    assert '"DNA repair" (5 of 5; ' in told
    assert "\nWhat is known of the list: blood, treated\n" in told
    annotating(annotating.file("other.gmt", GOOD))
    assert "What is known" not in answers.TASK.prompt(by_hand.asked[1][0], STYLE).messages[1]["content"]


# answers

SAID = 'BRCA1 and TTK act in "DNA repair", and less in "cell cycle".\nProcess: DNA repair\n'


def test_a_name_stands_beside_the_terms_and_what_is_cited_is_marked(annotating, by_hand, capsys):
    by_hand.answers = {"ATM": SAID, "RPL3": "RPL3 translates.\nProcess: protein making"}
    right, other = annotating(annotating.file("mine.gmt", GOOD + gmt(ribosome=RIBOSOME)))
    assert (right["name"], right["name_is_term"]) == ("DNA repair", True)
    assert [(part["text"], part["cites"], part["there"]) for part in right["paragraph"] if part["cites"]] == [
        *(("BRCA1", "gene", True), ("TTK", "gene", False)),
        *(("DNA repair", "term", True), ("cell cycle", "term", False)),
    ]
    assert (right["answer"], right["flags"]) == (SAID, [])
    assert (other["name"], other["name_is_term"]) == ("protein making", False)
    told = capsys.readouterr().out
    assert "mine: 'repair': the model suggests 'DNA repair': an enriched term\n" in told
    assert "2 names; of 5 genes and terms that they cite 3 are in the list or enriched in it, 2 are not" in told
    table = pd.read_csv(annotating.out / "annotations.tsv", sep="\t")
    assert table[["suggested_name", "name_is_enriched_term"]].values.tolist() == [
        ["DNA repair", True],
        ["protein making", False],
    ]
    assert table[["cited", "cited_wrongly"]].iloc[0].tolist() == ["BRCA1; DNA repair", "TTK; cell cycle"]


def test_a_list_without_an_enriched_term_is_tested_and_not_asked_about(annotating, by_hand):
    (record,) = annotating(annotating.file("mine.gmt", gmt(mine=["BRCA1", "TTK", "RPL3", *OTHERS[20:40]])))
    assert (record["enriched"], record["error"], record["name"], by_hand.asked) == ([], "", "", [])
    assert record["flags"] == [answers.NO_TERM]


def test_an_answer_without_a_name(annotating, by_hand):
    by_hand.answers = {"ATM": "DNA repair, I think."}
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert (record["name"], record["name_is_term"], record["error"]) == ("", None, "")
    assert record["flags"] == [answers.NO_NAME] and record["answer"] == "DNA repair, I think."


def test_what_stands_around_an_answer_and_an_end_at_the_limit_are_flags(annotating, by_hand):
    by_hand.cut = 1
    by_hand.answers = {"ATM": f"<unused94>thought\nProcess: x\n<unused95>{SAID}"}
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert record["name"] == "DNA repair"
    assert record["flags"] == [
        "1 of 1 answers ended at their limit of tokens: raise --max-new-tokens",
        "the answer was read without what stands around it: a thinking block before the answer (1)",
    ]


# the universe


def p_of_repair(record: dict) -> float:
    return next(term["p"] for term in record["enriched"] if term["id"] == "GO:0006281")


def test_a_file_of_the_universe_comes_before_that_of_the_tables_and_that_before_all_genes(annotating, by_hand, capsys):
    # All five genes of a set are the five of the term: one draw of C(universe, 5).
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert p_of_repair(record) == pytest.approx(1 / math.comb(57, 5))
    assert "the universe is all 57 protein-coding genes" in capsys.readouterr().out
    table = annotating.file("treated.csv", DESEQ2 + "".join(f"{gene},0,0.9\n" for gene in OTHERS[:5]))
    up, down = annotating(table)
    assert p_of_repair(up) == pytest.approx(1 / math.comb(10, 5))
    assert down["error"].startswith("no gene passes")
    assert "the universe is the 10 genes in the table 'treated'" in capsys.readouterr().out
    universe = annotating.file("universe.txt", "# tested\n" + "\n".join([*REPAIR, *OTHERS[:15]]) + "\n")
    up, _ = annotating(table, universe=str(universe))
    assert p_of_repair(up) == pytest.approx(1 / math.comb(20, 5))
    assert f"the universe is the 20 genes in {universe}" in capsys.readouterr().out
