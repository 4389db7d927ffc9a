"""The page: whole, self-contained, and deaf to whatever a model or a user puts into names and text."""

import html
import re
from dataclasses import replace

import pandas as pd
import pytest
import scored_model
from rendered_page import Elements, render, unpacked

from reasonome.apps.annotate import page as annotation_page
from reasonome.apps.rank import page as ranking_page
from reasonome.report import answers_table as of_answers
from reasonome.report import data_table, number_text, page, page_files, scores_section, tables
from reasonome.report.answers_table import answers_table, failure_kinds
from reasonome.report.evidence import ReportInputs
from reasonome.report.hypotheses import EXPLORATORY, sentences
from reasonome.report.plan import Hypothesis
from reasonome.tasks import TASKS

pytestmark = pytest.mark.slow

POISON = """<img src=x onerror="pwned=1"></script><script>pwned=1</script><!-- '"><a href=javascript:pwned>"""


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    arms = ["base", f"KW{POISON}", "$x$ & <b>"]
    return render(tmp_path_factory.mktemp("poisoned"), per_subset=5, arms=arms, poison=POISON)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return render(tmp_path_factory.mktemp("clean"), per_subset=5, arms=["base", "KW", "KW+RA"])


@pytest.fixture(scope="module")
def with_terms(tmp_path_factory):
    return render(tmp_path_factory.mktemp("terms"), per_subset=14, arms=["base", "KW", "KW+RA"], ontology=True)


def test_nothing_from_the_data_becomes_an_element_or_an_attribute(poisoned, rendered):
    found, clean = Elements(poisoned[0]), Elements(rendered[0])
    assert set(found.elements) == set(clean.elements)
    assert found.elements.count("script") == 3 and "img" not in found.elements
    assert found.elements.count("a") == clean.elements.count("a")
    for name, value in found.attributes:
        assert not name.startswith("on")
        assert "pwned" not in f"{name}{value}"


def test_what_was_injected_is_shown_as_text(poisoned):
    found = Elements(poisoned[0])
    assert any(POISON in text for text in found.text["th"])  # the arm's name, in a table
    assert any("KW<img src=x" in text for text in found.text["text"])  # and in the chart
    assert any("$x$ & <b>" in text for text in found.text["text"])
    comparisons, answers = (
        unpacked(text) for text in re.findall(r'<script type="text/plain">(.*?)</script>', poisoned[0])
    )
    assert f"KW{POISON}" in comparisons["a"] and f"KW{POISON}" in answers["arm"]
    assert any(POISON in text for text in answers["text"])


PAGES = [page, annotation_page, ranking_page]


