"""The command line without a model: what it needs, and what it never loads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from annotation_project import GOOD

from reasonome import cli

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
# The heavy packages of models, and what would ask one.
CODE = """
import sys
from reasonome.cli import main
code = main(sys.argv[1:])
print("loaded:", sorted({"torch", "transformers", "sentence_transformers", "sklearn"} & set(sys.modules)))
sys.exit(code)
"""


def test_nothing_of_a_model_is_loaded(annotating):
    sets = annotating.file("mine.gmt", GOOD)
    words = ["annotate", str(sets), "--ora-only", "--out", str(annotating.out)]
    done = subprocess.run(
        [sys.executable, "-c", CODE, *words],
        cwd=annotating.folder,
        env=os.environ | {"PYTHONPATH": str(SCRIPTS)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "loaded: []" in done.stdout
    assert "mine: 'repair': DNA repair (GO BP), 5 of 5 genes, 11.4 times as many as by chance" in done.stdout
    assert (annotating.out / "annotations.html").is_file()


@pytest.mark.parametrize("given", [[], ["--model", "a/b", "--ora-only"]])
def test_either_a_model_is_named_or_none_is_wanted(annotating, given, capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["annotate", "mine.gmt", "--out", str(annotating.out), *given])
    assert stopped.value.code == 2
    told = capsys.readouterr().err
    assert "--model" in told and "--ora-only" in told


def test_facts_and_encoders_need_not_be_there(annotating):
    facts = annotating.folder / "results/facts"
    facts.rename(facts.with_name("elsewhere"))
    try:
        (record,) = annotating(annotating.file("mine.gmt", GOOD), model=None)
    finally:
        facts.with_name("elsewhere").rename(facts)
    assert record["enriched"][0]["name"] == "DNA repair"
