"""What people give that is wrong: one clear error and nothing written, or one flagged row and the other sets done."""

import os
import subprocess
import sys
from pathlib import Path

import annotation_project
import pytest
from annotation_project import GOOD, MOUSE, OTHERS, REPAIR

from reasonome import cli


def made(*genes: str, name: str = "mine") -> str:
    return f"{name}\tna\t" + "\t".join(genes) + "\n"


# files that are refused, with nothing written


def test_a_file_that_cannot_be_read_is_refused_even_beside_a_good_one(annotating, by_hand, refused):
    path = annotating.file("mine.csv", "gene,log2FoldChange,padj\nBRCA1,2,0.01\nBRCA2,2\n")
    with refused(path, 3):
        annotating(annotating.file("good.gmt", GOOD), path)
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_missing_file_and_a_folder_are_refused(annotating, by_hand, refused):
    good = annotating.file("good.gmt", GOOD)
    with refused():
        annotating(good, annotating.out.parent / "none.gmt")
    with refused():
        annotating(good, annotating.out.parent)
    assert not annotating.out.exists()


def test_a_gmt_without_descriptions_is_refused(annotating, by_hand, refused):
    path = annotating.file("mine.gmt", "repair\tBRCA1\tBRCA2\tATM\tRAD51\ncheckpoint\tBUB1\tTTK\tMAD2L1\n")
    with refused(path):
        annotating(annotating.file("good.gmt", GOOD), path)
    assert by_hand.asked == []
    assert not annotating.out.exists()


# sets that get an error of their own, and the others are done

MICE = "most of these are written as genes of mice: pass `--species mouse`"
ERRORS = {
    "one gene by three names": (
        made("SEPT2", "SEPTIN2", "2-Sep"),
        "only 1 gene, and 3 are the fewest that can have a function in common",
    ),
    "mouse symbols": (made(*MOUSE), f"{MICE}, or `--species human` if they are human genes in another case"),
}


@pytest.mark.parametrize(("content", "error"), ERRORS.values(), ids=ERRORS)
def test_a_set_that_cannot_be_asked_is_a_row_and_the_others_are_done(annotating, by_hand, content, error):
    records = annotating(annotating.file("all.gmt", made(*REPAIR, name="first") + content + made(*REPAIR, name="last")))
    assert [record["set"] for record in records] == ["first", "mine", "last"]
    assert [record["error"] for record in records] == ["", error, ""]
    assert [record["name"] for record in records] == ["DNA repair", "", "DNA repair"]
    assert len(by_hand.asked[0]) == 2
    assert (annotating.out / "manifest.json").is_file()


# names that are only ever text


