"""Calibration by hand, against scikit-learn, and in the command for anybody's table."""

import json
from functools import partial

import numpy as np
import pandas as pd
import pytest
from refusals import refused
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, roc_auc_score

from reasonome import cli
from reasonome.scoring import calibration
from reasonome.scoring.calibration_table import calibrate_table
from reasonome.scoring.clustered import estimate, of_pooled

COLUMNS = {"confidence": "p", "right": "ok"}


def value(metric, confidence, right):
    return metric(np.ones((1, len(right))), np.array(confidence, float), np.array(right, float))[0]


def errors(confidence, right, closed="right"):
    return calibration.errors(calibration.reliability(np.array(confidence, float), np.array(right, float), closed))


def test_errors_by_hand():
    # (.8, .9]: .9 .9 .85, two of three right. (.5, .6]: .6, wrong. (0, .1]: .1, right.
    confidence, right = [0.9, 0.9, 0.85, 0.6, 0.1], [1, 1, 0, 0, 1]
    gaps = [2.65 - 2, 0.6, 0.1 - 1]
    found = errors(confidence, right)
    assert found["ece"] == pytest.approx((0.65 + 0.6 + 0.9) / 5)
    assert found["overconfidence"] == pytest.approx((gaps[0] + gaps[1]) / 5)
    assert found["underconfidence"] == pytest.approx(0.9 / 5)
    assert found["mce"] == pytest.approx(0.9)
    assert value(calibration.brier, confidence, right) == pytest.approx((0.01 + 0.01 + 0.7225 + 0.36 + 0.81) / 5)
    # .9 above .85 (wrong) and .6 (wrong), twice; .1 below both: 4 of 6 pairs.
    assert value(calibration.auroc, confidence, right) == pytest.approx(4 / 6)
    # By falling confidence: right, right, wrong, wrong, right. Half of them are 2.5: two, and half a wrong one.
    assert value(partial(calibration.accuracy_at, 0.5), confidence, right) == pytest.approx(2 / 2.5)
    assert value(calibration.accuracy_area, confidence, right) == pytest.approx((1 + 1 + 2 / 3 + 2 / 4 + 3 / 5) / 5)


@pytest.mark.parametrize("as_written", [0.1, 0.2, 0.3, 0.6, 0.7, 0.9, 0.1 + 0.2, 1 - 0.3, 0.7 * 1.0000000000000002])
def test_a_confidence_on_an_edge_is_in_the_lower_bin(as_written):
    # As floats, .3 * 10 is 3 and .7 * 10 is 7.000000000000001; .1 + .2 is .30000000000000004.
    confidence = np.array([as_written])
    assert calibration.bin_places(confidence).tolist() == [round(as_written * 10) - 1]
    assert calibration.on_edges(confidence) == 1


def test_bins_closed_on_the_left():
    confidence = np.array([0, 0.1, 0.1 + 0.2, 0.7 * 1.0000000000000002, 0.0999999, 0.95, 1])
    assert calibration.bin_places(confidence, "left").tolist() == [0, 1, 3, 7, 0, 9, 9]
    # [.9, 1] has .9 .9 1, two of three right; [.8, .9) has .85; [.6, .7) has .6, wrong.
    confidence, right = np.array([0.9, 0.9, 1, 0.85, 0.6]), np.array([1.0, 1, 0, 1, 0])
    found = errors(confidence, right, "left")
    assert (found["ece"], found["mce"]) == pytest.approx(((0.8 + 0.15 + 0.6) / 5, 0.6))
    assert [b.n for b in calibration.reliability(confidence, right, "left")] == [1, 1, 3]
    assert [b.n for b in calibration.reliability(confidence, right)] == [1, 3, 1]


@pytest.mark.slow
def test_values_are_scikit_learns():
    chance = np.random.default_rng(4)
    for _ in range(200):
        size = int(chance.integers(2, 60))
        confidence = chance.integers(0, 1000, size) / 999
        right = (chance.random(size) < confidence).astype(float)
        right[:2] = 0, 1
        once = np.ones((1, size))
        assert calibration.brier(once, confidence, right)[0] == pytest.approx(brier_score_loss(right, confidence))
        assert calibration.auroc(once, confidence, right)[0] == pytest.approx(roc_auc_score(right, confidence))
        bins = calibration.reliability(confidence, right)
        shares, means = calibration_curve(right, confidence, n_bins=10)
        assert [b.right for b in bins] == pytest.approx(shares.tolist())
        assert [b.confidence for b in bins] == pytest.approx(means.tolist())
        expected = sum(abs(b.right - b.confidence) * b.n for b in bins) / size
        found = calibration.errors(bins)
        assert (found["ece"], found["mce"]) == pytest.approx((expected, max(abs(shares - means))))


def test_weights_are_repeated_rows():
    chance = np.random.default_rng(5)
    confidence, right = chance.integers(0, 11, 30) / 10, chance.integers(0, 2, 30).astype(float)
    times = chance.multinomial(30, [1 / 30] * 30, size=20)
    for metric in calibration.METRICS.values():
        found = metric(times.astype(float), confidence, right)
        repeated = [value(metric, np.repeat(confidence, row), np.repeat(right, row)) for row in times]
        assert found.tolist() == pytest.approx(repeated, nan_ok=True)


def test_a_bins_interval_is_clopper_and_pearsons():
    # None of 10 right: the upper bound is 1 - .025 ** (1 / 10).
    [only] = calibration.reliability(np.full(10, 0.25), np.zeros(10))
    assert (only.low, only.high, only.n, only.right, only.right_low) == (0.2, 0.3, 10, 0, 0)
    assert only.right_high == pytest.approx(1 - 0.025**0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("error", "least", "most"), [(0.0, 0.65, 0.82), (0.1, 0.93, 1), (0.25, 0.93, 1)])
