"""The command line without a model: what it needs, and what it never loads."""

import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime

import gseapy
import pytest
import scipy
from annotation_project import GOOD
from checkout import ROOT

from reasonome import cli

SCRIPTS = ROOT / "scripts"
# The heavy packages of models, and what would ask one.
CODE = """
import sys
from reasonome.cli import main
code = main(sys.argv[1:])
print("loaded:", sorted({"torch", "transformers", "sentence_transformers", "sklearn"} & set(sys.modules)))
sys.exit(code)
"""


@pytest.mark.slow
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


@pytest.mark.parametrize("given", [[], ["--ora-only"]])
@pytest.mark.parametrize("sets", [GOOD, "none\tna\tFILL01\tRPL3\tBUB1\tSEPTIN2\nfew\tna\tBRCA1\n"])
def test_terminal_and_page_say_nothing_of_models_or_names(annotating, sets, given, capsys):
    mine = annotating.file("mine.gmt", sets)
    for more in (["--preview"], []):
        cli.main(["annotate", str(mine), "--out", str(annotating.out), *more, *given])
    page = (annotating.out / "annotations.html").read_text(encoding="utf-8").partition("<body>")[2]
    shown = re.sub("<[^>]*>", " ", page.partition('<script id="data"')[0])
    for text in (shown, capsys.readouterr().out):
        assert not re.search(r"\b(model|answer|asked|suggest\w+|judged?)\b", text.replace(str(annotating.out), ""))


def test_the_page_says_what_computed_and_of_which_release(annotating):
    mine = annotating.file("own.gmt", GOOD)
    annotating(annotating.file("mine.gmt", GOOD), model=None, libraries=[str(mine)])
    page = (annotating.out / "annotations.html").read_text(encoding="utf-8")
    held = json.loads(page.partition('<script id="data" type="application/json">')[2].partition("</script>")[0])
    # Four terms of GO BP, the root with all 57 genes among them; two pathways of Reactome, one of WikiPathways; the
    # user's set.
    assert held["tests"] == {"mine": {"GO BP": 4, "Reactome": 2, "WikiPathways": 1, "own": 1}}
    assert held["releases"]["Reactome"] == "Reactome, 2022 or earlier (the file does not say)"
    assert held["releases"]["GO BP"] == "GO 2022-07-01, slice shipped with reasonome"
    assert (
        held["releases"]["own"] == f"own.gmt, last changed {datetime.fromtimestamp(mine.stat().st_mtime, UTC):%Y-%m-%d}"
    )
    assert f"SciPy (over-representation) {scipy.__version__}" in page
    assert "GSEApy (GSEA)" not in page and "torch" not in page.rpartition("<dt>versions</dt>")[2]
    annotating(annotating.file("mine.gmt", GOOD), model=None, gsea=True)
    assert f"GSEApy (GSEA) {gseapy.__version__}" in (annotating.out / "annotations.html").read_text(encoding="utf-8")
