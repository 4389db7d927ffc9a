"""Annotation from files to files: what is asked, what is made of the answers, and what a second run does."""

import json
import math

import annotation_project
import pandas as pd
import pytest
from annotation_project import ANSWER, GOOD, OTHERS, REPAIR, RIBOSOME, SECOND, SPINDLE
from refusals import refused

from reasonome.answering.asked_model import AskedWeights
from reasonome.apps.annotate import answers
from reasonome.apps.run import check_context
from reasonome.config.annotations import Annotation
from reasonome.config.styles import count_tokens
from reasonome.core.manifest import folder_sha256, read_manifest
from reasonome.task_parts import BenchmarkJob
from reasonome.tasks.naming.prompt_terms import HeldOut, with_enriched_terms
from reasonome.tasks.naming.prompting import terms_tests
from reasonome.tasks.naming.questions import Example, Gene

ODD = "one\tna\tBRCA1\nunknown\tna\tXXXA\tXXXB\tXXXC\tXXXD\n"
DESEQ2 = "gene,log2FoldChange,padj\n" + "".join(
    f"{gene},{change},0.001\n" for gene, change in zip(REPAIR, (3, 5, 1, 4, 2), strict=True)
)


def gmt(**sets: list[str]) -> str:
    return "".join(f"{name}\tna\t" + "\t".join(genes) + "\n" for name, genes in sets.items())


def answer(name: str, *steps: str) -> str:
    return f"Process: {name}\nReasoning:\n" + "\n".join(f"<think>{step}</think>" for step in steps)


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
    assert table["supporting_genes"][0] == "; ".join(REPAIR)
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
    first = annotating(path, samples=3)
    before = folder_sha256(annotating.out)
    written = (annotating.out / "answers.jsonl").stat().st_mtime_ns

    def refuse(*given):
        raise AssertionError("the model was asked again")

    monkeypatch.setattr("reasonome.answering.asked_model.write_answers", refuse)
    assert annotating(path, samples=3) == first
    assert (annotating.out / "answers.jsonl").stat().st_mtime_ns == written
    assert folder_sha256(annotating.out) == before


@pytest.mark.parametrize("change", [{"style": "names"}, {"seed": 1}, {"samples": 2}, {"max_new_tokens": 20}])
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


def test_ranked_genes_are_shown_from_the_first_as_far_as_they_fit(annotating, by_hand):
    # Ranks 1 to 40 in the order 1, 8, 15, … of the file. An entry such as "FILL01 (gene 18); " is 15 tokens: eleven
    # characters, and eight small letters and spaces. Seven fit into 110.
    places = [place * 7 % 40 for place in range(40)]
    content = "gene\tscore\n" + "".join(f"{OTHERS[place]}\t{40 - place}\n" for place in places)
    (record,) = annotating(annotating.file("ranked.txt", content), style="tight")
    assert by_hand.shown == [OTHERS[:7]]
    assert symbols(record) == OTHERS
    assert [gene["shown"] for gene in record["genes"]] == [True] * 7 + [False] * 33
    assert [gene["weight"] for gene in record["genes"]][:3] == [40, 39, 38]


def test_a_prompt_that_the_model_cannot_read_whole_is_an_error_before_it_is_asked(annotating, tmp_path):
    """OTHERS are forty entries such as "FILL01 (gene 18)"; 96 tokens are for the answer."""
    style = annotating.project.style("demo-go", "names")
    settings = Annotation(sets=["mine.gmt"], max_new_tokens=96)
    genes = [Gene(symbol=symbol, name=f"gene {n}") for n, symbol in enumerate(OTHERS, 18)]
    examples = [Example(id=str(n), subset="sets", name="unknown", genes=genes[:n]) for n in (3, 40, 5)]
    examples = [answers.TASK.with_choice(one, style) for one in examples]
    listing = "Genes: " + "; ".join(f"{gene.symbol} ({gene.name})" for gene in genes)
    needed = sum(count_tokens([style.system.replace("{kind}", style.any_kind), listing])) + 32 + 96
    model = AskedWeights("mine", {}, tmp_path, tmp_path, [])
    (tmp_path / "config.json").write_text(json.dumps({"max_position_embeddings": needed - 1}))
    asked = (answers.TASK, examples, style, model, settings.max_new_tokens, ", about fewer genes (--top)")
    with refused(fix="ask in a style with a smaller budget_tokens"):
        check_context(*asked)
    for known in ({"max_position_embeddings": needed}, {}):
        (tmp_path / "config.json").write_text(json.dumps(known))
        check_context(*asked)


