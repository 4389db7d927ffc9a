"""What a report tells of answers beside the enriched terms that prompts show, by hand, and on the page."""

from types import SimpleNamespace

import pandas as pd
import pytest
import toy_background as toy
from rendered_page import Elements, report_inputs
from synthetic_experiment import write_plan
from test_choosing import ByLength
from toy_background import DEEP, X, Y, Z

from reasonome.answering.rows import AnswerRow
from reasonome.report.evidence import Evidence
from reasonome.report.page import render_page
from reasonome.tasks.naming import report, scoring
from reasonome.tasks.naming.background import Background
from reasonome.tasks.naming.background_table import background_table
from reasonome.tasks.naming.baselines import baseline_scores
from reasonome.tasks.naming.metrics import Judges, TermScorer
from reasonome.tasks.naming.questions import Example, Gene, ShownTerm
from reasonome.tasks.naming.settings import NamingStyle
from reasonome.tasks.naming.task import GeneSetNaming

POISON = "<img src=x onerror=alert(1)>"
STYLE = NamingStyle(system="", user="{terms}", reasoning="none", terms={"most": 9, "budget_tokens": 300})


def shown(name, id):
    return ShownTerm(library="GO BP", id=id, name=name, overlap=2, drawn=3, size=9)


def asked(id, name, size, *terms, **more):
    genes = [Gene(symbol=f"g{i}") for i in range(size)]
    return Example(id=id, subset="bp", name=name, genes=genes, enriched=list(terms), **more)


def questions():
    """Two small sets and one of six genes; deep process and beta repair are relatives of alpha-repair and gamma
    transport, and "elsewhere" is none."""
    relatives = shown("deep process", DEEP), shown("beta repair", Y)
    return [
        asked(X, "alpha-repair", 3, *relatives),
        asked(Z, "gamma transport", 6, *relatives),
        asked("GO:9", "alpha repair of cells", 3, shown("elsewhere", "R:1"), shown(f"nowhere{POISON}", "R:2")),
    ]


ANSWERS = {X: "alpha repairs", Z: "beta repair", "GO:9": f"nowhere{POISON}"}


@pytest.fixture(scope="module")
def judges(tmp_path_factory) -> Judges:
    ontology = toy.ontology(tmp_path_factory.mktemp("toy"))
    background = Background(background_table(toy.facts(), {"go": ontology}, toy.benchmark()))
    return Judges({"length": ByLength()}, TermScorer(background, {}))


def scored(judges, answers=ANSWERS):
    rows = [AnswerRow(id=id, subset="bp", text=f"Process: {name}") for id, name in answers.items()]
    table = scoring.score_answers(GeneSetNaming(), STYLE, questions(), rows, judges, seed=0)
    baselines = baseline_scores([], questions(), STYLE, judges, 0)
    return table, baselines


def evaluation(style="enriched", arm="SFT"):
    return SimpleNamespace(
        backbone="small", arm=arm, seed=0, benchmark="enriched", style=style, decoding="greedy", chain="sft.x-s0"
    )


@pytest.fixture(scope="module")
def tables(judges, tmp_path_factory) -> tuple[dict[str, pd.DataFrame], pd.DataFrame]:
    folder = tmp_path_factory.mktemp("own")
    table, baselines = scored(judges)
    evidence = Evidence(
        [(evaluation(), table), (evaluation("enriched-first"), table)],
        {("enriched", "enriched"): baselines, ("enriched", "enriched-first"): baselines},
    )
    written = report.write_tables(evidence, ["enriched-first"], folder, 0)
    return written, pd.read_csv(folder / "answers.tsv", sep="\t")


def of(table, **labels):
    for name, value in labels.items():
        table = table[table[name] == value]
    return table.set_index("part")["value"].to_dict()