@pytest.mark.parametrize("of", PAGES, ids=["report", "annotations", "rankings"])
def test_no_script_writes_markup(of):
    script = page_files.one_script(of.SCRIPTS)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch("):
        assert forbidden not in script


def test_the_page_loads_nothing_and_its_links_lead_somewhere(poisoned):
    attributes = Elements(poisoned[0]).attributes
    links = {value for name, value in attributes if name in ("src", "href", "xlink:href", "action")}
    assert links and links <= {f"#{value}" for name, value in attributes if name == "id"}
    assert "@import" not in poisoned[0] and "url(http" not in poisoned[0]


def test_the_page_holds_every_answer(with_terms):
    text, inputs = with_terms
    packed, count = answers_table(inputs.plan, inputs.evidence)
    assert packed in text and count == (3 + 7) * 42
    answers = unpacked(packed)
    assert answers["answers of"] == ["models"] * 3 * 42 + ["baselines"] * 7 * 42
    assert answers["arm"][:43] == ["base"] * 42 + ["KW"] and answers["arm"][-1] == "look_up"
    assert not {"backbone", "seed", "benchmark", "stratum"} & set(answers)  # the same for all, or unknown
    (_, table), *_ = inputs.evidence.evaluations
    for title, column in {
        "id": "id",
        "truth": "gold",
        "answer": "answer",
        "text": "text",
        "ROUGE-L": "rouge_l",
    }.items():
        expected = table[column].tolist()
        assert answers[title][:42] == (pytest.approx(expected, abs=1e-5) if title == "ROUGE-L" else expected), title
    claims = next(cell for cell in answers["claims, checked"] if "\n" in cell).split("\n")
    assert claims == ["APLF: DNA repair: true APLF: DNA repair (IDA)", "LIG3: not cell division: contradicted a fact"]
    assert ["no process", "empty think", "no usable name"] in [kinds[:3] for kinds in answers["failures"]]


def test_texts_are_cut_until_the_table_is_small_and_rows_end_at_the_most(with_terms, monkeypatch):
    _, inputs = with_terms
    monkeypatch.setattr(of_answers, "LONGEST", (2000, 10))
    monkeypatch.setattr(of_answers, "MOST_ROWS", 50)
    monkeypatch.setattr(of_answers, "MOST_BYTES", 2000)
    packed, count = answers_table(inputs.plan, inputs.evidence)
    answers = unpacked(packed)
    assert count == 420 and len(answers["arm"]) == 50
    assert answers["text"][0] == "Process: r …" or max(map(len, answers["text"])) == 12
    assert max(map(len, answers["truth"])) > 12, "what stands in the row is whole"


def test_of_more_rows_than_the_page_holds_it_says_where_the_others_are(with_terms, monkeypatch):
    _, inputs = with_terms
    for module in (page, of_answers, data_table):
        monkeypatch.setattr(module, "MOST_ROWS", 100)
    text = " ".join(page.render_page(inputs).split())
    assert "The first 100 of 420 rows; the files of all answers are named under" in text
    assert f"The first 100 of {len(inputs.comparisons)} rows; comparisons.tsv, beside this page, has all rows." in text


def list_failures(**columns) -> list[list[str]]:
    rows = max(len(values) for values in columns.values())
    table = pd.DataFrame({"id": [f"q{i}" for i in range(rows)], "subset": "bp"} | columns)
    return failure_kinds(table, TASKS["gene_set_naming"].report)


def test_kinds_of_failure():
    answers = ["", "BRCA1 repair", "BRCA1 repair", "DNA repair", "y"]
    kinds = list_failures(
        answer=answers,
        gold=["a", "a", "BRCA1 complex", "a", "a"],
        genes=["BRCA1 TP53"] * 5,
        problems=["no_process,empty_think"] + [""] * 4,
        truncated=[1.0] + [0.0] * 4,
        claims_contradicted=[0, 0, 0, 2, 0],
        foreign_genes=[0, 0, 0, 1, 0],
        relation=["none", "other branch", "same", "ancestor", "none"],
    )
    assert kinds == [
        ["no process", "empty think", "no usable name", "cut off"],
        ["copied a gene's symbol", "other branch"],
        [],  # the symbol is in the truth too
        ["claims contradicted", "genes that were not asked about", "too general"],
        ["linked to no term"],
    ]


def test_a_name_given_to_a_twentieth_of_the_questions_is_like_a_constant():
    names = ["Cell  cycle", "cell cycle", "cell cycle"] + [f"name {i}" for i in range(57)]
    assert [row for row, kinds in enumerate(list_failures(answer=names)) if kinds] == [0, 1, 2]
    assert not any(list_failures(answer=names + ["one more"]))  # 3 of 61
    assert not any(list_failures(answer=["a", "a", "b"]))  # too few to tell


def test_every_part_is_there(rendered):
    text = " ".join(html.unescape(rendered[0]).split())
    for said in (
        "nearest_prompt",
        "scored without an ontology",
        "Baselines that use the training data",
        "The models' own answers, shuffled",
        "On 36 held-out examples the reward was 2.310 before and 2.480 after: +0.170, 95 % interval +0.020 to +0.310;",
        "the best constant answer has 1.700, copied gene name 1.800.",
        "“cell division”",
        "were written by a language model",
        '"learning_rate": 0.0001',
        "scores2.parquet",
        "prefers-color-scheme: dark",
    ):
        assert said in text, said


def show_setting(inputs: ReportInputs) -> dict:
    setting = scores_section.Setting("demo-go", "names", "greedy")
    return scores_section.scores_section(inputs.plan, inputs.metrics, inputs.figures, setting)


def test_the_primary_metric_stands_first_and_a_ceiling_is_called_one(with_terms):
    _, inputs = with_terms
    shown = show_setting(inputs)
    columns = [("term_score", subset) for subset in ("mean", "bp", "cc", "mf")] + [("rouge_l", "mean")]
    assert [column[:2] for column in shown["scores"]["columns"][:5]] == columns
    titles = [title for title, _, _ in shown["scores"]["groups"]]
    assert titles[0] == "Models" and titles[-1] == "The models' own answers, shuffled"
    assert titles[-2] == "A ceiling, not a baseline to beat: it uses a database that holds the very term"
    own = inputs.metrics.query("chain != '' and arm == 'KW+RA' and metric == 'term_score' and subset == 'mean'")
    own = own[own["kind"] == "model"]
    _, are_models, rows = shown["scores"]["groups"][0]
    assert are_models and rows[2]["arm"] == "KW+RA" and rows[2]["cells"][0][1]["value"] == own["value"].item()


def test_the_page_opens_with_the_hypotheses_or_says_that_there_are_none(with_terms):
    text, inputs = with_terms
    assert EXPLORATORY in text[text.index("<h1>") : text.index("</header>")] and 'id="hypotheses"' not in text
    row = inputs.comparisons.query("a == 'KW+RA' and b == 'KW' and subset == 'mean' and metric == 'term_score'").iloc[0]
    setting = {name: row[name] for name in ("backbone", "benchmark", "style", "decoding")}
    one = Hypothesis(better=("KW+RA", "KW"), subset="mean", metric="term_score", **setting)
    comparisons = inputs.comparisons.copy()
    comparisons.loc[row.name, ["hypothesis", "p_holm"]] = ["1", row["p"]]
    plan = inputs.plan.model_copy(update={"hypotheses": [one]}).with_task(TASKS["gene_set_naming"])
    text = page.render_page(replace(inputs, plan=plan, comparisons=comparisons))
    [told] = sentences(plan, comparisons)
    head = html.unescape(text[text.index("<h1>") : text.index("</header>")])
    assert head.index(told) < head.index("made-up") and '<a href="#hypotheses">' in text
    section = section_text(text, "hypotheses", "results")
    assert section.count('<th scope="row">') == 1 and f"{row['clusters']} × 1" in section


def test_an_experiment_that_names_its_primary_metric_is_decided_by_it(with_terms):
    _, inputs = with_terms
    inputs = replace(inputs, plan=inputs.plan.model_copy(update={"primary": "rouge_l"}))
    shown = show_setting(inputs)
    assert shown["primary"] == "rouge_l" and shown["scores"]["columns"][0][0] == "rouge_l"
    text = page.render_page(inputs)
    assert "names its primary metric itself: <b>ROUGE-L</b>" in text and "is the <b>term score</b>" not in text


def test_every_comparison_is_in_the_page(with_terms):
    text, inputs = with_terms
    comparisons, _ = re.findall(r'<script type="text/plain">(.*?)</script>', text)
    shown = unpacked(comparisons)
    assert shown["a"] == inputs.comparisons["a"].tolist() and shown["b"] == inputs.comparisons["b"].tolist()
    assert shown["difference"] == pytest.approx(inputs.comparisons["difference"].tolist(), rel=1e-5)
    assert [p is not None for p in shown["p"]] == inputs.comparisons["p"].notna().tolist()
    assert {"error", "df"} <= set(shown) and "style" not in shown


def test_answers_without_a_trained_model_say_where_they_come_from(rendered):
    _, inputs = rendered
    told = {"file": "mine/gpt<b>.csv", "note": "fitted to <most>", "rows": 1043, "missing": 3}
    asked = {"asked": 12, "answers": 90, "models": ["m-1", "m-2"], "cost": 1.25}
    free = {"asked": 0, "models": ["m-3"], "cost": None}  # of no price
    text = page.render_page(replace(inputs, answering=[{"recorded": told}, asked, free, *inputs.answering[3:]]))
    section = section_text(text, "provenance", "costs")
    assert (
        "base on demo-go, names, greedy: file <b>mine/gpt&lt;b&gt;.csv</b>; note <b>fitted to &lt;most&gt;</b>"
        in section
    )
    assert "rows <b>1,043</b>; missing <b>3</b>." in section and "models <b>m-1, m-2</b>; cost <b>1.25</b>." in section
    assert "models <b>m-3</b>." in section and "None" not in section
    assert "These answers" not in section_text(rendered[0], "provenance", "costs")


def test_strata_and_contaminated_variants_have_their_columns(tmp_path, rendered):
    text, inputs = render(tmp_path, per_subset=6, arms=["base", "KW"], shares=(50, 75))
    shown = show_setting(inputs)
    assert [c.subset for c in shown["scores"]["columns"] if c.metric == "rouge_l"] == ["mean", "bp", "cc", "mf"]
    assert shown["sizes"] == [("understudied", 6), ("intermediate", 6), ("well-studied", 6)]
    found = inputs.metrics.query(
        "arm == 'KW' and seed == 'mean' and kind == 'model' and metric == 'rouge_l' and stratum == 'intermediate'"
    )
    _, _, rows = shown["strata"]["groups"][0]
    assert rows[1]["cells"][1][1]["value"] == found["value"].item()
    variants = [column[:2] for column in shown["further"]["columns"] if column.metric == "exact"]
    assert variants == [("exact", f"{subset}-{share}") for subset in ("bp", "cc", "mf") for share in (50, 75)]
    assert "6 understudied, 6 intermediate, 6 well-studied examples" in text
    assert "By how well the genes are studied" not in rendered[0]


def test_the_page_of_an_audit(rendered, snapshot):
    assert section_text(rendered[0], "audit", "provenance") == snapshot


def test_an_audit_without_leaks_says_so(rendered):
    _, inputs = rendered
    clean = inputs.leaks | {"findings": inputs.leaks["findings"][:1], "same_source": []}
    text = page.render_page(replace(inputs, leaks=clean))
    assert "No leak remains." in text and '<tr class="leak">' not in text and "From one source" not in text


def section_text(text: str, name: str, following: str) -> str:
    return text[text.index(f'<section id="{name}">') : text.index(f'<section id="{following}">')]


def test_a_step_that_is_a_placebo_says_so(rendered):
    text, inputs = rendered
    assert "A placebo" not in section_text(text, "training", "audit")
    placebos = page.render_page(replace(inputs, steps=[replace(step, placebo=True) for step in inputs.steps]))
    section = section_text(placebos, "training", "audit")
    assert section.count("<strong>A placebo</strong>: each completion was rewarded") == len(inputs.steps) > 0


def test_a_benchmark_without_the_primary_metric_shows_what_stands_for_it(tmp_path):
    rows = [row | {"benchmark": "other"} for row in scored_model.METRICS if row["metric"] != "term_score"]
    metrics = pd.DataFrame([*scored_model.METRICS, *rows], columns=tables.METRIC_COLUMNS)
    plan = scored_model.plan()
    asked = [evaluation.model_copy(update={"benchmark": "other"}) for evaluation in plan.evaluations]
    plan = plan.model_copy(update={"evaluations": [*plan.evaluations, *asked]})
    (tmp_path / "ablation").mkdir()
    shown = []
    for benchmark in ("demo-go", "other"):
        setting = scores_section.Setting(benchmark, "names", "greedy")
        (tmp_path / "ablation" / f"{scored_model.BACKBONE}.{'.'.join(setting)}.svg").write_text("<svg/>")
        section = scores_section.scores_section(plan, metrics, tmp_path, setting)
        shown.append((section["primary"], section["n"]))
    assert shown == [("term_score", 90), ("rouge_l", 90)]


def test_numbers_are_written_for_people():
    assert number_text.escaped("a|b") == "a\\|b"
    assert number_text.escaped("<b> &\n x") == "&lt;b&gt; &amp; x"
    assert number_text.escaped("nearest_set _x_ *y*") == "nearest_set \\_x\\_ \\*y\\*"
    assert number_text.p_value(0.051) == "0.051" and number_text.p_value(0.0499) == "0.050"
    assert number_text.p_value(0.0001) == "<\u00a00.001" and number_text.p_value(float("nan")) == ""
    assert number_text.signed(-0.0421) == "−0.042" and number_text.signed(0.5) == "+0.500"
    assert number_text.score(0.12345) == "0.123" and number_text.score(41.26, 1) == "41.3"
    assert number_text.plain([1234, "a", *range(30)]).startswith("1,234, a, 0, 1,")
    assert data_table.numbers([1 / 3, float("nan")]) == [0.333333, None]
