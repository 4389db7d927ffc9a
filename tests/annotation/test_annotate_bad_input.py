"""What people give that is wrong: one clear error and nothing written, or one flagged row and the other sets done."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import annotation_project
import pytest
from annotation_project import GOOD, MOUSE, OTHERS, REPAIR

from reasonome import cli
from reasonome.answering.asked_model import find_model
from reasonome.apps.annotate import job
from reasonome.apps.annotate.judge import WITHOUT_ENCODER_TOLD
from reasonome.core.errors import InputError


def made(*genes: str, name: str = "mine") -> str:
    return f"{name}\tna\t" + "\t".join(genes) + "\n"


# files that are refused, with nothing written


def test_a_file_that_cannot_be_read_is_refused_even_beside_a_good_one(annotating, by_hand):
    path = annotating.file("mine.csv", "gene,log2FoldChange,padj\nBRCA1,2,0.01\nBRCA2,2\n")
    with pytest.raises(InputError, match="expected 3 columns as in the header") as error:
        annotating(annotating.file("good.gmt", GOOD), path)
    assert (error.value.file, error.value.line) == (path, 3)
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_missing_file_and_a_folder_are_refused(annotating, by_hand):
    good = annotating.file("good.gmt", GOOD)
    with pytest.raises(InputError, match="there is no such file"):
        annotating(good, annotating.out.parent / "none.gmt")
    with pytest.raises(InputError, match="this is a folder, not a file"):
        annotating(good, annotating.out.parent)
    assert not annotating.out.exists()


def test_a_gmt_without_descriptions_is_refused(annotating, by_hand):
    path = annotating.file("mine.gmt", "repair\tBRCA1\tBRCA2\tATM\tRAD51\ncheckpoint\tBUB1\tTTK\tMAD2L1\n")
    with pytest.raises(InputError, match="the second field of most sets is a gene, which would be lost") as error:
        annotating(annotating.file("good.gmt", GOOD), path)
    assert error.value.file == path
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


def test_human_symbols_in_title_case_are_read_where_people_say_that_they_are(annotating):
    (record,) = annotating(annotating.file("mine.gmt", made(*MOUSE)), model=None, species="human")
    assert (record["error"], [gene["symbol"] for gene in record["genes"]]) == ("", list(MOUSE.values()))


# sets that are odd, and are done with a flag


def test_a_date_that_is_a_number_is_not_guessed(annotating, by_hand):
    # 44441 is 2021-09-02; as an Entrez id nothing has it
    (record,) = annotating(annotating.file("mine.gmt", made(*REPAIR, "44441")))
    assert record["unmapped"] == [{"written": "44441", "why": "spreadsheet number", "candidates": ["SEPTIN2"]}]
    assert "1 of 6 genes is unknown: 44441" in record["flags"]
    assert record["name"] == "DNA repair"


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


def test_spellings_of_programs_are_read_and_flagged(annotating):
    genes = "\n".join(["XXXA", *(f"GRCh38_{gene}" for gene in REPAIR)])
    (record,) = annotating(annotating.file("mine.txt", genes), model=None)
    assert record["flags"][0].startswith("5 of 6 are symbols behind the name of a genome: GRCh38_BRCA1 → BRCA1, ")
    assert record["enriched"][0]["name"] == "DNA repair"


def test_what_is_known_of_every_file_stands_on_terminal_page_and_table(annotating, capsys):
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
    assert (annotating.out / "identifiers.tsv").read_text(encoding="utf-8").splitlines() == [
        "file\tholds\tidentifiers\trecognised\tnot_recognised\twhich_not",
        "mine\tlists\t9\t8\t1\tXA",
        f"{universe}\tuniverse\t46\t45\t1\tLOST1",
        "Reactome\tlibrary\t11\t11\t0\t",
        "WikiPathways\tlibrary\t3\t3\t0\t",
        "own\tlibrary\t5\t3\t2\tGONE1; GONE2",
    ]


def test_sets_of_a_library_are_called_by_their_names(annotating, capsys):
    library = annotating.file("ids.gmt", "GO:0000724\tdouble-strand break repair\t" + "\t".join(REPAIR) + "\n")
    (record,) = annotating(annotating.file("mine.gmt", GOOD), model=None, libraries=[str(library)])
    term = next(term for term in record["enriched"] if term["library"] == "ids")
    assert (term["id"], term["name"]) == ("GO:0000724", "double-strand break repair")


# the universe


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# nothing\n\n", "there is no gene in the file"),
        ("XA\nXB\n", "none of the 2 identifiers of the universe in .* is a known gene"),
        ("BRCA1\nFILL01\n", "no gene set of the libraries has 3 to 500 genes in the universe of 2"),
    ],
)
def test_a_universe_that_cannot_be_is_refused_before_anything_is_asked(annotating, by_hand, content, message):
    universe = annotating.file("universe.txt", content)
    with pytest.raises(InputError, match=message) as error:
        annotating(annotating.file("mine.gmt", GOOD), universe=str(universe))
    assert error.value.fix
    assert by_hand.asked == []
    assert not annotating.out.exists()


def pipe(content: bytes) -> str:
    """The path of a pipe in which `content` is, as a shell's <(…) gives one."""
    read, write = os.pipe()
    os.write(write, content)
    os.close(write)
    return f"/dev/fd/{read}"


