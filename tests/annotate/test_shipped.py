"""A model that ships: where its names stand beside the first term, and what the page says that they are worth."""

import datetime
import json
import math
import shutil
from pathlib import Path

import pandas as pd
import pytest
import yaml
from annotated_sets import SPINDLE
from annotation_project import ANSWER, GOOD, OTHERS, REPAIR, SECOND, Annotating

from reasonome import cli
from reasonome.apps.annotate import job, making
from reasonome.apps.annotate.record import AnnotationRecord
from reasonome.apps.annotate.shipped import CALIBRATION, NameOrTerm, Shipped, features, placed, read_name_or_term
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import folder_sha256
from reasonome.report.model_scores import MEASURED, Control, Measured, Worth, read_worth
from reasonome.tasks import load_project
from reasonome.tasks.naming.dialogue import ShownTerm

TERM = ShownTerm(library="GO BP", id="GO:1", name="DNA repair", overlap=4, drawn=8, size=16)
JUDGE = NameOrTerm(
    benchmark="enriched",
    style="enriched",
    metric="rouge_l",
    intercept=0.5,
    coefficients={"logprob": 2.0, "likeness": -1.0, "share": -1.0, "jaccard": 0.0, "genes": 0.25},
    questions=200,
    better=0.4,
    first=0.3,
    better_where_first=0.65,
    made_from={},
)


def worth(beaten: bool = True, **control) -> Worth:
    """That of a model that is .049 above the first term."""
    above = {"value": 0.522, "difference": 0.049, "low": 0.02, "high": 0.078, "p": 0.001, "beaten": beaten}
    first = Control(**{"name": "first_term"} | above | control)
    other = Control(**{"name": "largest_jaccard"} | above)
    asked = {"benchmark": "enriched", "subset": "mean", "style": "enriched", "decoding": "greedy", "metric": "rouge_l"}
    scores = {"label": "ROUGE-L", "n": 1000, "value": 0.571, "low": 0.55, "high": 0.592}
    measured = Measured(**asked, **scores, controls=[other, first])
    made = {"experiment": "mine", "arm": "SFT", "seed": 0, "date": datetime.date(2026, 11, 25)}
    return Worth(**made, measured=[measured])


def shipped(beaten: bool = True, judge: NameOrTerm | None = JUDGE) -> Shipped:
    return Shipped(Path("nowhere"), worth(beaten), judge)


def record(name: str, logprob: float, standing: str = "compatible") -> AnnotationRecord:
    sure = {"confidence": math.exp(logprob), "confidence_kind": "probability of its words"}
    given = {"standing": standing, "standing_why": "so", "enriched": SPINDLE.enriched}
    return AnnotationRecord(list="a", set="b", id="c", name=name, **given, **sure)


# the probability


def test_the_probability_by_hand():
    # Two words of three and of two in common: F1 .8. Half of eight genes.
    known = features("DNA mismatch repair", -0.1, TERM)
    assert known == {"logprob": -0.1, "likeness": pytest.approx(0.8), "share": 0.5, "jaccard": 0.2, "genes": 3.0}
    # .5 − 2 × .1 − .8 − .5 + .25 × 3
    assert JUDGE.probability("DNA mismatch repair", -0.1, TERM) == pytest.approx(1 / (1 + math.exp(0.25)))
    assert JUDGE.probability("dna  repair.", 0.0, TERM) == 0  # the same is not better


def test_a_calibration_that_is_none(tmp_path, refused):
    path = tmp_path / CALIBRATION
    path.write_text(JUDGE.model_dump_json())
    assert read_name_or_term(path) == JUDGE
    path.write_text(JUDGE.model_dump_json().replace("likeness", "likelihood"))
    with refused():
        read_name_or_term(path)


# where names stand


@pytest.mark.parametrize(
    ("logprob", "beaten", "first"), [(-0.1, True, False), (-0.05, True, True), (-0.05, False, False)]
)
def test_a_name_stands_first_if_it_is_probably_better_and_the_model_was_shown_to_be(logprob, beaten, first):
    judge = JUDGE.model_copy(update={"intercept": 0.7})  # so that the score is .15 and twice the log-probability
    made = placed(record("DNA mismatch repair", logprob), [TERM], shipped(beaten, judge), judge)
    assert made.better_than_first_term == pytest.approx(1 / (1 + math.exp(-0.15 - 2 * logprob)))
    assert made.stands_first is first


def test_answers_that_nobody_calibrated_stand_below():
    made = placed(record("DNA mismatch repair", -0.001), [TERM], shipped(), None)
    assert (made.better_than_first_term, made.stands_first) == (None, False)
    stated = record("DNA mismatch repair", -0.001).model_copy(update={"confidence_kind": "stated"})
    assert placed(stated, [TERM], shipped(), JUDGE).better_than_first_term is None