NAMES = [
    "../../etc/passwd",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x07\x08",
    "{wildcard} $(reboot) `reboot`",
    "x" * 5_000,
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_set_and_a_gene_may_have_any_name_which_is_only_ever_text(annotating, by_hand, name):
    (record,) = annotating(annotating.file("mine.gmt", made(name, *REPAIR, name=name)))
    assert (record["set"], record["name"], record["error"]) == (name, "DNA repair", "")
    assert [unknown["written"] for unknown in record["unmapped"]] == [name]
    assert {path.name for path in annotating.out.parent.iterdir()} == {"mine.gmt", "out"}
    assert len(list(annotating.out.iterdir())) == 8
    page = (annotating.out / "annotations.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page and "<img" not in page
    cell = (annotating.out / "annotations.tsv").read_text(encoding="utf-8").splitlines()[1].split("\t")[1]
    assert not cell.startswith(("=", '"='))


def test_what_is_known_of_every_file_stands_on_terminal_page_and_table(annotating, capsys, snapshot, scrubbed):
    library = annotating.file("own.gmt", "mine\tna\tBRCA1\tBRCA2\tATM\tGONE1\tGONE2\nlost\twords\n")
    universe = annotating.file("tested.txt", "\n".join([*REPAIR, *OTHERS, "LOST1"]))
    rows = "".join(f"{gene}\t{number}\n" for number, gene in enumerate([*REPAIR, *OTHERS[:3], "XA"]))
    annotating(annotating.file("mine.rnk", rows), model=None, libraries=[str(library)], universe=str(universe), top=5)
    sentences = [
        "mine: 8 of 9 identifiers are known genes, 1 is none: XA",  # of the whole ranking
        f"{universe}: 45 of 46 identifiers are known genes, 1 is none: LOST1",
        "own: 3 of 5 identifiers are known genes, 2 are none: GONE1, GONE2; left out: gene sets without genes (1)",
    ]
    told = capsys.readouterr().out
    page = (annotating.out / "annotations.html").read_text(encoding="utf-8")
    for sentence in sentences:
        assert f"{sentence}\n" in told and f"<li>{sentence}</li>" in page
    assert scrubbed((annotating.out / "identifiers.tsv").read_text(encoding="utf-8")) == snapshot


# the universe


@pytest.mark.parametrize("content", ["# nothing\n\n", "XA\nXB\n", "BRCA1\nFILL01\n"])
def test_a_universe_that_cannot_be_is_refused_before_anything_is_asked(annotating, by_hand, content, refused):
    universe = annotating.file("universe.txt", content)
    with refused():
        annotating(annotating.file("mine.gmt", GOOD), universe=str(universe))
    assert by_hand.asked == []
    assert not annotating.out.exists()


CELLS = "gene,log2FoldChange,pvalue,padj,cell_type\n"
REPAIR_UP = [*(f"{gene},2,0.001,0.01" for gene in REPAIR), *(f"{gene},0,0.9,0.9" for gene in OTHERS[:20])]
ZEBRAFISH = [f"zgc:{number},2,0.001,0.01" for number in range(8)]  # no gene is known


def test_a_table_whose_own_universe_cannot_be_used_is_a_row_and_the_others_are_done(
    annotating, monkeypatch, capsys, snapshot
):
    monkeypatch.setattr("reasonome.apps.annotate.gsea.FEWEST_RANKED", 3)
    both = "".join([f"{row},T\n" for row in REPAIR_UP] + [f"{row},other\n" for row in ZEBRAFISH])
    good, _, bad, none = annotating(annotating.file("cells.csv", CELLS + both), model=None, gsea=True)
    assert (good["list"], good["error"], good["enriched"][0]["name"]) == ("cells T", "", "DNA repair")
    assert (bad["list"], bad["enriched"], none["error"][:15]) == ("cells other", [], "no gene passes ")
    assert bad["error"] == snapshot
    assert f"cells other: no GSEA: {bad['error']}" in capsys.readouterr().out


def test_tables_without_any_universe_that_can_be_used_are_refused(annotating, refused):
    with refused():
        annotating(annotating.file("cells.csv", CELLS + "".join(f"{row},T\n" for row in ZEBRAFISH)), model=None)
    assert not annotating.out.exists()


# the place, the model and the settings


def test_an_unfinished_or_unknown_model_is_refused_with_those_that_are_finished(annotating, by_hand, refused):
    path = annotating.file("mine.gmt", GOOD)
    unfinished = annotating.folder / "results/models/smollm2-135m/pretrain.demo-s0"
    (unfinished / "model").mkdir(parents=True, exist_ok=True)
    for model in ("smollm2-135m/pretrain.demo-s0", str(unfinished), "../../etc"):
        with refused():
            annotating(path, model=model)
    assert not annotating.out.exists()


@pytest.mark.parametrize(
    "settings",
    [
        {"style": "fact"},
        {"benchmark": "demogo"},
        {"libraries": ["reactome-dem"]},
        {"libraries": ["go-demo"]},
    ],
)
def test_names_that_nothing_has_get_the_nearest(annotating, by_hand, settings, refused):
    with refused():
        annotating(annotating.file("mine.gmt", GOOD), **settings)
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_library_under_a_restricted_licence_waits_for_a_word(annotating, by_hand, monkeypatch, refused):
    sources = annotating.project.sources
    terms = {"restricted": True, "licence_url": "https://example.org/terms"}
    monkeypatch.setitem(sources, "reactome-demo", sources["reactome-demo"].model_copy(update=terms))
    with refused("config/sources.yaml", field="reactome-demo.accept_licence"):
        annotating(annotating.file("mine.gmt", GOOD), libraries=["reactome-demo"])
    assert not annotating.out.exists()


# the command line


def run(annotating, *options: str, sets: str | None = None) -> int:
    path = sets or str(annotating.file("mine.gmt", GOOD))
    model = [] if {"--model", "--ora-only"} & set(options) else ["--model", annotation_project.MODEL]
    return cli.main(["annotate", path, *model, "--out", str(annotating.out), *options])


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (["--top", "0"], "--top"),
        (["--adjusted-p", "nan"], "--adjusted-p"),
        (["--columns", "genes=x"], "--columns"),
    ],
)
def test_options_that_cannot_be(annotating, by_hand, options, field, refused):
    with refused(field=field):
        run(annotating, *options)
    assert not annotating.out.exists()


def test_a_preview_asks_and_writes_nothing(annotating, by_hand, capsys, snapshot):
    assert run(annotating, "--preview") == 0
    told = capsys.readouterr().out.splitlines()
    assert told == snapshot
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_preview_refuses_what_a_run_would(annotating, by_hand, refused):
    with refused():
        run(annotating, "--preview", "--libraries", "wikipathways")
    assert not annotating.out.exists()


@pytest.mark.parametrize("model", ["http://127.0.0.1:9/v1", "smollm2-135m/bas"])
def test_a_model_that_is_not_there_is_told_before_anything_is_made(annotating, by_hand, monkeypatch, refused, model):
    monkeypatch.setattr("reasonome.apps.annotate.making.make_missing", lambda *_: pytest.fail("something was made"))
    with refused():
        run(annotating, "--model", model)


def test_the_status_says_whether_anything_was_tested(annotating, by_hand):
    strange = annotating.file("strange.gmt", made("Xyz1", "Xyz2", "Xyz3", name="strange"))
    assert run(annotating, "--ora-only", sets=str(strange)) == 1
    assert (annotating.out / "annotations.html").is_file()
    assert run(annotating, "--ora-only") == 0


def test_columns_of_other_names_are_said_on_the_command_line(annotating, by_hand, capsys):
    table = annotating.file("mine.csv", "Name,Change,Q value\n" + "".join(f"{gene},3,0.01\n" for gene in REPAIR))
    columns = "gene=Name,log2_fold_change=Change,adjusted_p=Q value"
    assert run(annotating, "--preview", "--columns", columns, sets=str(table)) == 0
    assert "mine: 2 sets, by genes: 'mine up' (5), 'mine down' (0)\n" in capsys.readouterr().out


# text of others on a terminal


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
    assert r"not tested: evil\u202e: 'unknown\x1b[2J\x9b31m': " in told
    assert [one for one in told if not one.isprintable() and one != "\n"] == []


@pytest.mark.slow
def test_errors_quote_names_as_text_only(annotating):
    library = Path(cli.__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(library), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-c", "from reasonome.cli import program; program()", "annotate", "no\x1b[2Jne.gmt"]
    command += ["--model", annotation_project.MODEL, "--out", str(annotating.out)]
    run = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert run.returncode == 2
    told = run.stderr.decode("ascii")
    assert "\x1b" not in told and "Traceback" not in told
    assert told.startswith("error: ") and r"\x1b[2J" in told and "\n  fix: " in told
