"""The filter of all teachers: a usable proposal stays when its name is close enough to the true one."""

import numpy as np
import pytest

from reasonome.teaching.proposals import Proposal, keep

TRUTHS = {"GO:0": "DNA repair", "GO:1": "glycolysis", "GO:2": "x"}


def share_of_words(proposed, true):
    """Jaccard of words: DNA repair / DNA replication = 1/3."""
    pairs = [(set(a.split()), set(b.split())) for a, b in zip(proposed, true, strict=True)]
    return np.array([len(a & b) / len(a | b) for a, b in pairs])


def test_kept_and_dropped_rows():
    proposals = [
        Proposal("GO:1", "bp", "glycolysis", ["HK1 acts."], "raw"),
        Proposal("GO:0", "bp", "DNA replication", ["LIG1 acts."]),
        Proposal("GO:2", "bp", problem="nothing shared by the genes"),
    ]
    kept, dropped = keep(proposals, TRUTHS, share_of_words, 0.7)
    assert kept == [
        {
            "id": "GO:1",
            "subset": "bp",
            "name": "glycolysis",
            "proposed": "glycolysis",
            "steps": ["HK1 acts."],
            "similarity": 1.0,
            "text": "raw",
        }
    ]
    assert [(row["id"], row["reason"]) for row in dropped] == [
        ("GO:0", "similarity 0.33 <= 0.70"),
        ("GO:2", "nothing shared by the genes"),
    ]
    assert dropped[0]["similarity"] == pytest.approx(1 / 3)
    assert dropped[1]["similarity"] is None


def test_the_true_name_needs_no_encoder():
    kept, dropped = keep([Proposal("GO:1", "bp", "glycolysis")], TRUTHS, None, 0.7)
    assert [row["similarity"] for row in kept] == [1.0] and dropped == []


def test_the_threshold_itself_is_dropped():
    proposals = [Proposal("GO:0", "bp", "DNA")]  # 1 of 2 words
    assert [len(part) for part in keep(proposals, TRUTHS, share_of_words, threshold=0.5)] == [0, 1]
    assert [len(part) for part in keep(proposals, TRUTHS, share_of_words, threshold=0.49)] == [1, 0]


def test_similarity_is_asked_once_and_only_about_usable_proposals():
    calls = []

    def similarity(proposed, true):
        calls.append((proposed, true))
        return np.ones(len(proposed), dtype=np.float32)

    broken = Proposal("GO:1", "bp", "glycolysis", problem="no_process_line")
    kept, dropped = keep([broken, Proposal("GO:0", "bp", "repair")], TRUTHS, similarity, 0.7)
    assert calls == [(["repair"], ["DNA repair"])]
    assert type(kept[0]["similarity"]) is float
    assert dropped[0]["reason"] == "no_process_line"
    assert keep([broken], TRUTHS, similarity, 0.7)[0] == [] and len(calls) == 1
