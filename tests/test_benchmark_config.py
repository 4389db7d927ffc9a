"""What config/benchmarks.yaml may say: kinds of benchmarks, subsets, splits, and the mistakes that are told apart."""

import pytest
from pydantic import ValidationError
from refusals import refused
from tiny_project import edit

from reasonome.config.project.experiments import own_functions
from reasonome.tasks import load_project
from reasonome.tasks.naming import files
from reasonome.tasks.naming.settings import NamingBenchmark

BP = {"namespace": "biological_process", "test": 3, "valid": 2}
FILE = {"path": "/data/test.csv"}
SPLIT = {"by": "date", "after": "2023-01-01"}


def benchmark(**changes):
    given = {"task": "gene_set_naming", "corpus": "demo", "encoders": []}
    return NamingBenchmark(**{**given, **changes})


@pytest.mark.parametrize(
    "given",
    [
        {"subsets": {"bp": BP}},
        {"subsets": {"pathways": {"source": "reactome", "test": 3, "valid": 2}}, "contaminated": [0.5, 0.9]},
        {"subsets": {"bp": {"namespace": "biological_process", "valid": 2}}, "split": SPLIT},
        {"kind": "published", "files": {"bp": FILE}},
        {"kind": "published", "files": {"bp": FILE}, "train_files": {"bp": FILE}},
        {"kind": "published", "files": {"bp": FILE}, "subsets": {"bp": {"source": "reactome", "valid": 2}}},
    ],
)
def test_kinds_of_benchmarks(given):
    assert benchmark(**given).task == "gene_set_naming"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "'subsets' is missing"),
        ({"subsets": {"bp": BP}, "files": {"bp": FILE}}, "'files' are the test sets of 'kind: published'"),
        (
            {"kind": "published", "files": {"a": FILE}, "train_files": {"a": FILE}, "subsets": {"bp": BP}},
            "either built .* or published",
        ),
        ({"kind": "published", "files": {"a": FILE}, "split": SPLIT}, "published test sets are fixed"),
        ({"kind": "published", "files": {"a": {}}}, "either 'path' or 'url'"),
        ({"subsets": {"bp": {"test": 3, "valid": 2}}}, "namespace, source or relation"),
        ({"subsets": {"bp": BP}, "split": {"by": "date"}}, "needs 'after'"),
        ({"subsets": {"bp": BP}, "contaminated": [1.0]}, "less than 1"),
        ({"subsets": {"bp": BP}, "contaminated": [0.5, 0.501]}, "two shares of one percentage"),
    ],
)
def test_mistakes_in_a_benchmark(given, message):
    with pytest.raises(ValidationError, match=message):
        benchmark(**given)


def project_with(config, **changes):
    """The shipped project with one more benchmark of the demo corpus."""
    entry = {"task": "gene_set_naming", "corpus": "demo", "encoders": [], **changes}
    edit(config.parent, "benchmarks.yaml", lambda c: c.update(mine=entry))
    return load_project(config)


@pytest.mark.parametrize(
    "changes",
    [
        {"subsets": {"one": {"valid": 1, "test": 1, "source": "go-demo", "relation": "enables"}}},
        {"kind": "published", "files": {"bp": {"path": "README.md"}}},  # which may be of any ontology of the corpus
    ],
)
def test_the_ontologies_that_a_benchmark_needs(config, changes):
    project = project_with(config, **changes)
    benchmarks = ("mine", "demo-go", "enriched", "reactome-human")
    found = {name: list(files.ontology_files(project, name)) for name in benchmarks}
    assert found == {"mine": ["go-demo"], "demo-go": ["go-demo"], "enriched": ["go-2022"], "reactome-human": []}


def test_a_source_that_the_corpus_does_not_have(config):
    with refused(
        config / "benchmarks.yaml", field="mine.subsets.one.source", fix="did you mean 'reactome-demo'?"
    ) as caught:
        project_with(config, subsets={"one": {"test": 1, "valid": 1, "source": "reactome-dmo"}})
    lines = (config / "benchmarks.yaml").read_text().splitlines()
    assert caught.value.line == 1 + lines.index("      source: reactome-dmo")


def test_a_branch_of_go_without_go(config):
    edit(config.parent, "corpora.yaml", lambda c: c["demo"]["sources"].remove("go-demo"))
    with refused(field="demo-go.subsets.bp.namespace", fix="add one to the corpus (format go)"):
        load_project(config)


PATIENTS = {
    "task": "rare_disease_ranking",
    "authority": "hgnc-demo",
    "phenotypes": "hpo-2025",
    "subsets": {"cases": {"source": "hpo-2025", "drawn": {"genes": 20}, "test": 8, "valid": 8}},
    "decoys": 3,
}


@pytest.mark.parametrize(
    ("changes", "fix"),
    [
        ({"phenotypes": None}, "add `phenotypes: hpo-2025`"),
        ({"subsets": {"cases": PATIENTS["subsets"]["cases"] | {"drawn": None}}}, "give both or neither"),
        ({"subsets": {"cases": PATIENTS["subsets"]["cases"] | {"source": "cases-demo"}}}, "give both or neither"),
    ],
)
def test_cases_are_drawn_from_hpo_alone_with_its_ontology(config, changes, fix):
    edit(config.parent, "benchmarks.yaml", lambda entries: entries.update(patients=PATIENTS | changes))
    with refused(config / "benchmarks.yaml", fix=fix):
        load_project(config)


OWN = {"subsets": {"bp": BP}}


def test_a_metric_of_ones_own_builds_nothing_again(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def brief(answer, example): return 1\n")
    one, other = "mine.py:brief", {"function": "mine.py:brief", "high": 100}
    project = project_with(config, **OWN, metrics={"one": one, "other": other})
    own = own_functions(project, "mine")
    assert {name: (each.function, each.high) for name, each in own.items()} == {"one": (one, 1), "other": (one, 100)}
    assert "metrics" in NamingBenchmark.SCORING_SETTINGS and "metrics" not in benchmark(**OWN).model_dump()


@pytest.mark.parametrize(
    ("metrics", "field", "fix"),
    [
        ({"rouge_l": "mine.py:brief"}, "rouge_l", "give yours another name"),
        ({"reward_format": "mine.py:brief"}, "reward_format", "give yours another name"),
        ({"one": "mine.py:breif"}, "one", "did you mean 'brief'?"),
        ({"one": "mien.py:brief"}, "one", "did you mean 'mine.py'?"),
        ({"one": {"function": "mine.py:brief", "hgih": 2}}, "one.hgih", ""),
    ],
)
def test_mistakes_in_a_metric_of_ones_own(config, tmp_path, monkeypatch, metrics, field, fix):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def brief(answer, example): return 1\n")
    with refused("benchmarks.yaml", field=f"mine.metrics.{field}", fix=fix):
        project_with(config, **OWN, metrics=metrics)