def test_where_no_term_was_shown_or_is_enriched_the_record_stays_as_it_is():
    unconfirmed = record("mismatch repair", -1.0, "unconfirmed")
    assert placed(unconfirmed, [TERM], shipped(), JUDGE).standing == "unconfirmed"
    assert placed(unconfirmed, [], shipped(), JUDGE) == unconfirmed
    nothing = unconfirmed.model_copy(update={"enriched": []})
    assert placed(nothing, [TERM], shipped(), JUDGE) == nothing
    nameless = record("", -1.0, "")
    assert placed(nameless, [TERM], shipped(), JUDGE) == nameless


# what the page says


def test_the_worth_and_how_often_names_stand_first_are_told(snapshot):
    assert shipped().in_words("enriched", 1) == snapshot


def test_other_questions_are_told_briefly(snapshot, scrubbed):
    main = worth().measured[0]
    at = {"value": 0.9, "difference": -0.06, "p": 0.001, "beaten": False}
    other = main.model_copy(
        update={"subset": "bp-nothing", "value": 0.84, "controls": worth(**at).measured[0].controls}
    )
    on_par = worth(**at | {"value": 0.15, "p": 0.4}).measured[0].controls
    elsewhere = main.model_copy(update={"benchmark": "pathways", "value": 0.14, "controls": on_par})
    unknown = main.model_copy(update={"subset": "bp-own", "controls": []})
    told = worth().model_copy(update={"measured": [main, other, unknown, elsewhere]})
    assert scrubbed(Shipped(Path("nowhere"), told, JUDGE).in_words("enriched", 1)) == snapshot


def test_a_model_that_does_not_beat_the_first_term_says_so():
    told = shipped(beaten=False).in_words("enriched", 1)
    assert told.endswith("not shown to be better. So its names stand below the first term, as a second opinion.")
    other = worth().measured[0].model_copy(update={"controls": []})
    alone = Shipped(Path("nowhere"), worth().model_copy(update={"measured": [other]}), JUDGE)
    assert "it was not compared with the first enriched term. So its names stand below" in alone.in_words("enriched", 1)
    assert Shipped(Path("nowhere"), None, JUDGE).in_words("enriched", 1).startswith("So its names stand below")


def test_answers_of_another_kind_than_the_calibrated_are_said_to_be():
    below = "its names stand below the first term."
    told = f"It is calibrated for single answers in style enriched, and not for these: {below}"
    assert shipped().in_words("enriched", 5).endswith(told)
    assert shipped().in_words("names", 1).endswith(told)
    assert (
        shipped(judge=None)
        .in_words("enriched", 1)
        .endswith("calibrated for no answers: its names stand below the first term.")
    )


def test_a_worth_that_is_none(tmp_path, refused):
    path = tmp_path / MEASURED
    path.write_text(worth().model_dump_json())
    assert read_worth(path) == worth()
    path.write_text("{}")
    with refused(path):
        read_worth(path)


# from files to page

UNLIKE = "Process: homologous recombination\nReasoning:\n<think>They act together.</think>"


@pytest.fixture
def shipping(annotation_folder, tmp_path, monkeypatch) -> Annotating:
    """A project that ships a model, of empty weights; its answers are by hand."""
    folder = shutil.copytree(annotation_folder, tmp_path / "project")
    for file, change in (
        ("backbones.yaml", {"namer": {"weights": adapter_weights()}}),
        ("config.yaml", {"annotation_model": "namer"}),
    ):
        path = folder / "config" / file
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | change))
    adapter = folder / "resources/models/namer"
    adapter.mkdir(parents=True)
    (adapter / MEASURED).write_text(worth().model_dump_json())
    (adapter / CALIBRATION).write_text(JUDGE.model_dump_json())
    made = folder / "results/models/namer/base"
    (made / "model").mkdir(parents=True)
    (made / "model/model.safetensors").touch()
    step = {"step": "sft.mine-s0", "examples": 7}
    step["recipe"] = {"stage": "sft", "benchmark": "demo-go", "style": "enriched", "teacher": "none"}
    manifest = {"name": "namer", "weights": adapter_weights(), "steps": [step]}
    atomic.write_json(made / "manifest.json", manifest | {"model": folder_sha256(made / "model")})
    monkeypatch.chdir(folder)
    monkeypatch.setattr(job, "ORTHOLOGUES", folder / job.ORTHOLOGUES)
    return Annotating(folder, load_project(folder / "config"), tmp_path / "out")


def adapter_weights() -> dict:
    """Those of the model that ships, as backbones.yaml has them."""
    return {
        "source": "adapter",
        "backbone": "smollm2-135m",
        "path": "resources/models/namer",
        "licence": "Apache-2.0",
    }


