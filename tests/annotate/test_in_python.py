"""Annotation from Python: frames, wrong settings, and no request to a model hub."""

import annotation_project
import pandas as pd
import pytest
from annotation_project import ANSWER, GOOD, REPAIR, RIBOSOME
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled
from refusals import refused

from reasonome.apps.annotate.job import offline

pytestmark = pytest.mark.slow


def annotate_sets(*given, **options):
    """As the function of this name, whose module imports PyTorch."""
    from reasonome.apps.annotate.in_python import annotate_sets as annotate

    return annotate(*given, **options)


def test_a_data_frame_of_markers_is_annotated(annotating, by_hand):
    frame = pd.DataFrame({"gene": [*REPAIR, *RIBOSOME], "cluster": ["a"] * 5 + ["b"] * 5})
    table = annotate_sets(frame, annotation_project.MODEL, annotating.out, name="day 7")
    assert table[["list", "set", "best_term", "suggested_name"]].values.tolist() == [
        ["day 7", "a", "DNA repair", "DNA repair"],
        ["day 7", "b", "cytoplasmic translation", "DNA repair"],
    ]
    assert table["name_is_enriched_term"].tolist() == ["true", "false"]
    assert (annotating.out / "annotations.html").is_file()


@pytest.mark.parametrize(
    ("change", "field", "fix"),
    [
        ({"sets": None}, "sets", "annotate_sets"),
        ({"sets": "none.gmt"}, None, "check the path"),
        ({"tpo": 5}, "tpo", "did you mean 'top'?"),
        ({"species": "mous"}, "species", "did you mean 'mouse'?"),
    ],
)
def test_from_python_what_cannot_be_is_told_by_its_setting(annotating, by_hand, change, field, fix):
    frame = pd.DataFrame({"gene": REPAIR, "cluster": ["a"] * 5})
    given = {"sets": frame, "model": annotation_project.MODEL, "out": annotating.out} | change
    with refused(field=field, fix=fix):
        annotate_sets(**given)
    assert not annotating.out.exists()


# the hub

NOBODY = "http://127.0.0.1:9"


def test_requests_are_refused_within_and_all_is_as_before_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(LocalEntryNotFoundError) as refused, offline():
        hf_hub_download("somebody/something", "config.json", cache_dir=tmp_path, endpoint=NOBODY)
    assert isinstance(refused.value.__cause__, OfflineModeIsEnabled)
    assert constants.HF_HUB_OFFLINE is False


def test_from_python_the_model_is_asked_offline(annotating, by_hand, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    seen = []

    def answers(*given):
        seen.append(constants.HF_HUB_OFFLINE)
        return by_hand(*given)

    monkeypatch.setattr("reasonome.answering.asked_model.write_answers", answers)
    table = annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out)
    assert table["suggested_name"].tolist() == [ANSWER.splitlines()[0].removeprefix("Process: ")]
    assert (seen, constants.HF_HUB_OFFLINE) == ([True], False)