def test_a_score_is_split_into_choosing_and_composing(tables):
    """ROUGE-L of "alpha repairs" with "alpha-repair" is 1; its nearest shown term by length is "deep process" (12
    letters to 13), which scores 0. The copies are their own nearest terms, and score 0 too, as do all first terms."""
    split = tables[0]["split"]
    ours = of(split, style="enriched", subset="bp", metric="rouge_l")
    third = pytest.approx(1 / 3)
    assert ours == {"answers": third, "nearest shown": 0, "first term": 0, "composing": third, "choosing": 0}
    assert of(split, style="enriched", subset="mean", metric="rouge_l") == ours
    assert set(split["metric"]) == {"rouge_l", "similarity", "term_score"}
    # Similarity is 1/(1 + the difference of lengths). The nearest terms have 12, 11 and 35 letters, the first ones 12,
    # 12 and 9, and the truths 12, 15 and 21.
    similarity = of(split, style="enriched", subset="bp", metric="similarity")
    assert similarity["nearest shown"] == pytest.approx((1 + 1 / 5 + 1 / 15) / 3, abs=1e-6)
    assert similarity["first term"] == pytest.approx((1 + 1 / 4 + 1 / 13) / 3, abs=1e-6)
    assert similarity["choosing"] == pytest.approx((1 / 5 - 1 / 4 + 1 / 15 - 1 / 13) / 3, abs=1e-6)
    assert set(split["style"]) == {"enriched", "enriched-first"}


def test_scores_by_stratum_beside_the_baselines_on_shown_terms(tables):
    strata = tables[0]["strata"]
    ours = strata[strata["arm"] == "SFT"]
    assert set(ours["style"]) == {"enriched"}  # no control
    assert of(ours, metric="rouge_l") == {
        "≤ 5 genes": 0.5,
        "6–19 genes": 0,
        "a relative": 0.5,
        "neither": 0,
    }
    assert ours[ours["metric"] == "rouge_l"].set_index("part")["n"].to_dict() == {
        "≤ 5 genes": 2,
        "6–19 genes": 1,
        "a relative": 2,
        "neither": 1,
    }
    assert set(strata["arm"]) == {"SFT", "first_term", "largest_jaccard", "best_shown"}
    # "beta repair" shares a word of two with "alpha-repair", and is the best of what is shown.
    assert of(strata[strata["arm"] == "best_shown"], metric="rouge_l")["a relative"] == 0.25


def test_relations_to_the_truth(tables):
    # "alpha repairs" is linked to nothing without an encoder of terms, "beta repair" is a sibling of gamma transport.
    found = of(tables[0]["relations"], style="enriched")
    assert {name: share for name, share in found.items() if share} == {
        "sibling": pytest.approx(1 / 3),
        "none": pytest.approx(2 / 3),
        "distinct names": 1,
    }


def test_answers_to_read_are_drawn_and_the_worst(tables):
    read = tables[1]
    assert set(read["style"]) == {"enriched"}
    assert read["which"].value_counts().to_dict() == {"drawn at random": 3, "worst": 3}
    worst = read[read["which"] == "worst"]
    assert worst["rouge_l"].tolist() == [0, 0, 1] and worst["gold"].tolist()[-1] == "alpha-repair"


def test_answers_to_questions_without_terms_have_no_such_tables(tmp_path):
    evidence = Evidence([(evaluation(), pd.DataFrame({"id": ["a"], "answer": ["x"]}))], {})
    assert report.write_tables(evidence, [], tmp_path, 0) == {} and not any(tmp_path.iterdir())
    assert report.section(evidence, tmp_path) == {}


@pytest.mark.slow
def test_the_page_tells_it_and_escapes_what_models_wrote(judges, tmp_path):
    table, baselines = scored(judges)
    evaluations = []
    baselines.to_parquet(tmp_path / "baselines.parquet")
    for arm, chain in (("base", "base"), (f"SFT{POISON}", "sft.names-s0")):
        table.to_parquet(tmp_path / f"{chain}.parquet")
        cell = {"backbone": "smollm2-135m", "arm": arm, "chain": chain, "seed": 0, "benchmark": "enriched"}
        files = {"scores": str(tmp_path / f"{chain}.parquet"), "run": str(tmp_path / "answers.run.json")}
        evaluations.append(cell | {"style": "enriched", "decoding": "greedy"} | files)
    leaks = {"experiment": "x", "findings": [], "same_source": [], "not_compared": {}}
    plan = write_plan(
        tmp_path,
        "enriched",
        ["sft.names-s0"],
        {"rows": {"test": 3}},
        leaks,
        experiment="enriched",
        task="gene_set_naming",
        arms=["base", f"SFT{POISON}"],
        evaluations=evaluations,
        baselines=[{"benchmark": "enriched", "style": "enriched", "path": str(tmp_path / "baselines.parquet")}],
    )
    page = render_page(report_inputs(plan))
    assert POISON not in page and "img" not in Elements(page).elements
    assert '<a href="#choosing">' in page and '<section id="choosing">' in page
    assert "+0.333" in page and "a relative" in page and "copies of a shown term" in page
