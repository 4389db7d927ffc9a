"""What people give that is wrong: one clear error and nothing written, or one flagged row and the other sets done."""

import annotation_project
import pytest
from annotation_project import GOOD, MOUSE, OTHERS, REPAIR
from refusals import refused

from reasonome import cli


def made(*genes: str, name: str = "mine") -> str:
    return f"{name}\tna\t" + "\t".join(genes) + "\n"


# files that are refused, with nothing written


def test_a_file_that_cannot_be_read_is_refused_even_beside_a_good_one(annotating, by_hand):
    path = annotating.file("mine.csv", "gene,log2FoldChange,padj\nBRCA1,2,0.01\nBRCA2,2\n")
    with refused(path, 3, fix="put quotes around a cell"):
        annotating(annotating.file("good.gmt", GOOD), path)
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_missing_file_and_a_folder_are_refused(annotating, by_hand):
    good = annotating.file("good.gmt", GOOD)
    with refused(fix="check the path"):
        annotating(good, annotating.out.parent / "none.gmt")
    with refused(fix="check the path"):
        annotating(good, annotating.out.parent)
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


@pytest.mark.parametrize("name", ["../../etc/passwd", '"><img src=x onerror=alert(1)>', "=cmd|' /C calc'!A0"])
def test_a_set_and_a_gene_may_have_any_name_which_is_only_ever_text(annotating, by_hand, name):
    (record,) = annotating(annotating.file("mine.gmt", made(name, *REPAIR, name=name)))
    assert (record["set"], record["name"], record["error"]) == (name, "DNA repair", "")
    assert [unknown["written"] for unknown in record["unmapped"]] == [name]
    assert {path.name for path in annotating.out.parent.iterdir()} == {"mine.gmt", "out"}
    assert len(list(annotating.out.iterdir())) == 11
    assert all(path.stem.replace("_", "a").isalnum() for path in (annotating.out / "figures").iterdir())
    page = (annotating.out / "annotations.html").read_text(encoding="utf-8")
    assert "<img" not in page
    cell = (annotating.out / "annotations.tsv").read_text(encoding="utf-8").splitlines()[1].split("\t")[1]
    assert not cell.startswith(("=", '"='))


# the universe


@pytest.mark.parametrize(
    ("content", "fix"),
    [
        ("# nothing\n\n", "write one gene a line"),
        ("XA\nXB\n", "give the symbols or ids of all genes that were tested"),
        (
            "BRCA1\nFILL01\n",
            "check that the universe and the libraries are of one organism, and which column has the genes",
        ),
    ],
)
def test_a_universe_that_cannot_be_is_refused_before_anything_is_asked(annotating, by_hand, content, fix):
    universe = annotating.file("universe.txt", content)
    with refused(fix=fix):
        annotating(annotating.file("mine.gmt", GOOD), universe=str(universe))
    assert by_hand.asked == []
    assert not annotating.out.exists()


CELLS = "gene,log2FoldChange,pvalue,padj,cell_type\n"
REPAIR_UP = [*(f"{gene},2,0.001,0.01" for gene in REPAIR), *(f"{gene},0,0.9,0.9" for gene in OTHERS[:20])]
UNKNOWN = [f"NOPE{number},{(number < 8) * 2},0.001,{0.01 if number < 8 else 0.9}" for number in range(10)]


def test_a_table_whose_own_universe_cannot_be_used_is_a_row_and_the_others_are_done(annotating, monkeypatch, capsys):
    monkeypatch.setattr("reasonome.apps.annotate.gsea.FEWEST_RANKED", 3)
    both = "".join([f"{row},T\n" for row in REPAIR_UP] + [f"{row},other\n" for row in UNKNOWN])
    good, _, bad, none = annotating(annotating.file("cells.csv", CELLS + both), model=None, gsea=True)
    assert (good["list"], good["error"], good["enriched"][0]["name"]) == ("cells T", "", "DNA repair")
    assert (bad["list"], bad["enriched"], none["error"][:15]) == ("cells other", [], "no gene passes ")
    assert "NOPE0" in bad["error"]
    assert f"cells other: no GSEA: {bad['error']}" in capsys.readouterr().out