def test_prompts_show_facts_and_never_what_is_denied(annotating, by_hand):
    annotating(annotating.file("mine.gmt", SECOND))
    facts = {gene.symbol: [(fact.relation, fact.object) for fact in gene.facts] for gene in by_hand.asked[0][0].genes}
    assert facts == dict.fromkeys(SPINDLE, [("involved_in", "mitotic spindle assembly checkpoint")])


def test_prompts_of_the_style_enriched_show_the_terms_and_the_page_says_so(annotating, by_hand):
    style = annotating.project.styles("gene_set_naming")["enriched"]
    (record,) = annotating(annotating.file("mine.gmt", GOOD), style="enriched")
    [[asked]] = by_hand.asked
    # Of GO alone, as benchmarks show them; the pathway that is enriched too is of another library.
    assert [(term.library, term.name, term.overlap, term.drawn) for term in asked.enriched] == [
        ("GO BP", "DNA repair", 5, 5),
        ("GO BP", "biological_process", 5, 5),
    ]
    told = answers.TASK.prompt(asked, style).messages[1]["content"]
    assert told.startswith("DNA repair (100%, 100%)\nbiological_process (100%, 9%)\n\nGenes: BRCA1 (gene 1); ")
    assert record["standing"] == "same"
    assert "the prompts show the enriched terms" in (annotating.out / "annotations.html").read_text(encoding="utf-8")


def test_benchmark_and_annotate_ask_the_same_question_about_the_same_genes(annotating, by_hand):
    project = annotating.project
    annotating(annotating.file("mine.gmt", GOOD + SECOND), style="enriched")
    asked = by_hand.asked[0]
    task, style = answers.TASK, project.style("demo-go", "enriched")
    names = {gene.symbol: gene.name for example in asked for gene in example.genes}
    # The genes are listed otherwise in a benchmark's rows, by the alphabet.
    rows = [
        Example(
            id=number,
            subset="bp",
            name="unknown",
            genes=[Gene(symbol=symbol, name=names[symbol]) for symbol in sorted(genes)],
            kind="biological process",
            withheld="nothing",
        )
        for number, genes in (("first", REPAIR), ("second", SPINDLE))
    ]
    found = task.files.prompting(project, "demo-go", "enriched")
    spec = project.benchmarks["demo-go"]
    tests = terms_tests(BenchmarkJob(benchmark=spec, style=style, files=found.files, further=found.settings))
    rows = with_enriched_terms(rows, tests, style.terms, 0.5, HeldOut(), style.seed)
    texts = [[message["content"] for message in task.prompt(row, style).messages] for row in rows]
    assert texts == [[message["content"] for message in task.prompt(one, style).messages] for one in asked]
    assert "DNA repair (100%, 100%)" in texts[0][1]


# answers

TIED = [
    (answer("DNA repair", "The likeliest wins."), -2.0, 2),
    (answer("dna repair.", "Second."), -0.5, 1),
    (answer("Translation", "ATM does."), -0.1, 1),
    (answer("Translation", "BRCA1 does."), -3.0, 1),
    ("nothing", None, 0),
]


def test_of_names_that_as_many_samples_give_the_likeliest_is_taken(annotating, by_hand):
    by_hand.answers = {"ATM": TIED}
    (record,) = annotating(annotating.file("mine.gmt", GOOD), samples=5)
    assert record["name"] == "Translation"
    assert record["reasoning"] == "ATM does."
    # Of the two samples that give it.
    assert record["confidence"] == pytest.approx((math.exp(-0.1) + math.exp(-3)) / 2)
    assert record["confidence_kind"] == "probability of its words"
    assert record["agreement"] == 1 / 4
    # The one behind the name, and the others from the likeliest on: e^-0.5, e^(-2/2), e^-3, none.
    names = [sample["name"] for sample in record["samples"]]
    assert names == ["Translation", "dna repair.", "DNA repair", "Translation", ""]
    assert record["samples"][4]["text"] == "nothing"


def test_the_name_of_most_samples_is_taken_over_a_likelier_one(annotating, by_hand):
    by_hand.answers = {"ATM": [*TIED[:3], (answer("DNA  REPAIR", "Third."), -9.0, 3), TIED[4]]}
    (record,) = annotating(annotating.file("mine.gmt", GOOD), samples=5)
    assert (record["name"], record["agreement"]) == ("dna repair.", 2 / 4)
    assert record["confidence"] == pytest.approx((math.exp(-0.5) + math.exp(-2 / 2) + math.exp(-9 / 3)) / 3)
    assert record["reasoning"] == "Second."


