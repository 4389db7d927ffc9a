"""The gene table: every kind of identifier, what is ambiguous, and guesses."""

from pathlib import Path

import pytest

from reasonome.genes import Gene, GeneTable
from reasonome.sources import hgnc

TABLE = Path(__file__).parent / "data" / "facts" / "hgnc_seven_rows.txt"


@pytest.fixture(scope="module")
def genes():
    return hgnc.read_gene_table(TABLE)


@pytest.mark.parametrize(
    ("identifier", "symbol", "how"),
    [
        ("TP53", "TP53", "current"),
        (" TP53 ", "TP53", "current"),
        ("7157", "TP53", "id"),
        ("HGNC:11998", "TP53", "id"),
        ("ENSG00000141510", "TP53", "id"),
        ("ENSG00000141510.18", "TP53", "id"),
        ("P04637", "TP53", "id"),
        ("MARCH1", "MARCHF1", "previous"),
        ("LFS1", "TP53", "alias"),
        ("tp53", "TP53", "current (case)"),
        ("march1", "MARCHF1", "previous (case)"),
        ("rnf53", "BRCA1", "alias (case)"),
        ("ABSENT9", None, "unknown"),
        ("", None, "unknown"),
        ("GONE1", None, "unknown"),  # withdrawn by HGNC
    ],
)
def test_identifiers_of_every_kind(genes, identifier, symbol, how):
    assert genes.resolve(identifier) == (symbol, how, ())


@pytest.mark.parametrize("identifier", ["SHARED", "shared"])
def test_an_alias_of_two_genes_is_not_guessed(genes, identifier):
    assert genes.resolve(identifier) == (None, "ambiguous", ("ATM", "BRCA1"))
    assert genes.best_guess(identifier) == "ATM|BRCA1"


def test_an_accession_of_two_genes_is_not_guessed(genes):
    assert genes.resolve("P0DP23").candidates == ("CALM1", "MARCHF1")


def test_current_symbols_win_over_old_ones_and_those_over_aliases():
    table = GeneTable(
        [
            Gene("A1"),
            Gene("B1", previous=("A1", "X1")),
            Gene("C1", aliases=("X1",)),
            Gene("D1", aliases=("A1",)),
        ]
    )
    assert table.resolve("A1") == ("A1", "current", ())
    assert table.resolve("X1") == ("B1", "previous", ())


@pytest.mark.parametrize("identifier", ["LFS1", "tp53", "NP", "SHARED"])
def test_strict_takes_no_alias_no_other_case_and_no_short_old_symbol(genes, identifier):
    assert genes.resolve(identifier, strict=True) == (None, "unknown", ())


@pytest.mark.parametrize("identifier", ["TP53", "7157", "MARCH1", "ATA"])
def test_strict_takes_official_symbols_and_ids(genes, identifier):
    assert genes.resolve(identifier, strict=True) == genes.resolve(identifier)
    assert genes.resolve(identifier).symbol


@pytest.mark.parametrize(
    ("identifier", "guess"),
    [
        ("HLA.B", "HLA-B"),
        ("hla b", "HLA-B"),
        ("1-Mar", "MARCHF1"),
        ("Mar-01", "MARCHF1"),
        ("2-Mar", ""),
        ("BRCAA1", "BRCA1"),  # one too many
        ("BRCX1", "BRCA1"),  # one wrong
        ("ARCHF1", "MARCHF1"),  # one missing
        ("RBCA1", ""),  # two wrong
        ("TP5", ""),  # too short to guess
        ("71570", ""),  # ids are not guessed
        ("p53", "TP53"),
    ],
)
def test_best_guess(genes, identifier, guess):
    assert genes.best_guess(identifier) == guess


def test_membership_is_of_current_symbols_only(genes):
    assert "ATM" in genes
    assert not any(identifier in genes for identifier in ("atm", "ATA", "472", "ABSENT9"))
