"""What `reasonome annotate` prints of other people's text: on any terminal, and never a command to it."""

import os
import subprocess
import sys
from pathlib import Path

import annotation_project
import pytest
from annotation_project import GOOD, REPAIR

from reasonome import cli

LIBRARY = Path(cli.__file__).resolve().parents[1]
PROGRAM = "from reasonome.cli import program; program()"


@pytest.mark.parametrize("options", [[], ["--preview"]])
def test_names_of_files_sets_and_genes_send_nothing_to_the_terminal(annotating, by_hand, capsys, options):
    bad = "\x1b[2J\x9b31m"
    sets = [("few", ["ATM"]), ("unknown", ["XA", "XB", f"X{bad}"]), ("repair", REPAIR)]
    content = "".join("\t".join([f"{name}{bad}", "na", *genes]) + "\n" for name, genes in sets)
    path = str(annotating.file("evil\u202e.gmt", content))
    command = ["annotate", path, "--model", annotation_project.MODEL, "--out", str(annotating.out), *options]
    assert cli.main(command) == 0
    told = capsys.readouterr().out
    assert r"evil\u202e: 3 sets, by genes: 'few\x1b[2J\x9b31m' (1)" in told
    assert r"not asked: evil\u202e: 'unknown\x1b[2J\x9b31m': " in told
    assert [one for one in told if not one.isprintable() and one != "\n"] == []


def program(annotating, *options: str, encoding: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(LIBRARY), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", PROGRAM, "annotate", *options, "--model", annotation_project.MODEL]
    return subprocess.run([*command, "--out", str(annotating.out)], env=environment, capture_output=True, check=False)


def test_a_terminal_of_another_encoding_shows_what_it_can(annotating):
    path = annotating.file("mine.gmt", "βeta\tna\t" + "\t".join(REPAIR) + "\n" + GOOD)
    run = program(annotating, str(path), "--preview", "--style", "names", encoding="latin-1")
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)
    told = run.stdout.decode("latin-1")
    assert "mine: 2 sets, by genes: '\\u03b2eta' (5), 'repair' (5)" in told
    assert "nothing was written" in told