def test_a_name_that_no_other_answer_gives_is_flagged_as_a_guess(annotating, by_hand):
    guess = "no two answers agree on a name: this one is a guess"
    by_hand.answers = {"ATM": [TIED[0], TIED[2], TIED[4]]}
    (record,) = annotating(annotating.file("mine.gmt", GOOD), samples=3)
    assert (record["name"], record["agreement"]) == ("Translation", 0) and guess in record["flags"]
    by_hand.answers = {"ATM": TIED}
    (record,) = annotating(annotating.file("mine.gmt", GOOD), samples=5)
    assert guess not in record["flags"]


def test_a_stated_confidence_is_taken_where_the_style_asks_for_one(annotating, by_hand):
    by_hand.answers = {"ATM": f"{ANSWER}\nConfidence: 85", "BUB1": ANSWER}
    stated, silent = annotating(annotating.file("mine.gmt", GOOD + SECOND), style="confidence")
    assert (stated["confidence"], stated["confidence_kind"]) == (0.85, "stated")
    assert (silent["confidence_kind"], silent["problems"]) == ("probability of its words", ["no_confidence"])


def test_claims_are_supported_unknown_or_contradicted_and_genes_support_or_do_not(annotating, by_hand):
    steps = [f"{gene} takes part in DNA repair." for gene in ("BRCA1", "BUB1", "FILL01")] + ["ATM glows."]
    by_hand.answers = {"ATM": answer("DNA repair", *steps)}
    (record,) = annotating(annotating.file("mine.gmt", gmt(mine=["FILL01", "BUB1", *REPAIR])))
    verdicts = {claim["gene"]: claim["verdict"] for claim in record["claims"]}
    assert verdicts == {"BRCA1": "supported", "BUB1": "contradicted", "FILL01": "unknown"}
    assert record["unchecked"] == ["ATM glows."]
    assert record["supporting_genes"] == REPAIR  # the term of that name is enriched by them
    assert record["other_genes"] == ["FILL01", "BUB1"]
    assert (record["nearest_term"], record["likeness"]) == ("DNA repair", 1)
    table = pd.read_csv(annotating.out / "annotations.tsv", sep="\t")
    counts = table[["claims_supported", "claims_unknown", "claims_contradicted"]].iloc[0].tolist()
    assert counts == [1, 1, 1]


def test_a_true_claim_that_has_nothing_to_do_with_the_name_supports_nothing(annotating, by_hand):
    by_hand.answers = {"ATM": answer("Oxidation", "BRCA1 takes part in DNA repair.")}
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert [claim["verdict"] for claim in record["claims"]] == ["supported"]
    assert (record["supporting_genes"], record["other_genes"]) == ([], REPAIR)
    assert (record["standing"], record["likeness"]) == ("none", 0)


def test_terminal_and_table_say_which_names_are_an_enriched_term(annotating, by_hand, capsys):
    by_hand.answers = {"RPL3": answer("DNA repair", "RPL3 acts in DNA repair.")}
    right, wrong = annotating(annotating.file("mine.gmt", GOOD + gmt(ribosome=RIBOSOME)))
    assert (right["standing"], right["supporting_genes"], right["other_genes"]) == ("same", REPAIR, [])
    assert (wrong["standing"], wrong["supporting_genes"], wrong["other_genes"]) == ("none", [], RIBOSOME)
    told = "the model's names: 1 the same as an enriched term, 0 near one, 1 near none, 0 without a name\n"
    assert told in capsys.readouterr().out
    table = pd.read_csv(annotating.out / "annotations.tsv", sep="\t")
    assert table["suggested_name"].tolist() == ["DNA repair", "DNA repair"]
    assert table["name_standing"].tolist() == ["same", "none"]


@pytest.mark.parametrize("text", ["", "DNA repair, I think.", "Process:\nReasoning:\n<think>BRCA1.</think>"])
def test_an_answer_without_a_name(annotating, by_hand, text):
    by_hand.answers = {"ATM": (text, None, 0)}
    (record,) = annotating(annotating.file("mine.gmt", GOOD))
    assert (record["name"], record["abstained"], record["error"]) == ("", False, "")
    assert record["problems"]
    assert (record["confidence"], record["confidence_kind"]) == (None, "")
    assert (record["supporting_genes"], record["other_genes"]) == ([], REPAIR)
    assert record["enriched"][0]["name"] == "DNA repair"


def test_answers_that_ended_at_their_limit_are_counted(annotating, by_hand):
    by_hand.cut = 2
    (record,) = annotating(annotating.file("mine.gmt", GOOD), samples=3)
    assert "2 of 3 answers ended at their limit of tokens: raise --max-new-tokens" in record["flags"]
    by_hand.cut = 0
    (record,) = annotating(annotating.file("other.gmt", GOOD), samples=3)
    assert not [flag for flag in record["flags"] if "limit" in flag]


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
