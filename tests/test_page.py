"""The page: whole, self-contained, and deaf to whatever a model or a user puts into names and text."""

import base64
import gzip
import html
import json
import math
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
import scored_model
from rendered_page import Elements, render
from synthetic_experiment import write_experiment

from reasonome.apps.annotate import page as annotation_page
from reasonome.apps.rank import page as ranking_page
from reasonome.config import Grading
from reasonome.report import contrasts, number_text, page, page_files, scores_section, tables
from reasonome.report.answers_data import (
    answers_data,
    correlations,
    failure_kinds,
    list_runs,
    reward_weights,
    with_reward,
)
from reasonome.report.contrasts import verdict
from reasonome.report.evidence import ReportInputs, read_evidence
from reasonome.report.origins import read_answering
from reasonome.report.page import contrasts_section
from reasonome.report.plan import read_plan
from reasonome.tasks import TASKS, find_task
from reasonome.tasks.naming.metric_set import METRICS
from reasonome.tasks.ranking.metric_set import METRICS as RANKINGS

pytestmark = pytest.mark.slow

POISON = """<img src=x onerror="pwned=1"></script><script>pwned=1</script><!-- '"><a href=javascript:pwned>"""


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory):
    arms = ["base", f"KW{POISON}", "$x$ & <b>"]
    return render(tmp_path_factory.mktemp("poisoned"), per_subset=5, arms=arms, poison=POISON)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    return render(tmp_path_factory.mktemp("clean"), per_subset=5, arms=["base", "KW", "KW+RA"])


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
    data = next(json.loads(text) for text in found.text["script"] if text.startswith('{"facets"'))
    assert any(POISON in text for text in data["strings"])
    blocks = next(json.loads(text) for text in found.text["script"] if text[0] == "[")
    assert POISON in unpacked(blocks[0])[0][1]


def unpacked(block: str) -> list[list[str]]:
    return json.loads(gzip.decompress(base64.b64decode(block)))


PAGES = [page, annotation_page, ranking_page]