def test_a_model_that_ships_is_asked_once_in_its_style_and_its_names_stand_first_or_below(
    shipping, by_hand, capsys, scrubbed, snapshot
):
    # The first terms are DNA repair (5 of 5 genes) and the checkpoint (3 of 3); no word is shared.
    by_hand.answers = {"ATM": (UNLIKE, -0.02, 2), "BUB1": (UNLIKE.replace("homologous", "odd"), -1.0, 2)}
    sets = shipping.file("mine.gmt", GOOD + SECOND)
    assert cli.main(["annotate", str(sets), "--out", str(shipping.out), "--no-gsea"]) == 0
    first, below = shipping.records()
    [asked] = by_hand.asked
    assert [example.enriched[0].name for example in asked] == [first["first_term"], below["first_term"]]
    assert (first["agreement"], len(first["samples"])) == (None, 1)
    assert [row["first_term"] for row in (first, below)] == ["DNA repair", "mitotic spindle assembly checkpoint"]
    # .5 − 2 × .01 − 1 + .25 × log2 5, and .5 − 2 × .5 − 1 + .25 × log2 3
    probabilities = [1 / (1 + math.exp(-score)) for score in (-0.52 + math.log2(5) / 4, -1.5 + math.log2(3) / 4)]
    assert [row["better_than_first_term"] for row in (first, below)] == pytest.approx(probabilities)
    assert [row["stands_first"] for row in (first, below)] == [True, False]
    table = pd.read_csv(shipping.out / "annotations.tsv", sep="\t")
    assert table["called"].tolist() == ["homologous recombination", "mitotic spindle assembly checkpoint"]
    assert table["called_by"].tolist() == ["model", "enriched term"]
    assert table["best_term"].tolist() == ["DNA repair", "mitotic spindle assembly checkpoint"]
    assert table["suggested_name"].tolist() == ["homologous recombination", "odd recombination"]
    assert below["standing"] == "unconfirmed"
    told = capsys.readouterr().out
    assert scrubbed(told) == snapshot
    page = (shipping.out / "annotations.html").read_text(encoding="utf-8")
    for said in ("there 30% of the names stood first", "resources/models/namer/README.md", "7 training questions"):
        assert said in page, said
    manifest = json.loads((shipping.out / "manifest.json").read_text())
    assert manifest["shipped"].keys() == {MEASURED, CALIBRATION}
    assert manifest["settings"]["samples"] == 1


def test_a_name_is_judged_by_the_whole_list_whatever_its_question_has_room_for(shipping, by_hand):
    by_hand.answers = {"ATM": (ANSWER, -0.1, 2)}
    path = Path("config/prompts/gene_set_naming.enriched.txt")
    path.write_text(path.read_text().replace("budget_tokens: 200", "budget_tokens: 110"))
    tight = Annotating(shipping.folder, load_project("config"), shipping.out)
    genes = [*REPAIR, *OTHERS[:12]]
    [record] = tight(tight.file("mine.gmt", "\t".join(["long", "na", *genes]) + "\n"), model="namer")
    shown = sum(gene["shown"] for gene in record["genes"])
    assert 0 < 2 * shown < 17
    assert (record["name"], record["standing"]) == ("DNA repair", "confirmed")
    assert f"the prompt had room for {shown} of 17 genes" in record["flags"]


def test_without_a_calibration_several_answers_are_asked_and_names_stand_below(shipping, by_hand):
    (shipping.folder / "resources/models/namer" / CALIBRATION).unlink()
    by_hand.answers = {"ATM": (UNLIKE, -0.02, 2)}
    [record] = shipping(shipping.file("mine.gmt", GOOD), model="namer", samples=None)
    assert (len(record["samples"]), record["stands_first"], record["better_than_first_term"]) == (5, False, None)
    page = (shipping.out / "annotations.html").read_text(encoding="utf-8")
    assert "It is calibrated for no answers: its names stand below the first term." in page


def test_other_models_are_judged_by_nothing_here(shipping, by_hand):
    by_hand.answers = {"ATM": (UNLIKE, -0.02, 2)}
    [record] = shipping(shipping.file("mine.gmt", GOOD), style="enriched")
    assert (record["stands_first"], record["better_than_first_term"]) == (False, None)
    page = (shipping.out / "annotations.html").read_text(encoding="utf-8")
    assert "No scores of this model were found" in page and "as a second opinion" not in page


def test_without_a_model_that_ships_one_is_to_be_named(annotating, capsys):
    with pytest.raises(SystemExit):
        cli.main(["annotate", "mine.gmt", "--set", "annotation_model=null", "--out", str(annotating.out)])
    assert "one of the arguments --model --ora-only is required" in capsys.readouterr().err


@pytest.mark.slow
def test_what_cannot_be_made_is_told_with_the_command(shipping, monkeypatch):
    """The background cannot: the native files of the project's sources are not here."""
    Path("results/backgrounds/demo-go.parquet").unlink()
    monkeypatch.setattr(making, "native_files", lambda *_: [])
    with pytest.raises(InputError, match="Snakemake ended with status 1; what went wrong stands above") as error:
        cli.main(["annotate", str(shipping.file("mine.gmt", GOOD)), "--ora-only", "--out", str(shipping.out)])
    assert error.value.fix.endswith("snakemake --cores 2 results/backgrounds/demo-go.parquet")
    assert not shipping.out.exists()
