"""A model that its own experiment found to rank as by chance: page and terminal say so before anything else."""

import pytest
import rank_project
import synthetic_rankings
from rank_project import LOCI, ByHand, Ranking

from reasonome.apps.measured import at_chance
from reasonome.core import atomic
from reasonome.report import tables
from reasonome.report.comparisons_table import comparisons_table
from reasonome.report.evidence import read_evidence
from reasonome.report.metrics_table import metrics_table
from reasonome.report.plan import read_plan
from reasonome.report.scored_arms import collect_scores
from reasonome.tasks import find_task, load_project

UNTRAINED, TRAINED = "base", synthetic_rankings.ARMS["RL rank"]

EXPERIMENT = """
backbones: [smollm2-135m]
arms: {base: []}
benchmarks: [demo-loci]
styles: [answer]
decodings: [greedy-list]
"""


@pytest.fixture(scope="module")
def scored_project(tmp_path_factory):
    """A project whose experiment loci was scored: one arm guesses, the other is right half the time."""
    folder = rank_project.make(tmp_path_factory.mktemp("scored"))
    made = tmp_path_factory.mktemp("experiment")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(synthetic_rankings.SKILL, "base", 0)
        plan = read_plan(
            synthetic_rankings.write_ranking_experiment(made, count=40, samples=1, styles=("answer",)), find_task
        )
    scores = collect_scores(plan, read_evidence(plan))
    own = folder / "results/experiments/loci"
    own.mkdir(parents=True)
    (folder / "config/experiments/loci.yaml").write_text(EXPERIMENT)
    (own / "plan.json").write_bytes((made / "plan.json").read_bytes())
    tables.write_metrics(own, metrics_table(plan, scores))
    atomic.write_tsv(own / "comparisons.tsv", comparisons_table(plan, scores, {}))
    return folder


@pytest.fixture
def scored(scored_project, tmp_path, monkeypatch):
    """Ranks with the model of a chain of that project."""
    monkeypatch.chdir(scored_project)
    project = load_project(scored_project / "config")

    def with_chain(chain: str) -> Ranking:
        model = ByHand(folder=project.results.model("smollm2-135m", chain))
        return Ranking(project, model, tmp_path / "out")

    return with_chain


def test_chance_is_told_first(scored, capsys):
    ranking = scored(UNTRAINED)
    ranking(ranking.file("loci.tsv", LOCI))
    first, *_ = capsys.readouterr().out.splitlines()
    assert first.startswith("warning: This model ranks as by chance: on 40 test questions of demo-loci (experiment")
    page = (ranking.out / "rankings.html").read_text()
    told = page.index("This model ranks as by chance")
    assert page.index("</h1>") < told < page.index("Research use only") < page.index("<nav")
    # Two questions each with 6 to 10 candidates, four times.
    by_chance = sum(1 / n for n in range(6, 11)) / 5
    assert f"that of a random order {by_chance:.3f}." in first
    assert "nearest gene, which needs no model, has " in first and "--no-model" in first


def test_a_model_that_was_found_better_is_not_told_of(scored, capsys):
    ranking = scored(TRAINED)
    ranking(ranking.file("loci.tsv", LOCI))
    assert "by chance" not in capsys.readouterr().out
    assert "ranks as by chance" not in (ranking.out / "rankings.html").read_text()


def test_a_model_that_nobody_scored(scored):
    ranking = scored("sft.other-s0")
    benchmarks = {"demo-loci": None}
    assert at_chance(ranking.project, ranking.model.folder, benchmarks, "answer") == ""
    assert at_chance(ranking.project, None, benchmarks, "answer") == ""
    assert at_chance(ranking.project, scored(UNTRAINED).model.folder, {"demo-cases": None}, "answer") == ""
