"""The command line: its options are the settings, and its mistakes are named by them."""

import pytest
from rank_project import CASE, LOCI
from refusals import refused

from reasonome import cli


@pytest.fixture
def command(ranking, ranking_folder, monkeypatch):
    """Runs `reasonome rank` with the model by hand; what find_model was given."""
    asked = []

    def find_model(project, text, *, adapter, upload):
        asked.append((text, upload))
        return ranking.model

    monkeypatch.setattr("reasonome.answering.asked_model.find_model", find_model)

    def run(*words) -> list:
        config = ["--config", str(ranking_folder / "config")]
        assert cli.main(["rank", *map(str, words), *config, "--out", str(ranking.out)]) == 0
        return asked

    return run


def test_a_table_with_columns_of_its_own(command, ranking, capsys):
    path = ranking.file("loci.csv", "GWAS,chr,bp\nLDL,1,2010000\n")
    words = ["--columns", "trait=GWAS,chromosome=chr,position=bp", "--window-kb", "95", "--samples", "2"]
    assert command(path, "--model", "mine", *words) == [("mine", False)]
    told = capsys.readouterr().out
    assert "1 locus: 1 ranked, 0 without a usable answer, 0 not asked" in told
    assert "not a diagnosis, not for clinical decisions" in told
    assert len(ranking.model.prompts) == 2 and "USP24" not in ranking.model.prompts[0]


def test_a_case_with_a_panel_in_a_style(command, ranking):
    case, panel = ranking.file("doe.json", CASE), ranking.file("p.txt", "SCN1A\nFBN1\n")
    command(case, "--model", "mine", "--panel", panel, "--style", "answer", "--samples", "1", "--upload")
    (prompt,) = ranking.model.prompts
    assert prompt.startswith("Which gene causes this patient's disease? Rank the genes")
    assert {"SCN1A", "FBN1"} == {gene.symbol for gene in ranking.model.examples[0].candidates}


@pytest.mark.parametrize(
    ("words", "field", "fix"),
    [
        (["--window-kb", "wide"], "--window-kb", "docs/rank.md"),
        (["--columns", "trat=description"], "columns", "did you mean 'trait'?"),
    ],
)
def test_wrong_options(command, ranking, words, field, fix):
    path = ranking.file("loci.tsv", LOCI.replace("trait", "description"))
    with refused(field=field, fix=fix):
        command(path, "--model", "mine", *words)
    assert not ranking.out.exists()


def test_a_model_that_is_none(ranking, ranking_folder):
    words = ["rank", str(ranking.file("loci.tsv", LOCI)), "--model", "nobody/knows/it", "--out", str(ranking.out)]
    with refused(field="--model", fix="valid names:"):
        cli.main([*words, "--config", str(ranking_folder / "config")])
    assert not ranking.out.exists()
