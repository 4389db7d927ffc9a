"""What config/benchmarks.yaml may say: kinds of benchmarks, subsets, splits, and the mistakes that are told apart."""

import shutil
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from reasonome.config.project import Project
from reasonome.core.errors import InputError
from reasonome.tasks.naming import files
from reasonome.tasks.naming.settings import NamingBenchmark

ROOT = Path(__file__).resolve().parents[1]
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
        {"subsets": {"pathways": {"source": "reactome", "test": 3, "valid": 2}}, "contaminated": [0.5, 1.0]},
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
        ({"kind": "published"}, "published', which needs them"),
        ({"subsets": {"bp": BP}, "train_files": {"bp": FILE}}, "go with 'kind: published'"),
        (
            {"kind": "published", "files": {"a": FILE}, "train_files": {"a": FILE}, "subsets": {"bp": BP}},
            "either built .* or published",
        ),
        ({"kind": "published", "files": {"a": FILE}, "valid_files": {"a": FILE}}, "'valid_files' go with"),
        ({"kind": "published", "files": {"a": FILE}, "subsets": {"bp": BP}}, "leave out 'test'"),
        ({"kind": "published", "files": {"a": FILE}, "split": SPLIT}, "published test sets are fixed"),
        ({"kind": "published", "files": {"mean": FILE}}, "may not be called 'mean'"),
        ({"kind": "published", "files": {"a-50": FILE}}, "should match pattern"),
        ({"kind": "published", "files": {"a": {}}}, "either 'path' or 'url'"),
        ({"kind": "published", "files": {"a": {"path": "my test.csv"}}}, "should match pattern"),
        ({"subsets": {"bp": {"test": 3, "valid": 2}}}, "namespace, source or relation"),
        ({"subsets": {"bp": {"source": "go", "valid": 2}}}, "'test' is missing"),
        ({"subsets": {"bp": BP}, "split": {"by": "date"}}, "needs 'after'"),
        ({"subsets": {"bp": BP}, "split": {"after": "2023-01-01"}}, "'by: term' takes none"),
        ({"subsets": {"bp": BP}, "contaminated": [0]}, "greater than or equal to 0.01"),
        ({"subsets": {"bp": BP}, "contaminated": [0.5, 0.5]}, "given twice"),
        ({"subsets": {"bp": BP}, "contaminated": [0.5, 0.501]}, "two shares of one percentage"),
    ],
)
def test_mistakes_in_a_benchmark(given, message):
    with pytest.raises(ValidationError, match=message):
        benchmark(**given)


def project_with(folder, **subset):
    """The shipped project with one more benchmark of the demo corpus."""
    shutil.copytree(ROOT / "config", folder / "config")
    entry = {"task": "gene_set_naming", "corpus": "demo", "encoders": [], "subsets": {"one": {"valid": 1, **subset}}}
    with open(folder / "config/benchmarks.yaml", "a") as out:
        out.write("\n" + yaml.safe_dump({"mine": entry}))
    return Project(folder / "config")


def test_the_ontologies_that_a_benchmark_needs(tmp_path, project):
    assert files.ontology_files(project, "demo-go") == {"go-demo": "obo"}
    assert files.ontology_files(project, "go-bioc") == {"bioconductor": "go"}
    assert files.ontology_files(project, "reactome") == {}
    found = project_with(tmp_path, test=1, source="go-demo", relation="enables")
    assert files.ontology_files(found, "mine") == {"go-demo": "obo"}


def test_published_sets_may_be_of_any_ontology_of_the_corpus(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    entry = {"task": "gene_set_naming", "kind": "published", "corpus": "demo", "encoders": []}
    entry["files"] = {"bp": {"path": "a.csv"}}
    with open(tmp_path / "config/benchmarks.yaml", "a") as out:
        out.write("\n" + yaml.safe_dump({"mine": entry}))
    assert files.ontology_files(Project(tmp_path / "config"), "mine") == {"go-demo": "obo"}


def test_a_source_that_the_corpus_does_not_have(tmp_path):
    with pytest.raises(InputError, match="unknown name 'reactome-dmo'") as error:
        project_with(tmp_path, test=1, source="reactome-dmo")
    assert error.value.field == "mine.subsets.one.source"
    assert error.value.fix == "did you mean 'reactome-demo'?"
    assert error.value.line == 1 + (tmp_path / "config/benchmarks.yaml").read_text().splitlines().index(
        "      source: reactome-dmo"
    )


def test_a_branch_of_go_without_go(tmp_path):
    shutil.copytree(ROOT / "config", tmp_path / "config")
    text = (tmp_path / "config/corpora.yaml").read_text()
    (tmp_path / "config/corpora.yaml").write_text(text.replace("hgnc-demo, go-demo,", "hgnc-demo,", 1))
    with pytest.raises(InputError, match="corpus 'demo' has 0 sources of GO") as error:
        Project(tmp_path / "config")
    assert error.value.field == "demo-go.subsets.bp.namespace"
