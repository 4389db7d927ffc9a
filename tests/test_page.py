"""The page: whole, self-contained, and deaf to whatever a model or a user puts into names and text."""

import json
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from synthetic_experiment import write_experiment

from reasonome.errors import InputError
from reasonome.report import costs, figures, page, tables
from reasonome.report.evidence import (
    count_reasoning,
    read_evidence,
    read_json,
    read_leaks,
    read_statistics,
    read_step,
)
from reasonome.report.figures import spread, themed_svg, write_figures
from reasonome.report.plan import read_plan

POISON = """<img src=x onerror="pwned=1"></script><script>pwned=1</script><!-- '"><a href=javascript:pwned>"""


def render(folder: Path, **made) -> tuple[str, page.ReportInputs]:
    plan = read_plan(write_experiment(folder, **made))
    evidence = read_evidence(plan)
    metrics = tables.metrics_table(plan, evidence, resamples=100)
    inputs = page.ReportInputs(
        plan=plan,
        metrics=metrics,
        comparisons=tables.comparisons_table(plan, evidence, resamples=100),
        evidence=evidence,
        steps=[read_step(step) for step in plan.steps],
        figures=folder / "figures",
        audits={name: read_json(path) for name, path in plan.audits.items()},
        leaks=read_leaks(folder / "leaks.json"),
        reasoning=[(reasoning, count_reasoning(reasoning)) for reasoning in plan.reasoning],
        costs=costs.costs_table(plan).astype(str),
        corpora={corpus.name: read_statistics(corpus.statistics) for corpus in plan.corpora},
    )
    write_figures(inputs.figures, plan, tables.of_all_strata(metrics), inputs.steps, inputs.corpora)
    return page.render_page(inputs), inputs


class Elements(HTMLParser):
    """Every element and attribute of a page, and the text of elements by their name."""

    def __init__(self, text: str):
        super().__init__()
        self.elements, self.attributes, self.text, self._open = [], [], {}, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes += attrs
        self._open.append(tag)

    def handle_endtag(self, tag):
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open:
            self.text.setdefault(self._open[-1], []).append(data)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    arms = ["base", f"KW{POISON}", "$x$ & <b>"]
    return render(tmp_path_factory.mktemp("poisoned"), per_subset=4, arms=arms, poison=POISON)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return render(tmp_path_factory.mktemp("clean"), per_subset=4, arms=["base", "KW", "KW+RA"])


def test_nothing_from_the_data_becomes_an_element_or_an_attribute(poisoned, rendered):
    found, clean = Elements(poisoned[0]), Elements(rendered[0])
    assert set(found.elements) == set(clean.elements)
    assert found.elements.count("script") == 2 and "img" not in found.elements
    assert found.elements.count("a") == clean.elements.count("a")
    for name, value in found.attributes:
        assert not name.startswith("on")
        assert "pwned" not in f"{name}{value}"


def test_what_was_injected_is_shown_as_text(poisoned):
    found = Elements(poisoned[0])
    assert any(POISON in text for text in found.text["th"])  # the arm's name, in a table
    assert any("KW<img src=x" in text for text in found.text["text"])  # and in the chart
    assert any("$x$ & <b>" in text for text in found.text["text"])
    assert any(POISON in json.loads(text)["rows"][0][4] for text in found.text["script"] if text[0] == "{")