@pytest.mark.parametrize("of", PAGES, ids=["report", "annotations", "rankings"])
def test_no_script_writes_markup(of):
    script = page_files.one_script(of.SCRIPTS)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch("):
        assert forbidden not in script


def test_the_page_loads_nothing(poisoned):
    links = [v for n, v in Elements(poisoned[0]).attributes if n in ("src", "href", "xlink:href", "action")]
    assert links and all(link.startswith("#") for link in links)
    assert "@import" not in poisoned[0] and "url(http" not in poisoned[0]


def runs_and_tables(inputs: ReportInputs) -> list:
    return list_runs(inputs.plan, inputs.evidence, inputs.answering)


def column(values, length: int) -> list:
    """A stored column in full: one value may stand for all."""
    return values if isinstance(values, list) else [values] * length


def test_the_page_holds_every_answer_once(rendered):
    text, inputs = rendered
    data, blocks = answers_data(runs_and_tables(inputs), inputs.evidence, {}, inputs.plan)
    assert data["facets"] == ["kind", "backbone", "arm", "seed", "benchmark", "style", "decoding"]
    models = [run for run in data["runs"] if run["labels"][0] == "model"]
    assert [run["labels"][2] for run in models] == ["base", "KW", "KW+RA"] and [run["n"] for run in models] == [15] * 3
    assert [run["texts"] for run in models] == [0, 15, 30]
    assert len(data["runs"]) == 3 + 6 and data["runs"][3]["information"] == "none"
    assert all(run["example"] == list(range(15)) for run in data["runs"])
    about = {name: [data["strings"][i] for i in column(data["examples"][name], 15)] for name in data["examples"]}
    assert [about[name][0] for name in ("benchmark", "subset", "id")] == ["demo-go", "bp", "GO:0000000"]
    assert about["gold"][:2] == ["transport of cargo 0", "repair of cargo 1"]
    assert data["in_mean"] == {"demo-go": ["bp", "cc", "mf"]}
    assert (data["primary"], data["right"]) == ("rouge_l", "exact")  # terms were not linked here
    _, table = inputs.evidence.evaluations[1]
    assert models[1]["metrics"]["rouge_l"] == pytest.approx(table["rouge_l"].round(4).tolist())
    assert models[1]["metrics"]["genes_left_out"] == table["genes_left_out"].tolist()
    answers = [data["strings"][i] for i in models[1]["words"]["answer"]]
    assert answers == table["answer"].tolist()
    (rows,) = map(unpacked, blocks)
    assert len(rows) == 45 and rows[15][:2] == [table["reasoning"][0], table["text"][0]]
    assert blocks[0] in text and len(set(data["strings"])) == len(data["strings"])


def test_metrics_stand_against_the_reward_and_the_length(rendered):
    _, inputs = rendered
    (run, _), *_ = runs_and_tables(inputs)
    table = pd.DataFrame({"rouge_l": [0.1, 0.2, 0.3, 0.4], "exact": 0.0, "length": [40, 30, 20, 10]})
    table = table.assign(reward_format=[1.0, 1, 0, 0], reward_similarity=0.5)
    found = correlations([(run, table)], {"format": 2.0, "similarity": 1.0}, inputs.plan)
    assert (found["metrics"], found["reward"]) == (["rouge_l", "exact"], "2 · format + 1 · similarity")
    of_reward, of_length = found["rows"]
    # Centred ranks of the reward 1, 1, −1, −1 and of ROUGE-L −1.5, −.5, .5, 1.5: −4 / √(4 · 5).
    assert of_reward["rho"]["rouge_l"] == pytest.approx(-4 / 20**0.5) and math.isnan(of_reward["rho"]["exact"])
    assert (of_length["rho"]["rouge_l"], of_length["n"]) == (-1, 4)
    assert correlations([(run, table[["rouge_l"]])], {}, inputs.plan) == {"rows": [], "metrics": [], "reward": ""}


def test_unknown_scores_are_null_not_nan(tmp_path):
    plan = read_plan(write_experiment(tmp_path, per_subset=2, arms=["base"]), find_task)
    scores = pd.read_parquet(tmp_path / "scores0.parquet").assign(logprob=float("nan"), problems=None)
    scores.loc[1:, "length"] = float("nan")
    scores.assign(exact=1.0).to_parquet(tmp_path / "scores0.parquet")
    evidence = read_evidence(plan)
    data, _ = answers_data(list_runs(plan, evidence, read_answering(plan)), evidence, {}, plan)
    metrics = data["runs"][0]["metrics"]
    assert "logprob" not in metrics  # known of no answer
    assert metrics["length"] == [scores["length"][0]] + [None] * 5
    assert metrics["exact"] == 1  # all the same


def test_runs_tell_the_steps_behind_a_model(rendered):
    _, inputs = rendered
    runs = [run for run, _ in runs_and_tables(inputs)]
    warmed, taught = (0, "pretrain.demo-s0"), (1, "sft.names-s0")
    assert [run.made for run in runs[:3]] == [(), (warmed,), (warmed, taught)]
    setting = scores_section.Setting("demo-go", "names", "greedy")
    assert scores_section.behind(runs, setting, "model", "smollm2-135m", "KW") == [1]
    assert scores_section.behind(runs, setting, "shuffled", "smollm2-135m", "KW", "0") == [1]
    assert scores_section.behind(runs, setting, "model", "smollm2-135m", "KW", "1") == []
    assert scores_section.behind(runs, setting, "baseline", "", "random") == [4]


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
    text, _ = rendered
    for said in (
        "nearest_prompt",
        "scored without an ontology",
        "Baselines that use the training data",
        "own answers, shuffled",
        "n.s. (",
        "no group",
        "dropped: one step only",
        "rows › train",
        "qwen3-0.6b on demo-go, style names",
        "This teacher was told the true name",
        "no usable name",
        "The best constant answer is “cell division”; dashed in the curves is what it earns on the training prompts.",
        "Dotted is what copies of the question earn there: copied gene name 1.750.",
        "was 0.402 on average over the first quarter of\nthe steps and 0.498 over the last",
        "Reward on 36 held-out examples",
        '<th scope="row">rouge_l</th><td class="number">0.040</td><td class="number">0.070</td>',
        "were written by a language model",
        "&#34;learning_rate&#34;: 0.0001",
        "prefers-color-scheme: dark",
    ):
        assert said in text, said


def test_the_rewards_weights_are_those_of_the_training_where_it_is_one(rendered):
    _, inputs = rendered
    one, other = inputs.steps[:2]
    weights = {"reciprocal_rank": 1.0, "format": 0.5}
    assert reward_weights(inputs.steps, METRICS) == {}

    def of(*recipes):
        return reward_weights([replace(one, recipe=recipe) for recipe in recipes], RANKINGS)

    default = Grading().model_dump()
    assert of({"rewards": weights, "grading": default}, {"rewards": weights}) == weights
    # Rewards that differ are not comparable, and neither is what other settings or a grader of one's own would pay.
    for another in ({"rewards": {"top_one": 1.0}}, {"rewards": weights, "grading": default | {"k": 5}}):
        assert of({"rewards": weights}, another) == {"chance_corrected": 1.0}
    assert of({"rewards": weights, "graders": {"mine": {}}}) == {"chance_corrected": 1.0}
    # That is how scores are computed, too.
    assert of({"rewards": weights, "grading": default | {"longest_list": 5}}) == weights
    table = pd.DataFrame({"reward_a": [1.0, 0.5], "reward_b": [0.2, float("nan")], "other": [9.0, 9.0]})
    assert with_reward(table, {})["reward"].tolist() == [1.2, 1.0]  # a reward that does not apply gives its weight away
    assert with_reward(table, {"a": 2.0})["reward"].tolist() == [2.0, 1.0]


def show_setting(inputs: ReportInputs) -> dict:
    runs = [run for run, _ in runs_and_tables(inputs)]
    setting = scores_section.Setting("demo-go", "names", "greedy")
    return scores_section.scores_section(inputs.plan, inputs.metrics, inputs.comparisons, inputs.figures, runs, setting)


@pytest.fixture(scope="module")
def with_terms(tmp_path_factory):
    return render(tmp_path_factory.mktemp("terms"), per_subset=14, arms=["base", "KW", "KW+RA"], ontology=True)


def test_the_primary_metric_stands_first_on_one_scale(with_terms):
    text, inputs = with_terms
    shown = show_setting(inputs)
    assert shown["primary"] == "term_score" and "scored without an ontology" not in text
    columns = [("term_score", subset) for subset in ("mean", "bp", "cc", "mf")] + [("rouge_l", "mean")]
    assert [column[:2] for column in shown["scores"]["columns"][:5]] == columns
    headline = shown["headline"]
    titles = [title for title, *_ in headline["groups"]]
    assert titles[0] == "Models" and titles[-1] == "The models' own answers, shuffled"
    assert titles[-2] == "A ceiling, not a baseline to beat: it uses a database that holds the very term"
    models = headline["groups"][0][2]
    baselines = inputs.metrics.query(
        "kind == 'baseline' and metric == 'term_score' and subset == 'mean' and stratum == ''"
    ).set_index("arm")["value"]
    own = inputs.metrics.query("arm == 'KW+RA' and kind == 'model' and metric == 'term_score' and subset == 'mean'")
    margin = next(row for row in shown["margins"] if (row["arm"], row["metric"]) == ("KW+RA", "term_score"))
    best = margin["cells"]["training data"]
    assert best["b"] == baselines[["nearest_prompt", "nearest_set"]].idxmax()
    assert best["difference"] == pytest.approx(own["value"].item() - baselines[best["b"]])
    assert models[2]["runs"] == [2] and [name for _, name in models[2]["made"]] == ["pretrain.demo-s0", "sft.names-s0"]
    # The dashed line is the best baseline that is no ceiling; a mark is drawn on the scale that all share.
    assert headline["best"] == baselines.drop("look_up").max()
    assert f'<circle cx="{120 * own["value"].item() / headline["highest"]:.1f}"' in text


def test_the_page_opens_with_the_verdict_and_draws_what_it_rests_on(with_terms, rendered, poisoned):
    text, inputs = with_terms
    said = verdict(inputs.plan, inputs.comparisons)
    head = text[text.index("<h1>") : text.index("</header>")]
    assert html.unescape(head).index(said.shown) < head.index("made-up")
    assert html.unescape(text).index(said.shown) < html.unescape(text).index(said.not_shown)
    runs = [run for run, _ in runs_and_tables(inputs)]
    (panel,) = contrasts_section(inputs.plan, inputs.comparisons, inputs.figures, runs)
    # Two trained arms, each against its parent and the four groups of baselines that count.
    assert [row["b"] for row in panel["rows"] if row["kind"] == "parent arm"] == ["base", "KW"]
    assert len(panel["rows"]) == 2 * (1 + 4) and {row["metric"] for row in panel["rows"]} == {"term_score"}
    assert panel["rows"][5]["sides"] == [2, 1] and panel["open"]
    section = section_text(text, "ladder", "results")
    assert section.count("<svg") == 1 and section.count('<th scope="row">') == 10
    assert 'role="img"' in section and f'aria-label="Differences to controls: {outcomes(panel["rows"])}"' in section
    assert '<a href="#ladder">' in text
    # Without the primary metric there is no claim, and nothing to draw.
    assert 'id="ladder"' not in rendered[0] and '<a href="#ladder">' not in rendered[0]
    assert "Nothing was tested: the tables have no test of a trained arm by the primary metric" in rendered[0]
    assert "Resnik's similarity is in nats" in results_text(text)  # what does not run from 0 to 1


def outcomes(rows: list[dict]) -> str:
    counts = Counter(row["outcome"] for row in rows)
    return ", ".join(
        f"{counts[outcome]} {outcome}" for outcome in ("shown", "not shown", "worse", "not tested") if outcome in counts
    )


def test_an_experiment_that_names_its_primary_metric_is_decided_by_it(with_terms):
    _, inputs = with_terms
    inputs = replace(inputs, plan=inputs.plan.model_copy(update={"primary": "rouge_l"}))
    shown = show_setting(inputs)
    assert shown["primary"] == "rouge_l"
    columns = [("rouge_l", subset) for subset in ("mean", "bp", "cc", "mf")] + [("term_score", "mean")]
    assert [column[:2] for column in shown["scores"]["columns"][:5]] == columns
    assert set(contrasts.contrasts(inputs.plan, inputs.comparisons)["metric"]) == {"rouge_l"}
    text = page.render_page(inputs)
    assert "by rouge-l (one training run of each arm)" in text[: text.index("</header>")].lower()
    assert "names its primary metric itself: <b>ROUGE-L</b>" in text and "is the <b>term score</b>" not in text
    assert '"primary":"rouge_l"' in text


def test_of_many_contrasts_the_first_panel_is_drawn_and_others_are_folded(with_terms):
    _, inputs = with_terms
    evaluations, comparisons = list(inputs.plan.evaluations), [inputs.comparisons]
    for number in range(5):
        evaluations += [e.model_copy(update={"style": f"style {number}"}) for e in inputs.plan.evaluations]
        comparisons.append(inputs.comparisons.assign(style=f"style {number}"))
        for ending in ("svg", "tsv"):
            drawn = inputs.figures / f"ladder/smollm2-135m.demo-go.names.greedy.{ending}"
            drawn.with_name(f"smollm2-135m.demo-go.style {number}.greedy.{ending}").write_bytes(drawn.read_bytes())
    plan = inputs.plan.model_copy(update={"evaluations": evaluations})
    found = contrasts_section(plan, pd.concat(comparisons), inputs.figures, [])
    # Ten contrasts a panel: forty are open.
    assert [panel["open"] for panel in found] == [True] * 4 + [False] * 2
    assert found[1]["name"] == "demo-go, style style 0, decoding greedy, smollm2-135m"


def test_every_number_leads_to_its_rows_and_every_model_to_its_recipe(with_terms):
    text, inputs = with_terms
    attributes = Elements(text).attributes
    assert ("data-runs", "2") in attributes and ("data-metric", "shuffled_term_score") in attributes
    assert ("data-sides", "2 1") in attributes  # KW+RA against its parent
    targets = {value for name, value in attributes if name == "id"}
    links = {value[1:] for name, value in attributes if name == "href"}
    assert {"made-0", "made-1"} <= links and links <= targets
    section = section_text(text, "provenance", "costs")
    assert 'id="made-1"' in section and "learning_rate" in section and "scores2.parquet" in section


def results_text(text: str) -> str:
    """What the page says of its results, on one line."""
    return " ".join(section_text(text, "results", "answers").split())


def test_how_answers_were_linked_is_told_by_arm(with_terms, rendered):
    text, inputs = with_terms
    setting = scores_section.Setting("demo-go", "names", "greedy")
    (base, table), (kw, other), *_ = inputs.evidence.evaluations
    by = ["name"] * 21 + ["synonym"] * 3 + ["encoder"] * 6 + [""] * 12  # of 42
    evidence = replace(inputs.evidence, evaluations=[(base, table.assign(term_by=by)), (kw, other.assign(term_by=""))])
    found = scores_section.linking(inputs.plan, evidence, setting)
    shares = [("by name", 1 / 2), ("by synonym", 1 / 14), ("by encoder", 1 / 7), ("not at all", 2 / 7)]
    assert found["arms"] == [("smollm2-135m", "base", shares), ("smollm2-135m", "KW", [("not at all", 1)])]
    assert found["encoders"] == ["minilm"] and found["rewarded"] == []
    evidence = replace(evidence, evaluations=evidence.evaluations[1:])
    assert scores_section.linking(inputs.plan, evidence, setting)["encoders"] == []  # it was there, but linked nothing
    assert "A link by encoder is the guess of minilm." in results_text(text)
    assert "linked to terms:" not in results_text(rendered[0])


def test_answers_without_a_trained_model_say_where_they_come_from(rendered):
    text, inputs = rendered
    told = {"file": "mine/gpt<b>.csv", "sha256": "ab12", "rows": 1043, "missing": 3, "duplicates": 4, "conflicts": 5}
    told |= {"unknown": 6, "empty": 7, "missing_ids": ["GO:1"]}
    asked = {"asked": 12, "answers": 90, "models": ["m-1", "m-2"], "cost": 1.25}
    asked |= {"prompt_tokens": 11, "generated_tokens": 9}
    assert '<small class="under">untrained</small>' in text and "Answers recorded elsewhere" not in text
    shown = page.render_page(replace(inputs, answering=[{"recorded": told}, *inputs.answering[1:]]))
    section = section_text(shown, "provenance", "costs")
    cells = [f"<td>{count}</td>" for count in ("1,043", "3", "7", "4", "5", "6")]
    assert "".join([*cells, '<td class="path">mine/gpt&lt;b&gt;.csv</td><td class="path">ab12</td>']) in section
    assert '<a href="#answering">recorded elsewhere</a>' in shown and ">untrained<" not in shown
    told |= {"note": "fitted to <most>"}
    noted = page.render_page(replace(inputs, answering=[{"recorded": told}, *inputs.answering[1:]]))
    assert '<a href="#answering">recorded elsewhere: fitted to &lt;most&gt;</a>' in noted
    shown = page.render_page(replace(inputs, answering=[asked, *inputs.answering[1:]]))
    cells = [f"<td>{cell}</td>" for cell in ("m-1, m-2", "90", "12", "11", "9", "1.25")]
    assert "".join(cells) in section_text(shown, "provenance", "costs")


def test_a_better_baseline_is_marked_as_not_adjusted(with_terms):
    text, inputs = with_terms
    tests = inputs.comparisons.query("family == 'protocol' and kind == 'baseline'")
    ahead = int((tests["difference"] < 0).sum())
    assert 0 < ahead < len(tests)
    assert text.count("a baseline ahead: by p, not adjusted") == ahead


@pytest.mark.slow
def test_strata_and_contaminated_variants_have_their_tables(tmp_path, rendered):
    text, inputs = render(tmp_path, per_subset=6, arms=["base", "KW"], shares=(50, 75))
    metrics = inputs.metrics
    shown = show_setting(inputs)
    # The means of the main table, and ROUGE-L of the subsets that they are of.
    assert [c.subset for c in shown["scores"]["columns"] if c.metric == "rouge_l"] == ["mean", "bp", "cc", "mf"]
    strata = shown["strata"]
    assert strata["sizes"] == [("understudied", 6), ("intermediate", 6), ("well-studied", 6)]
    assert strata["columns"][:2] == [("rouge_l", "mean", "understudied"), ("rouge_l", "mean", "intermediate")]
    found = metrics.query("arm == 'KW' and kind == 'model' and metric == 'rouge_l' and stratum == 'intermediate'")
    title, are_models, rows = strata["groups"][0]
    assert (title, are_models, rows[1]["arm"]) == ("Models", True, "KW")
    assert rows[1]["cells"][1][1]["value"] == found["value"].item()
    assert [metric for metric, _ in shown["variants"]] == ["rouge_l", "exact"]
    table = shown["variants"][1][1]
    assert [c.subset for c in table["columns"][:4]] == ["bp", "bp-50", "bp-75", "cc"]
    exact = metrics.query("arm == 'base' and metric == 'exact' and subset == 'bp-75'")
    assert table["groups"][0][2][0]["cells"][2][1]["value"] == exact["value"].item()
    assert "6 understudied, 6 intermediate, 6 well-studied examples" in text
    assert "Baselines that use the facts chosen for the prompt" in text
    plain, _ = rendered
    assert "By how well the genes are studied" in text and "By how well the genes are studied" not in plain
    assert "Contaminated variants" in text and "Contaminated variants" not in plain


@pytest.mark.parametrize(("name", "following"), [("audit", "provenance"), ("corpora", "training")])
def test_leaks_that_remain_are_marked_and_a_corpus_is_counted_by_source(rendered, name, following, snapshot):
    assert section_text(rendered[0], name, following) == snapshot


def test_an_audit_without_leaks_says_so(rendered):
    _, inputs = rendered
    clean = inputs.leaks | {"findings": inputs.leaks["findings"][:1], "same_source": []}
    text = page.render_page(replace(inputs, leaks=clean))
    assert "No leak remains." in text and '<tr class="leak">' not in text and "from one source" not in text


def section_text(text: str, name: str, following: str) -> str:
    return text[text.index(f'<section id="{name}">') : text.index(f'<section id="{following}">')]


def test_a_step_that_is_a_placebo_says_so(rendered):
    text, inputs = rendered
    assert "A placebo" not in section_text(text, "training", "reasoning")
    placebos = page.render_page(replace(inputs, steps=[replace(step, placebo=True) for step in inputs.steps]))
    section = section_text(placebos, "training", "reasoning")
    assert section.count("<strong>A placebo</strong>: each completion was rewarded") == len(inputs.steps) > 0


def test_margins_name_the_best_baseline_and_only_groups_wholly_beaten():
    baselines = pd.DataFrame([("constant", 0.1), ("random", 0.05), ("nearest_set", 0.3)], columns=["arm", "value"])
    baselines = baselines.assign(metric="rouge_l", subset="mean")
    common = {"backbone": "small", "a": "KW", "metric": "rouge_l", "subset": "mean", "kind": "baseline"}
    tests = [
        common | {"b": "constant", "information": "none", "difference": 0.2, "p_holm": 0.01},
        common | {"b": "random", "information": "none", "difference": 0.25, "p_holm": 0.02},
        common | {"b": "nearest_set", "information": "training data", "difference": 0.001, "p_holm": 0.9},
    ]
    (row,) = scores_section.margins(tests, baselines, ["none", "training data"])
    assert row["cells"]["none"]["b"] == "constant" and row["beaten"] == ["none"]
    for p in (0.06, float("nan")):  # not significant; not in the family
        tests[1]["p_holm"] = p
        assert scores_section.margins(tests, baselines, ["none", "training data"])[0]["beaten"] == []


def test_a_benchmark_without_the_primary_metric_shows_what_stands_for_it(tmp_path):
    rows = [row | {"benchmark": "other"} for row in scored_model.METRICS if row["metric"] != "term_score"]
    metrics = pd.DataFrame([*scored_model.METRICS, *rows], columns=tables.METRIC_COLUMNS)
    plan = scored_model.plan()
    asked = [evaluation.model_copy(update={"benchmark": "other"}) for evaluation in plan.evaluations]
    plan = plan.model_copy(update={"evaluations": [*plan.evaluations, *asked]})
    comparisons = pd.DataFrame(scored_model.TESTS, columns=tables.COMPARISON_COLUMNS)
    (tmp_path / "ablation").mkdir()
    shown = []
    for benchmark in ("demo-go", "other"):
        setting = scores_section.Setting(benchmark, "names", "greedy")
        (tmp_path / "ablation" / f"{scored_model.BACKBONE}.{'.'.join(setting)}.svg").write_text("<svg/>")
        section = scores_section.scores_section(plan, metrics, comparisons, tmp_path, [], setting)
        shown.append((section["primary"], section["n"], section["headline"]["highest"]))
    assert shown == [("term_score", 90, 1.01), ("rouge_l", 90, 0.26)]


def test_a_p_value_counts_adjusted_within_the_family_and_as_it_is_outside():
    test = {"family": "protocol", "kind": "baseline", "difference": 0.1, "p_holm": 0.04, "p_family": 0.01}
    assert scores_section.claimed_p(test) == 0.04
    assert scores_section.claimed_p(test | {"difference": -0.1}) == 0.01, "that a baseline is ahead is no claim"
    assert scores_section.claimed_p(test | {"family": "", "p_holm": float("nan")}) == 0.01


def test_numbers_are_written_for_people():
    assert number_text.escaped("a|b") == "a\\|b"
    assert number_text.escaped("<b> &\n x") == "&lt;b&gt; &amp; x"
    assert number_text.escaped("nearest_set _x_ *y*") == "nearest_set \\_x\\_ \\*y\\*"
    assert number_text.p_value(0.051) == "n.s. (0.05)" and number_text.p_value(0.0499) == "0.050"
    assert number_text.p_value(0.0001) == "<\u00a00.001" and number_text.p_value(float("nan")) == ""
    assert number_text.signed(-0.0421) == "−0.042" and number_text.signed(0.5) == "+0.500"
    assert number_text.score(0.12345) == "0.123" and number_text.score(41.26, 1) == "41.3"
    flat = dict(number_text.flat({"a": {"b": 1234, "c": 0.123456}, "ids": list(range(30)), "ok": True, "none": {}}))
    assert flat["a › b"] == "1,234" and flat["a › c"] == "0.1235" and flat["ok"] == "yes" and flat["none"] == ""
    assert flat["ids"].endswith("18, 19 … and 10 more")
