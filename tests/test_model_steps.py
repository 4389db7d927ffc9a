"""The steps of a model: which manifests they have, and what is said of each."""

import json

import pytest

from reasonome.core.errors import InputError
from reasonome.report.model_steps import learned_from, step_manifests


def write(folder, chain, **manifest):
    (folder / chain).mkdir()
    (folder / chain / "manifest.json").write_text(json.dumps(manifest))


def test_manifests_are_read_from_the_folders_beside_the_model(tmp_path):
    write(tmp_path, "base", name="smollm2-135m")
    write(tmp_path, "sft.names-s0", step="sft.names-s0")
    assert step_manifests(tmp_path / "sft.names-s0") == [{"name": "smollm2-135m"}, {"step": "sft.names-s0"}]
    assert step_manifests(tmp_path / "base") == [{"name": "smollm2-135m"}]


def test_a_model_without_the_backbone_that_it_was_made_from_is_an_error(tmp_path):
    write(tmp_path, "sft.names-s0", step="sft.names-s0")
    with pytest.raises(InputError, match=r"base/manifest\.json"):
        step_manifests(tmp_path / "sft.names-s0")


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        (
            {"recipe": {"stage": "pretrain", "corpus": "demo"}, "statements": 1454},
            "1,454 statements of corpus demo",
        ),
        (
            {"recipe": {"stage": "sft", "benchmark": "demo-go", "teacher": "none"}, "examples": 569},
            "569 training questions of demo-go, with the right answers alone",
        ),
        (
            {
                "recipe": {"stage": "grpo", "benchmark": "demo-go", "rewards": {"format": 0.5, "length": 0}},
                "examples": 1,
            },
            "1 training questions of demo-go; reward: 0.5 × format",
        ),
    ],
)
def test_what_a_step_learned_from_comes_with_how_much_of_it(manifest, said):
    assert learned_from(manifest) == said