def test_the_script_never_writes_markup():
    script = (page.HERE / "browser.js").read_text()
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch("):
        assert forbidden not in script


def test_the_page_loads_nothing(poisoned):
    links = [v for n, v in Elements(poisoned[0]).attributes if n in ("src", "href", "xlink:href", "action")]
    assert links and all(link.startswith("#") for link in links)
    assert "@import" not in poisoned[0] and "url(http" not in poisoned[0]


def test_the_page_holds_every_answer_once(rendered):
    text, inputs = rendered
    data = page.answers_data(inputs.evidence)
    assert len(data["rows"]) == 3 * 12
    assert data["facets"] == ["backbone", "arm", "seed", "benchmark", "style", "decoding"]
    assert json.dumps(data["rows"][7], separators=(",", ":"), ensure_ascii=False).replace("<", "\\u003c") in text
    run, example = data["rows"][0][:2]
    assert data["runs"][run][data["facets"].index("arm")] == "base"
    assert data["examples"][example][2:5] == ("bp", "GO:0000000", "transport of cargo 0")


def test_an_example_is_stored_once_for_all_arms(tmp_path):
    plan = read_plan(write_experiment(tmp_path, per_subset=5, arms=["base", "KW"]))
    for path in ("scores0.parquet", "scores1.parquet"):
        pd.read_parquet(tmp_path / path).assign(genes_left_out=0).to_parquet(tmp_path / path)
    assert len(page.answers_data(read_evidence(plan))["examples"]) == 15


def test_unknown_scores_are_null_not_nan(tmp_path):
    plan = read_plan(write_experiment(tmp_path, per_subset=2, arms=["base"]))
    scores = pd.read_parquet(tmp_path / "scores0.parquet").assign(logprob=float("nan"), problems=None)
    scores.to_parquet(tmp_path / "scores0.parquet")
    data = page.answers_data(read_evidence(plan))
    assert data["rows"][0][8 + data["metrics"].index("logprob")] is None
    assert data["rows"][0][6] == ""


def test_every_part_is_there(rendered):
    text, _ = rendered
    for said in (
        "nearest_prompt",
        "Floors that use the training data",
        "own answers, shuffled",
        "n.s. (",
        "no group",
        "dropped: one step only",
        "rows › train",
        "qwen3-0.6b on demo-go, style names",
        "This teacher was told the true name",
        "no usable name",
        "The best constant answer is “cell division”; dashed in the curves is what it earns on the training prompts.",
        "was 0.402 on average over the first quarter of\nthe steps and 0.498 over the last",
        "Reward on 36 held-out examples",
        "were written by a language model",
        "&#34;learning_rate&#34;: 0.0001",
        "prefers-color-scheme: dark",
    ):
        assert said in text, said


def test_strata_and_contaminated_variants_have_their_tables(tmp_path, rendered):
    text, inputs = render(tmp_path, per_subset=6, arms=["base", "KW"], shares=(50, 100))
    metrics = inputs.metrics
    shown = page._setting(inputs, "demo-go", "names", "greedy")
    # The means of the main table, and ROUGE-L of the subsets that they are of.
    assert [c for c in shown["scores"]["columns"] if c.metric == "rouge_l"] == [
        ("rouge_l", subset, "") for subset in ("mean", "bp", "cc", "mf")
    ]
    strata = shown["strata"]
    assert strata["sizes"] == [("understudied", 6), ("intermediate", 6), ("well-studied", 6)]
    assert strata["columns"][:2] == [("rouge_l", "mean", "understudied"), ("rouge_l", "mean", "intermediate")]
    found = metrics.query("arm == 'KW' and kind == 'model' and metric == 'rouge_l' and stratum == 'intermediate'")
    title, are_models, rows = strata["groups"][0]
    assert (title, are_models, rows[1]["arm"]) == ("Models", True, "KW")
    assert rows[1]["cells"][1][1].value == found["value"].item()
    assert [metric for metric, _ in shown["variants"]] == ["rouge_l", "exact", "abstained"]
    table = shown["variants"][2][1]
    assert [c.subset for c in table["columns"][:4]] == ["bp", "bp-50", "bp-100", "cc"]
    assert [title for title, _, _ in table["groups"]] == ["Models"]  # no floor abstains
    abstained = metrics.query("arm == 'base' and metric == 'abstained' and subset == 'bp-100'")
    assert table["groups"][0][2][0]["cells"][2][1].value == abstained["value"].item()
    assert "6 understudied, 6 intermediate, 6 well-studied examples" in text
    assert "Floors that use the facts chosen for the prompt" in text
    plain, _ = rendered
    assert "By how well the genes are studied" in text and "By how well the genes are studied" not in plain
    assert "Contaminated variants" in text and "Contaminated variants" not in plain


def test_the_leak_audit_marks_what_remains_and_names_one_source(rendered):
    text, _ = rendered
    section = text[text.index('<section id="audit">') : text.index('<section id="provenance">')]
    for said in (
        "Leaks remain in 2 of the rows below",
        "Highest Jaccard index: 0.490, of GO:1 &#39;x&#39; ~ GO:2 &#39;y&#39;.",
        "test sets of <b>demo-go</b>: msigdb",
        '<td class="number">43,200</td><td class="number">12</td><td class="number">12</td><td class="number">0</td>',
        "train.jsonl:17",
        '<td class="number">10.0%</td><td>report</td>',
        "rows › train",
    ):
        assert said in section, said
    assert section.count('<tr class="leak">') == 2


def test_an_audit_without_leaks_says_so(rendered):
    _, inputs = rendered
    clean = {**inputs.leaks, "findings": inputs.leaks["findings"][:1], "same_source": []}
    text = page.render_page(replace(inputs, leaks=clean))
    assert "No leak remains." in text and '<tr class="leak">' not in text and "from one source" not in text


def test_a_file_that_is_no_leak_audit_is_refused(tmp_path):
    (tmp_path / "audit.json").write_text('{"experiment": "demo", "findings": []}')
    with pytest.raises(InputError, match="no 'same_source': this is no leak audit"):
        read_leaks(tmp_path / "audit.json")


def section_of(text: str, name: str, following: str) -> str:
    return text[text.index(f'<section id="{name}">') : text.index(f'<section id="{following}">')]


def test_a_corpus_is_counted_by_source_and_a_placebo_says_so(rendered):
    section = section_of(rendered[0], "corpora", "training")
    for said in (
        "<strong>A placebo</strong>",
        '<th scope="row">go</th><td class="number">30</td><td class="number">9</td><td class="number">40</td>'
        '<td class="number">800</td><td class="number">30</td><td class="number">80.0%</td>',
        '<th scope="row">total</th>',
        "facts, each once</text>",
        "9 genes</text>",
    ):
        assert said in section, said
    assert "No tokens were counted" not in section and '<a href="#corpora">' in rendered[0]


def test_tokens_of_a_corpus_that_nobody_counted(rendered):
    _, inputs = rendered
    (name, table), *_ = inputs.corpora.items()
    plan = inputs.plan.model_copy(update={"corpora": [inputs.plan.corpora[0].model_copy(update={"placebo": False})]})
    text = page.render_page(replace(inputs, plan=plan, corpora={name: table.assign(tokens=pd.NA)}))
    section = section_of(text, "corpora", "training")
    assert "No tokens were counted" in section and '<td class="number"></td>' in section and "placebo" not in section


def test_an_experiment_without_warm_up_has_no_corpora(rendered):
    _, inputs = rendered
    text = page.render_page(replace(inputs, plan=inputs.plan.model_copy(update={"corpora": []})))
    assert 'id="corpora"' not in text and "#corpora" not in text


def test_a_bar_is_split_into_facts_and_what_repeats_them(rendered):
    _, inputs = rendered
    figure, data = figures._corpus(inputs.corpora["demo"])
    axes = figure.axes[0]
    assert [bar.get_width() for bar in axes.patches] == [10, 30, 2, 10]  # reactome below, go on top
    assert [label.get_text() for label in axes.get_yticklabels()] == ["reactome", "go"]
    assert data["source"].tolist() == ["go", "reactome", "total"]
    figures.plt.close(figure)


@pytest.mark.parametrize(
    "content", ["source\tfacts\ngo\t3\n", "source\tfacts\tgenes\tstatements\ttokens\tdistinct\tshare\n"]
)
def test_a_table_that_counts_no_corpus_is_refused(tmp_path, content):
    (tmp_path / "statistics.tsv").write_text(content)
    with pytest.raises(InputError, match="these are no statistics of a corpus"):
        read_statistics(tmp_path / "statistics.tsv")


def test_the_filter_is_called_a_formality_only_where_the_teacher_knew_the_name(rendered):
    _, inputs = rendered
    (reasoning, counts), *_ = inputs.reasoning
    for mode in ("blind", ""):
        other = reasoning.model_copy(update={"mode": mode})
        text = page.render_page(page.ReportInputs(**(vars(inputs) | {"reasoning": [(other, counts)]})))
        assert "formality" not in text and "dropped: one step only" in text


def test_margins_name_the_best_floor_and_only_groups_wholly_beaten():
    floors = pd.DataFrame([("constant", 0.1), ("random", 0.05), ("nearest_set", 0.3)], columns=["arm", "value"]).assign(
        metric="rouge_l", subset="mean", information=["none", "none", "training data"]
    )
    compared = pd.DataFrame(
        [
            ("constant", "none", 0.2, 0.01),
            ("random", "none", 0.25, 0.02),
            ("nearest_set", "training data", 0.001, 0.9),
        ],
        columns=["b", "information", "difference", "p_holm"],
    ).assign(backbone="small", a="KW", metric="rouge_l", subset="mean", kind="floor")
    (row,) = page._margins(compared, floors, ["none", "training data"])
    assert row["cells"]["none"]["b"] == "constant"
    assert row["beaten"] == ["none"]
    compared.loc[1, "p_holm"] = 0.06
    assert page._margins(compared, floors, ["none", "training data"])[0]["beaten"] == []


def test_validation_puts_the_best_constant_of_the_same_examples_beside_each_component():
    validation = {"n": 2, "before": 1.0, "after": 1.5, "difference": 0.5, "low": 0.1, "high": 0.9}
    validation |= {"components": {"rouge_l": [0.04, 0.07]}, "constants": {"rouge_l": 0.08, "reward": 1.6}}
    validation |= {"ids": ["a", "b"], "rewards_before": [1.0, 1.0], "rewards_after": [1.4, 1.6]}
    validation |= {"semantic_first_quarter": 0.25, "semantic_last_quarter": 0.5}
    found = page._validation(validation)
    reward = {"before": 1.0, "after": 1.5, "difference": 0.5, "low": 0.1, "high": 0.9, "constant": 1.6}
    assert found == {
        "n": 2,
        "columns": ["before", "after", "difference", "low", "high", "constant"],
        "rows": [("reward", reward), ("rouge_l", {"before": 0.04, "after": 0.07, "constant": 0.08})],
        "quarters": [0.25, 0.5],
    }


def test_a_step_without_held_out_examples_has_no_validation(rendered):
    _, inputs = rendered
    step = replace(inputs.steps[0], validation={"n": 0})
    assert page._step(inputs.figures, step)["validation"] is None


def test_labels_are_spread_about_their_own_mean():
    assert spread([0.1, 0.5, 0.5], room=0.25) == pytest.approx([0.1, 0.375, 0.625])
    # The upper two would reach 0.375: the three are one crowd about 0.4.
    assert spread([0.2, 0.5, 0.5], room=0.25) == pytest.approx([0.15, 0.4, 0.65])
    assert spread([], room=0.25) == []


def test_numbers_are_written_for_people():
    assert page._p_value(0.051) == "n.s. (0.05)" and page._p_value(0.0499) == "0.050"
    assert page._p_value(0.0001) == "<\u00a00.001" and page._p_value(float("nan")) == "not tested"
    assert page._signed(-0.0421) == "−0.042" and page._signed(0.5) == "+0.500"
    flat = dict(page._flat({"a": {"b": 1234, "c": 0.123456}, "ids": list(range(30)), "ok": True, "none": {}}))
    assert flat["a › b"] == "1,234" and flat["a › c"] == "0.1235" and flat["ok"] == "yes" and flat["none"] == ""
    assert flat["ids"].endswith("18, 19 … and 10 more")


def test_every_figure_is_written_with_its_data(rendered):
    _, inputs = rendered
    stems = ["ablation/smollm2-135m.demo-go.names.greedy", "corpora/demo"]
    stems += [f"training/{step.backbone}.{step.chain}" for step in inputs.steps]
    assert len(stems) == 6
    written = {str(path.relative_to(inputs.figures)) for path in inputs.figures.rglob("*") if path.is_file()}
    assert written == {f"{stem}.{ending}" for stem in stems for ending in ("svg", "png", "tsv")}
    drawn = pd.read_csv(inputs.figures / f"{stems[0]}.tsv", sep="\t")
    assert set(drawn["kind"]) == {"model", "floor"} and set(drawn["metric"]) == {"rouge_l"}
    svg = (inputs.figures / f"{stems[0]}.svg").read_text()
    assert "currentColor" in svg and "nearest_set (training data)" in svg
    curves = (inputs.figures / f"{stems[-1]}.svg").read_text()
    for title in ("reward components", "groups whose rewards are all equal", "best constant answer"):
        assert title in curves


def test_a_line_leads_only_from_an_arm_to_the_one_that_continues_it(tmp_path):
    plan = read_plan(write_experiment(tmp_path, per_subset=2))  # base, KW, KW+RA, RA+TA, KW+RA+TA
    metrics = tables.metrics_table(plan, read_evidence(plan), resamples=20)
    figure, _ = figures._ablation(metrics, plan, "smollm2-135m", "demo-go", "names", "greedy")
    for container in figure.axes[0].containers:
        gaps = [bool(gap) for gap in pd.isna(container.lines[0].get_ydata())]
        assert gaps == [False, False, False, True, False, True, False]
    figures.plt.close(figure)


def test_drawings_do_not_share_ids_or_styles():
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><metadata/>'
        '<defs><style>*{color:red}</style><path id="m1"/></defs>'
        '<use xlink:href="#m1" clip-path="url(#p2)" style="stroke: #767676"/>'
        '<text>id="m1" #767676</text></svg>'
    )
    themed = themed_svg(svg, "a.b+c")
    assert 'id="a_b_c-m1"' in themed and 'href="#a_b_c-m1"' in themed and "url(#a_b_c-p2)" in themed
    assert "stroke: currentColor" in themed and '>id="m1" #767676</text>' in themed
    assert "<style" not in themed and "metadata" not in themed


def test_tables_of_another_plan_are_refused(rendered):
    _, inputs = rendered
    lacking = page.ReportInputs(**(vars(inputs) | {"metrics": inputs.metrics.query("arm != 'KW'")}))
    with pytest.raises(InputError, match="the metrics lack smollm2-135m, KW"):
        page.render_page(lacking)
    with pytest.raises(InputError, match="the leak audit is of experiment other"):
        page.render_page(replace(inputs, leaks={**inputs.leaks, "experiment": "other"}))
    other = page.ReportInputs(**(vars(inputs) | {"comparisons": inputs.comparisons.assign(experiment="other")}))
    with pytest.raises(InputError, match="the comparisons are of experiment other"):
        page.render_page(other)