# the place, the model and the settings


def test_an_unfinished_or_unknown_model_is_refused_with_those_that_are_finished(annotating, by_hand):
    path = annotating.file("mine.gmt", GOOD)
    unfinished = annotating.folder / "results/models/smollm2-135m/pretrain.demo-s0"
    (unfinished / "model").mkdir(parents=True, exist_ok=True)
    for model in ("smollm2-135m/pretrain.demo-s0", str(unfinished), "../../etc"):
        with refused(field="--model", fix="finished models: smollm2-135m/base"):
            annotating(path, model=model)
    assert not annotating.out.exists()


@pytest.mark.parametrize(
    ("settings", "fix"),
    [
        ({"benchmark": "demogo"}, "did you mean 'demo-go'?"),
        ({"libraries": ["reactome-dem"]}, "did you mean 'reactome-demo'?"),
        ({"libraries": ["go-demo"]}, "name sources of format gmt"),
    ],
)
def test_names_that_nothing_has_get_the_nearest(annotating, by_hand, settings, fix):
    with refused(fix=fix):
        annotating(annotating.file("mine.gmt", GOOD), **settings)
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_library_under_a_restricted_licence_waits_for_a_word(annotating, by_hand, monkeypatch):
    sources = annotating.project.sources
    terms = {"restricted": True, "licence_url": "https://example.org/terms"}
    monkeypatch.setitem(sources, "reactome-demo", sources["reactome-demo"].model_copy(update=terms))
    with refused(
        "config/sources.yaml", field="reactome-demo.accept_licence", fix="if you may use a source under its licence"
    ):
        annotating(annotating.file("mine.gmt", GOOD), libraries=["reactome-demo"])
    assert not annotating.out.exists()


# the command line


def run(annotating, *options: str, sets: str | None = None) -> int:
    path = sets or str(annotating.file("mine.gmt", GOOD))
    model = [] if {"--model", "--ora-only"} & set(options) else ["--model", annotation_project.MODEL]
    return cli.main(["annotate", path, *model, "--out", str(annotating.out), *options])


@pytest.mark.parametrize(
    ("options", "fix"), [(["--top", "0"], "docs/annotate.md"), (["--columns", "genes=x"], "did you mean 'gene'?")]
)
def test_options_that_cannot_be(annotating, by_hand, options, fix):
    with refused(field=options[0], fix=fix):
        run(annotating, *options)
    assert not annotating.out.exists()


def test_a_dash_is_standard_input(annotating):
    with refused("/dev/stdin", fix="give a file with genes in it"):  # pytest gives an empty one
        run(annotating, "--ora-only", sets="-")


def test_a_preview_asks_and_writes_nothing(annotating, by_hand, capsys):
    assert run(annotating, "--preview") == 0
    assert "'repair' (5)" in capsys.readouterr().out
    assert by_hand.asked == []
    assert not annotating.out.exists()


def test_a_model_that_is_not_there_is_told_before_anything_is_made(annotating, by_hand, monkeypatch):
    monkeypatch.setattr("reasonome.apps.annotate.making.make_missing", lambda *_: pytest.fail("something was made"))
    with refused(field="--model", fix="did you mean 'smollm2-135m/base'?"):
        run(annotating, "--model", "smollm2-135m/bas")


def test_the_status_says_whether_anything_was_tested(annotating, by_hand):
    strange = annotating.file("strange.gmt", made("Xyz1", "Xyz2", "Xyz3", name="strange"))
    assert run(annotating, "--ora-only", sets=str(strange)) == 1
    assert (annotating.out / "annotations.html").is_file()
    assert run(annotating, "--ora-only") == 0


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
