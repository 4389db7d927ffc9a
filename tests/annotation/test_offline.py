"""Nothing reaches for a model hub while sets are annotated, also in a Python that imported the hub's client before."""

import annotation_project
import pytest
from annotation_project import ANSWER, GOOD
from huggingface_hub import constants, hf_hub_download
from huggingface_hub.errors import LocalEntryNotFoundError, OfflineModeIsEnabled

from reasonome.annotation.in_python import annotate_sets
from reasonome.annotation.job import offline
from reasonome.core.errors import InputError

NOBODY = "http://127.0.0.1:9"


def test_requests_are_refused_within_and_all_is_as_before_afterwards(monkeypatch, tmp_path):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    with pytest.raises(LocalEntryNotFoundError) as refused, offline():
        hf_hub_download("somebody/something", "config.json", cache_dir=tmp_path, endpoint=NOBODY)
    assert isinstance(refused.value.__cause__, OfflineModeIsEnabled)
    assert constants.HF_HUB_OFFLINE is False
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="mine"), offline():
        raise ValueError("mine")
    assert constants.HF_HUB_OFFLINE is True


def test_from_python_the_model_is_asked_offline(annotating, by_hand, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    seen = []

    def answers(*given):
        seen.append(constants.HF_HUB_OFFLINE)
        return by_hand(*given)

    monkeypatch.setattr("reasonome.annotation.annotate.write_answers", answers)
    table = annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out, samples=1)
    assert table["name"].tolist() == [ANSWER.splitlines()[0].removeprefix("Process: ")]
    with pytest.raises(InputError, match="unknown prompt style"):
        annotate_sets(annotating.file("mine.gmt", GOOD), annotation_project.MODEL, annotating.out, style="nam")
    assert (seen, constants.HF_HUB_OFFLINE) == ([True], False)