def test_the_interval_of_ece_holds_an_error_but_not_none(error, least, most):
    chance, held = np.random.default_rng(0), 0
    for _ in range(400):
        confidence = chance.choice([0.3, 0.5, 0.7, 0.9], 60)
        right = (chance.random(60) < confidence - error).astype(float)
        ece = partial(calibration.ece, "right", confidence=confidence, right=right)
        low, high = estimate(of_pooled(lambda weights, of=ece: of(weights[None]), ["all"] * 60, range(60))).bounds
        held += low <= error <= high
    assert least <= held / 400 <= most


def table(path, rows, header="p,ok"):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_the_command_prints_one_json_object(tmp_path, capsys):
    file = table(tmp_path / "a.csv", ["90,1", "90 %,true", "85,no", "60,wrong", "10,Yes", ",1"])
    assert cli.main(["calibrate", str(file), "--columns", "confidence=p,right=ok", "--json", "-"]) == 0
    out = json.loads(capsys.readouterr().out)
    assert out["n"] == 5
    ece = out["metrics"]["ece"]
    assert (ece["value"], ece["n"]) == (pytest.approx(2.15 / 5), 5) and 0 <= ece["low"] < ece["high"] <= 1
    assert out["metrics"]["mce"]["value"] == pytest.approx(0.9)
    assert out["metrics"]["brier"]["value"] == pytest.approx(1.9125 / 5)
    assert out["metrics"]["brier"]["low"] < 1.9125 / 5 < out["metrics"]["brier"]["high"]
    assert out["metrics"]["accuracy"]["value"] == 0.6
    assert out["metrics"]["distinct_confidences"]["value"] == 4
    # The share of right answers as a constant confidence: no calibration error, .5 of AUROC, p (1 - p) of Brier.
    constant = out["baselines"]["base_rate"]["metrics"]
    assert (constant["ece"]["value"], constant["auroc"]["value"]) == (0, 0.5)  # 0 itself, and no 2e-17
    assert constant["brier"]["value"] == pytest.approx(0.24)
    assert [b["n"] for b in out["bins"]] == [1, 1, 3]
    assert "rows without a confidence, left out: 1 (line 7)" in out["notes"]
    # .9 twice, .6 and .1.
    assert "confidences on the edge of two bins, counted in the lower one: 4" in out["notes"]


def test_a_scale_that_cannot_be_told_is_asked_for(tmp_path, capsys):
    file = table(tmp_path / "a.csv", ["3,1", "5,1", "3,0", "4,1"])
    with refused(fix="say what certain is"):
        calibrate_table(file, COLUMNS)
    for scale, first in ((5, 0.6), (10, 0.3), (100, 0.03)):
        scored = calibrate_table(file, COLUMNS, scale=scale).scored
        assert scored.table["confidence"].tolist()[0] == first
        assert scored.notes[0] == f"confidences are read as from 0 to {scale}"
    with refused(fix="say what certain is"):
        calibrate_table(table(tmp_path / "b.csv", ["7.5,1", "0.2,0"]), COLUMNS)
    with refused(fix="give a larger scale, or correct it"):
        calibrate_table(file, COLUMNS, scale=4)
    assert cli.main(["calibrate", str(file), "--columns", "confidence=p,right=ok", "--scale", "5"]) == 0
    assert "read as from 0 to 5" in capsys.readouterr().out


def test_rows_of_one_id_hang_together():
    rows = pd.DataFrame({"p": [0.5] * 40, "ok": [1] * 20 + [0] * 20, "q": [i // 4 for i in range(40)]})
    apart = calibrate_table(rows, COLUMNS).scored.metrics["accuracy"]
    together = calibrate_table(rows, COLUMNS | {"id": "q"}).scored.metrics["accuracy"]
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_the_base_rate_of_a_kind():
    rows = pd.DataFrame(
        {"p": [0.5] * 4, "ok": [1, 1, 1, 0], "class": ["a", "a", "b", "b"], "said": ["x", "y", "x", "x"]}
    )
    scored = calibrate_table(rows, COLUMNS | {"kind": "class", "answer": "said"}).scored
    # Class a is always right, b once of twice: 0, 0, .25, .25.
    assert scored.baselines["base_rate_of_kind"].metrics["brier"].value == pytest.approx(0.125)
    header = next(line for line in scored.text().splitlines() if line.startswith("baseline"))
    assert header.split() == ["baseline", "brier", "ece", "accuracy", "auroc", "margin", "in", "brier", "information"]
    assert scored.metrics["distinct_answers"].value == 2
    assert [b.metrics["distinct_answers"].value for b in scored.baselines.values()] == [2, 2]


@pytest.mark.parametrize(
    ("rows", "line", "field", "fix"),
    [
        (["0.9,1", "0.8,maybe"], 3, "ok", "write 1 or 0"),
        (["0.9,1", "0.3,1", "85,1"], 4, "p", "from 0 to 1, or to 100"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(tmp_path, rows, line, field, fix):
    with refused("a.csv", line, field, fix=fix):
        calibrate_table(table(tmp_path / "a.csv", rows), COLUMNS)


def test_a_column_that_is_not_there_is_named(tmp_path):
    with refused("a.csv", 1, "right", fix="ok, p"):
        calibrate_table(table(tmp_path / "a.csv", ["0.9,1"]), {"confidence": "p", "right": "rigth"})
