"""What the command line says of arguments that no command has, and of folders in which commands cannot work."""

from pathlib import Path

import pytest
from refusals import refused

from reasonome import cli
from reasonome.apps.annotate.making import PACKAGED, annotation_project
from reasonome.apps.annotate.project_files import native_files
from reasonome.config.annotations import Annotation
from reasonome.config.project.folder import CHECKOUT
from reasonome.core.package import DATA
from reasonome.tasks import load_project

ROOT = Path(__file__).resolve().parent.parent


def test_an_unknown_argument_is_told_with_the_nearest_option():
    with refused(fix="did you mean '--libraries'?"):
        cli.main(["annotate", "sets.gmt", "--ora-only", "--out", "out", "--libary"])


def test_a_key_without_a_value_is_told_how_to_write_one(capsys):
    with pytest.raises(SystemExit) as ended:
        cli.main(["plan", "demo", "--set", "final"])
    assert ended.value.code == 2
    assert "argument --set: 'final' has no value: write final=VALUE" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fix", "told"),
    [
        ("none yet; `make demo` trains some", "none yet; `cd '/a b' && make demo` trains some"),
        ("run this again, or snakemake --cores 2 x", "run this again, or cd '/a b' && snakemake --cores 2 x"),
        ("to accept it: reasonome pin hgnc", "to accept it: cd '/a b' && reasonome pin hgnc"),
        ("remove it and run snakemake again", "remove it and run snakemake again"),
        ("make it faster; reasonome annotate works anywhere", "make it faster; reasonome annotate works anywhere"),
    ],
)
def test_commands_of_a_fix(fix, told):
    assert cli.standing_in(Path("/a b"), fix) == told


@pytest.fixture
def nowhere(tmp_path, monkeypatch) -> Path:
    """The working folder: it has the configuration of another workflow, and Snakemake tells of no repository."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config/config.yaml").write_text("samples: samples.tsv\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(CHECKOUT)
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        *("pin", "verify", "update", "prompts demo", "plan demo", "export demo-go --style names --out mine"),
        *("score answers.jsonl --benchmark demo-go", "rank loci.tsv --no-model --out mine"),
        *("annotate genes.txt --model smollm2-135m --out mine", "annotate genes.txt --config mine --out mine"),
    ],
)
def test_what_needs_the_repository_says_so_where_there_is_none(words, nowhere):
    with refused(fix="clone the project (git clone …) and run this there, or name its folder config/ by --config"):
        cli.main(words.split())


def test_files_of_ones_own_need_those_that_ship(nowhere):
    (nowhere / "mine").mkdir()
    (nowhere / "mine/config.yaml").write_text("experiments: []\n")
    with refused("mine", fix="clone the project"):
        load_project("mine")


def test_over_representation_reads_the_package_alone_where_there_is_no_project(nowhere):
    given = Annotation(sets=["genes.txt"])
    project = annotation_project(Path("config"), [("results", "mine")], None)
    files = native_files(project, given)
    assert len(files) == 5 and all(path.is_file() and path.is_relative_to(DATA) for path in files)
    assert (project.root, project.results.root) == (PACKAGED, Path("mine"))
    here = annotation_project(ROOT / "config", (), None)
    assert [path.name for path in native_files(here, given)] == [path.name for path in files]


def test_what_the_package_lacks_is_not_made(nowhere):
    Path("genes.txt").write_text("TP53\nBRCA1\nATM\n")
    with refused(fix="clone the project"):
        cli.main(["annotate", "genes.txt", "--out", "mine", "--benchmark", "current", "--set", "results=mine"])
