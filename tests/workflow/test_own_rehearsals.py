"""Experiments of a user's own are rehearsed: one with a mistake, and one whose answers are ranked and matched."""

import pandas as pd
import pytest
import yaml

from reasonome.answering.rows import read_answers
from reasonome.benchmarks.rows import read_rows
from reasonome.tasks.ranking.questions import CaseExample
from reasonome.tasks.ranking.ranked_list import parse_ranking


@pytest.mark.slow(minutes=2, any_worker=True)
def test_a_mistake_that_only_training_shows_is_found_and_mended(tmp_path, rehearse):
    own = tmp_path / "config"
    (own / "experiments").mkdir(parents=True)
    (own / "recipes").mkdir()
    experiment = {"backbones": ["smollm2-135m"], "arms": {"base": [], "short": ["sft.short"]}}
    asked = {"benchmarks": ["closed-book"], "styles": ["symbols"], "decodings": ["greedy-short"], "recall": 0}
    (own / "experiments/mine.yaml").write_text(yaml.safe_dump(experiment | asked))
    recipe = {"benchmark": "closed-book", "style": "symbols", "teacher": "none", "max_length": 32}
    (own / "recipes/sft.yaml").write_text(yaml.safe_dump({"variants": {"short": recipe}}))
    done = rehearse("mine", own)
    assert done.returncode == 1 and "smollm2-135m  base: ok" in done.stdout, done.stdout + done.stderr
    [failed] = [
        line for line in done.stdout.splitlines() if line.startswith("smollm2-135m  short: failed: sft sft.short")
    ]
    assert "max_length" in failed and "results/rehearsal/mine/logs/sft/" in failed
    (own / "recipes/sft.yaml").write_text(yaml.safe_dump({"variants": {"short": recipe | {"max_length": 256}}}))
    done = rehearse("mine", own)
    assert done.returncode == 0 and "smollm2-135m  short: ok" in done.stdout, done.stdout + done.stderr


@pytest.mark.slow(minutes=2, any_worker=True)
def test_candidates_are_ranked_and_a_parent_is_matched_in_a_rehearsal(tmp_path, rehearse):
    """A parent is sampled at two temperatures, and each list has the candidates of its question."""
    own = tmp_path / "config"
    (own / "experiments").mkdir(parents=True)
    chain = ["pretrain.closedranking", "sft.closedranking"]
    arms = {"read": chain, "rewarded": [*chain, "grpo.closedranking"]}
    warm = {"samples": 2, "temperature": 1.0, "max_new_tokens": 16}
    experiment = {"backbones": ["smollm2-135m"], "arms": arms, "matched": ["cool"], "recall": 0}
    experiment |= {"benchmarks": ["closed-ranking"], "styles": ["three"]}
    experiment["decodings"] = ["greedy-list", "warm", "candidates"]
    (own / "experiments/mine.yaml").write_text(yaml.safe_dump(experiment))
    (own / "decodings.yaml").write_text(yaml.safe_dump({"warm": warm, "cool": warm | {"temperature": 0.5}}))
    done = rehearse("mine", own)
    assert done.returncode == 0, done.stdout + done.stderr
    results = tmp_path / "results/rehearsal/mine"
    [row] = pd.read_csv(results / "experiments/mine/sharpening.tsv", sep="\t").to_dict("records")
    assert (row["arm"], row["parent"], row["decoding"], row["temperature"]) == ("rewarded", "read", "warm", 0.5)
    asked = {row.id: row for row in read_rows(results / "benchmarks/closed-ranking/test.jsonl", CaseExample)}
    [lists] = results.glob("answers/*/*grpo*/*/candidates.jsonl")
    for answer in read_answers(lists):
        genes = [gene.symbol for gene in asked[answer.id].candidates]
        assert sorted(parse_ranking(answer.text).genes) == sorted(genes) and len(genes) > 2