def test_a_universe_from_a_pipe_is_read_once_for_several_files(annotating, by_hand):
    content = "\n".join([*REPAIR, *OTHERS, "TTK", "RPL3"]).encode()
    sets = [annotating.file(name, GOOD) for name in ("first.gmt", "second.gmt")]
    records = annotating(*sets, universe=pipe(content))
    assert [record["name"] for record in records] == ["DNA repair", "DNA repair"]
    manifest = json.loads((annotating.out / "manifest.json").read_text())
    assert manifest["universe"] == hashlib.sha256(content).hexdigest()


def test_sets_from_a_pipe(annotating, by_hand):
    (record,) = annotating(pipe(GOOD.encode()), kind="gmt")
    assert record["name"] == "DNA repair"


# the place, the model and the settings


def test_an_unfinished_or_unknown_model_is_refused_with_those_that_are_finished(annotating, by_hand):
    path = annotating.file("mine.gmt", GOOD)
    unfinished = annotating.folder / "results/models/smollm2-135m/pretrain.demo-s0"
    (unfinished / "model").mkdir(parents=True, exist_ok=True)
    for model in ("smollm2-135m/pretrain.demo-s0", str(unfinished), "../../etc"):
        with pytest.raises(InputError, match="is no model that can be asked") as error:
            annotating(path, model=model)
        assert "smollm2-135m/base" in error.value.fix
        assert "pretrain" not in error.value.fix
    assert not annotating.out.exists()


@pytest.mark.parametrize(("below", "given"), [("", "."), ("", "model"), ("model", ".."), ("model", "../model")])
def test_a_model_is_found_from_within_its_folder(annotating, monkeypatch, below, given):
    folder = (annotating.folder / "results/models" / annotation_project.MODEL).resolve()
    monkeypatch.chdir(folder / below)
    found = find_model(annotating.project, given)
    assert (found.folder.resolve(), found.name) == (folder, "smollm2-135m/base")


@pytest.mark.parametrize(
    ("settings", "message", "fix"),
    [
        ({"style": "fact"}, "unknown prompt style 'fact'", "did you mean 'facts'?"),
        ({"style": "neighbours"}, "shows training sets as examples", "ask in another style"),
        ({"benchmark": "demogo"}, "unknown benchmark of gene-set naming 'demogo'", "did you mean 'demo-go'?"),
        ({"libraries": ["reactome-dem"]}, "unknown source 'reactome-dem'", "did you mean 'reactome-demo'?"),
        ({"libraries": ["go-demo"]}, "source 'go-demo' has no gene sets in GMT, but the format go", "name sources of"),
        ({"libraries": ["wikipathways"]}, "were not made yet", "snakemake --cores 2 results/sources/wikipathways"),
    ],
)
def test_names_that_nothing_has_get_the_nearest(annotating, by_hand, settings, message, fix):
    with pytest.raises(InputError, match=message) as error:
        annotating(annotating.file("mine.gmt", GOOD), **settings)
    assert error.value.fix.startswith(fix)
    assert by_hand.asked == []
    assert not annotating.out.exists()


# the command line


def run(annotating, *options: str, sets: str | None = None) -> int:
    path = sets or str(annotating.file("mine.gmt", GOOD))
    model = [] if {"--model", "--ora-only"} & set(options) else ["--model", annotation_project.MODEL]
    return cli.main(["annotate", path, *model, "--out", str(annotating.out), *options])


@pytest.mark.parametrize(
    ("options", "field", "message"),
    [
        (["--top", "0"], "--top", "'0': Input should be greater than or equal to 1"),
        (["--adjusted-p", "nan"], "--adjusted-p", "'nan': Input should be a finite number"),
        (["--columns", "genes=x"], "--columns", "'genes': Input should be 'gene'"),
        (["--columns", "gene"], "--columns", "'gene' is no KEY=COLUMN"),
    ],
)
def test_options_that_cannot_be(annotating, by_hand, options, field, message):
    with pytest.raises(InputError, match=message) as error:
        run(annotating, *options)
    assert error.value.field == field
    assert not annotating.out.exists()


