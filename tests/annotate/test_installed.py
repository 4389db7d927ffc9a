"""The package as pip installs it, without its repository."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from checkout import ROOT

# Annotates, and says which modules and files were not the installed ones.
CODE = """
import sys
opened = []
sys.addaudithook(lambda event, words: event == "open" and opened.append(str(words[0])))
from reasonome.cli import main
code = main(sys.argv[3:])
ours = [module.__file__ for name, module in sys.modules.items() if name.split(".")[0] == "reasonome"]
print("elsewhere:", [path for path in ours if not path.startswith(sys.argv[1])])
print("opened:", [path for path in opened if path.startswith(sys.argv[2]) and not path.startswith(sys.prefix)])
sys.exit(code)
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder into which pip has installed a copy of the repository."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "installed"))
    for name in ("config", "resources", "scripts"):
        without = shutil.ignore_patterns("__pycache__", "*.egg-info", "own")
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=without)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    options = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", target]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, source], check=True)
    return target


def run(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key != "REASONOME_CHECKOUT"}
    environment |= {"PYTHONPATH": str(installed), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-c", CODE, installed, ROOT, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.slow
def test_the_installed_package_annotates_in_an_empty_folder(installed, tmp_path):
    assert "CC BY" in (installed / "reasonome/data/resources/go/README.md").read_text(encoding="utf-8")
    shutil.copy(ROOT / "resources/annotate/genes.txt", tmp_path)  # Reactome's 25 of cholesterol biosynthesis
    done = run(installed, tmp_path, "annotate", "genes.txt", "--out", "mine")
    assert done.returncode == 0, done.stderr
    assert "elsewhere: []\nopened: []\n" in done.stdout
    terms = pd.read_csv(tmp_path / "mine/enrichment.tsv", sep="\t")
    assert terms.loc[0, ["ID", "GeneRatio"]].tolist() == ["R-HSA-191273", "25/25"]
    assert "GO:0016126" in set(terms["ID"]) and {"GO BP", "Reactome", "WikiPathways"} <= set(terms["ONTOLOGY"])
    assert "Cholesterol biosynthesis" in (tmp_path / "mine/annotations.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "genes.txt", "mine"]


@pytest.mark.slow
def test_the_installed_package_says_what_it_lacks(installed, tmp_path):
    done = run(installed, tmp_path, "plan", "demo")
    assert done.returncode != 0 and "fix: clone the project (git clone …)" in done.stderr