def test_a_preview_asks_and_writes_nothing(annotating, by_hand, capsys):
    assert run(annotating, "--preview") == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [
        "mine: read as a GMT of 1 gene set",
        "mine: 1 set, by genes: 'repair' (5)",
        "the universe is all 57 protein-coding genes",
        "mine: all 5 identifiers are known genes",
        "Reactome: all 11 identifiers are known genes",
        "WikiPathways: all 3 identifiers are known genes",
        "mine: 'repair': 5 of 5 genes known",
        "warning: the model was not trained here to name gene sets: its answers may lack a usable form",
        "warning: the prompts show facts of the sources that claims are checked against: a supported claim, or a name "
        "that fits a term, may be copied from the prompt",
        f"warning: {WITHOUT_ENCODER_TOLD}",
        "a preview: the model would be asked about 1 set; nothing was written",
    ]
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_preview_counts_what_is_unknown_and_says_which_sets_would_not_be_asked(annotating, by_hand, capsys):
    sets = annotating.file("all.gmt", made("XA", "SEPT2", *REPAIR, name="first") + made("XB", "XC", "ATM", name="last"))
    assert run(annotating, "--preview", "--style", "names", sets=str(sets)) == 0
    told = capsys.readouterr().out.splitlines()
    error = (
        "only 1 of 3 genes is known, and 3 are the fewest that can have a function in common (XB, XC): are they of "
        "another species?"
    )
    assert told[3] == "all: 6 of 9 identifiers are known genes, 3 are none: XA, XB, XC"
    assert told[6:] == [
        "all: 'first': 6 of 7 genes known; 1 of 7 genes is unknown: XA",
        "all: 'last': 1 of 3 genes known; 2 of 3 genes are unknown: XB, XC",
        f"not asked: all: 'last': {error}",
        "warning: the model was not trained here to name gene sets: its answers may lack a usable form",
        f"warning: {WITHOUT_ENCODER_TOLD}",
        "a preview: the model would be asked about 1 set; nothing was written",
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--model", "smollm2-135m/bas"], "'smollm2-135m/bas' is no model that can be asked"),
        (["--libraries", "wikipathways"], "were not made yet"),
        (["--universe", "none.txt"], "there is no such file"),
    ],
)
def test_a_preview_refuses_what_a_run_would(annotating, by_hand, options, message):
    with pytest.raises(InputError, match=message):
        run(annotating, "--preview", *options)
    assert not annotating.out.exists()


def test_a_server_that_does_not_answer_is_told_before_anything_is_made(annotating, by_hand, monkeypatch):
    monkeypatch.setattr("reasonome.apps.annotate.making.make_missing", lambda *_: pytest.fail("something was made"))
    with pytest.raises(InputError, match="no server answers"):
        run(annotating, "--model", "http://127.0.0.1:9/v1")


def test_the_status_says_whether_anything_was_tested(annotating, by_hand):
    strange = annotating.file("strange.gmt", made("Xyz1", "Xyz2", "Xyz3", name="strange"))
    assert run(annotating, "--ora-only", sets=str(strange)) == 1
    assert (annotating.out / "annotations.html").is_file()
    assert run(annotating, "--ora-only") == 0


def test_a_preview_counts_the_genes_that_are_listed(annotating, by_hand, capsys, monkeypatch):
    rows = ["mouse_symbol\thuman_symbols", "Rp\tRPL3|RPL4|RPL5", *(f"{gene.capitalize()}\t{gene}" for gene in REPAIR)]
    table = annotating.file("orthologues.tsv", "\n".join(rows) + "\n")
    monkeypatch.setattr(job, "ORTHOLOGUES", table)
    sets = annotating.file("mice.gmt", made("Rp", "Atm", "Xyz1", name="mine"))
    assert run(annotating, "--preview", "--style", "names", "--species", "mouse", sets=str(sets)) == 0
    told = capsys.readouterr().out
    assert "mice: 'mine': 2 of 3 genes known; " in told
    assert "1 of 3 genes is unknown: Xyz1" in told
    assert "mice: 2 of 3 identifiers are known genes, 1 is none: Xyz1\n" in told


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
    assert r"not asked: evil\u202e: 'unknown\x1b[2J\x9b31m': " in told
    assert [one for one in told if not one.isprintable() and one != "\n"] == []


def program(annotating, *options: str, encoding: str) -> subprocess.CompletedProcess:
    library = Path(cli.__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(library), "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", "from reasonome.cli import program; program()", "annotate", *options]
    command += ["--model", annotation_project.MODEL, "--out", str(annotating.out)]
    return subprocess.run(command, env=environment, capture_output=True, check=False)


def test_a_terminal_of_another_encoding_shows_what_it_can(annotating):
    path = annotating.file("mine.gmt", "βeta\tna\t" + "\t".join(REPAIR) + "\n" + GOOD)
    run = program(annotating, str(path), "--preview", "--style", "names", encoding="latin-1")
    assert (run.returncode, b"Traceback" in run.stderr) == (0, False)
    told = run.stdout.decode("latin-1")
    assert "mine: 2 sets, by genes: '\\u03b2eta' (5), 'repair' (5)" in told
    assert "nothing was written" in told


def test_errors_quote_names_as_text_only(annotating):
    run = program(annotating, "no\x1b[2Jne.gmt", encoding="ascii")
    assert run.returncode == 2
    told = run.stderr.decode("ascii")
    assert "\x1b" not in told and "Traceback" not in told
    assert told.startswith("error: ") and r"\x1b[2J" in told and "\n  fix: " in told
