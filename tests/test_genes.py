"""The gene table: every kind of identifier, what is ambiguous, and guesses."""

from pathlib import Path

import pytest
from checkout import ROOT
from refusals import refused

from reasonome.facts import spellings
from reasonome.facts.genes import Gene, GeneTable
from reasonome.facts.sources import hgnc

TABLE = Path(__file__).parent / "data" / "facts" / "hgnc_seven_rows.txt"


@pytest.fixture(scope="module")
def genes():
    return GeneTable(hgnc.read_genes(TABLE))


@pytest.mark.parametrize(
    ("identifier", "symbol", "how"),
    [
        ("TP53", "TP53", "current"),
        (" TP53 ", "TP53", "current"),
        ("7157", "TP53", "id"),
        ("HGNC:11998", "TP53", "id"),
        ("ENSG00000141510", "TP53", "id"),
        ("ENSG00000141510.18", "TP53", "id"),
        ("ENSG00000141510.18_PAR_Y", "TP53", "id"),
        ("ENSG00000141510_PAR_Y", "TP53", "id"),
        ("ENSG00000141510.18_PAR_X", None, "unknown"),
        ("P04637", "TP53", "id"),
        ("MARCH1", "MARCHF1", "previous"),
        ("LFS1", "TP53", "alias"),
        ("tp53", "TP53", "current (case)"),
        ("march1", "MARCHF1", "previous (case)"),
        ("rnf53", "BRCA1", "alias (case)"),
        ("NCBIGene:7157", "TP53", "id"),
        ("GeneID:7157", "TP53", "id"),
        ("7157.0", "TP53", "id"),  # a column of numbers with gaps
        ("hgnc:11998", "TP53", "id"),
        ("HGNC:HGNC:11998", "TP53", "id"),
        ("11998", None, "unknown"),  # a bare number is an Entrez id
        ("HGNC:7157", None, "unknown"),
        ("UniProtKB:7157", None, "unknown"),
        ("OTHER:7157", None, "unknown"),
        ("UniProtKB:P04637", "TP53", "id"),
        ("P04637-2", "TP53", "id"),
        ("p04637", "TP53", "id (case)"),
        ("Ensembl:ENSG00000141510.18", "TP53", "id"),
        ("Mar-1", "MARCHF1", "spreadsheet date"),
        ("1-Mar", "MARCHF1", "spreadsheet date"),
        ("01-MAR", "MARCHF1", "spreadsheet date"),
        ("1-Mar-24", "MARCHF1", "spreadsheet date"),
        ("2-Mar", None, "unknown"),
        ("ABSENT9", None, "unknown"),
        ("", None, "unknown"),
        ("GONE1", None, "unknown"),  # withdrawn by HGNC
    ],
)
def test_identifiers_of_every_kind(genes, identifier, symbol, how):
    assert genes.resolve(identifier) == (symbol, how, ())


@pytest.mark.parametrize(
    ("identifier", "candidates"),
    [("SHARED", ("ATM", "BRCA1")), ("shared", ("ATM", "BRCA1")), ("P0DP23", ("CALM1", "MARCHF1"))],
)
def test_an_identifier_of_two_genes_is_not_guessed(genes, identifier, candidates):
    assert genes.resolve(identifier) == (None, "ambiguous", candidates)
    assert genes.best_guess(identifier) == "|".join(candidates)


def test_current_symbols_win_over_old_ones_and_those_over_aliases():
    table = GeneTable(
        [Gene("A1"), Gene("B1", previous=("A1", "X1")), Gene("C1", aliases=("X1",)), Gene("D1", aliases=("A1",))]
    )
    assert table.resolve("A1") == ("A1", "current", ())
    assert table.resolve("X1") == ("B1", "previous", ())


# Symbol → a gene that has it as an alias in title case.
TITLED = {
    "FLI1": "FLII",
    "HAS1": "DDX18",
    "CPS1": "PM20D1",
    "LRP4": "CORIN",
    "KLK7": "KLK6",
    "MAL": "TIRAP",
    "BST1": "PGAP1",
    "CAD": "B4GALNT2",
    "GEM": "GMNN",
}


@pytest.mark.parametrize("symbol", TITLED)
def test_a_current_symbol_in_another_case_goes_before_an_alias(symbol):
    others = [Gene(other, aliases=(alias.title(),)) for alias, other in TITLED.items()]
    table = GeneTable([*map(Gene, TITLED), *others])
    assert table.resolve(symbol.title()) == (symbol, "current (case)", ())
    assert GeneTable(others).resolve(symbol.title()) == (TITLED[symbol], "alias", ())
    assert table.resolve(symbol.title(), strict=True).how == "unknown"


@pytest.mark.slow
def test_every_symbol_that_ships_is_itself_in_title_case():
    shipped = ROOT / "resources/demo/hgnc_complete_set.txt.gz"
    table = GeneTable(hgnc.read_genes(shipped))
    assert [symbol for symbol in table.genes if table.resolve(symbol.title()).symbol != symbol] == []


SPELT = GeneTable(
    [
        Gene("TP53", entrez_id="7157", ensembl_id="ENSG00000141510", uniprot_ids=("P04637",)),
        Gene("ATM", ensembl_id="ENSG00000149311"),
        Gene("HLA-A"),
        Gene("NKX2-1"),
        Gene("ACTB", uniprot_ids=("P60709",)),
        Gene("ACTG1", uniprot_ids=("P63261",)),
    ]
)


@pytest.mark.parametrize(
    ("identifier", "symbol", "how"),
    [
        ("HLA.A", "HLA-A", spellings.DOTS),
        ("NKX2.1", "NKX2-1", spellings.DOTS),
        ("TP53:ENSG00000141510", "TP53", spellings.WITH_ID),
        ("TP53_ENSG00000141510.18", "TP53", spellings.WITH_ID),
        ("ENSG00000141510.18_TP53", "TP53", spellings.WITH_ID),
        ("RP11-1.2:ENSG00000141510", "TP53", spellings.WITH_ID),  # a clone without a symbol
        ("TP53|7157", "TP53", spellings.WITH_ID),
        ("?|7157", "TP53", spellings.WITH_ID),
        ("TP53 (7157)", "TP53", spellings.WITH_ID),
        ("sp|P04637|P53_HUMAN", "TP53", spellings.WITH_ID),
        ("sp|P04637-2|P53_HUMAN", "TP53", spellings.WITH_ID),  # an isoform
        ("ENSG00000141510.18_7", "TP53", "id"),  # GENCODE's lift to GRCh37
        ("ACTB///ACTG1", "ACTB", spellings.SEVERAL),
        ("P60709;P63261", "ACTB", spellings.SEVERAL),
        ("NOBODY /// ACTG1", "ACTG1", spellings.SEVERAL),
        ("NO.BODY", None, "unknown"),
        ("ENSG00000141510.18_PAR_X", None, "unknown"),
    ],
)
def test_spellings_of_programs_are_read_and_named(identifier, symbol, how):
    assert SPELT.resolve(identifier) == (symbol, how, ())
    if how != "id":
        assert SPELT.resolve(identifier, strict=True) == (None, "unknown", ())


def test_two_identifiers_in_one_that_disagree_are_not_guessed():
    assert SPELT.resolve("ATM:ENSG00000141510") == (None, "ambiguous", ("ATM", "TP53"))


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


SPREADSHEET = GeneTable(
    [
        Gene("SEPTIN1", previous=("SEPT1",)),
        Gene("SEPTIN2", previous=("SEPT2",)),
        Gene("MARCHF1", previous=("MARCH1",)),
        Gene("MTARC1", previous=("MARC1",)),
        Gene("MARCHF10", previous=("MARCH10",)),
        Gene("XRN1", aliases=("SEP1",)),
        Gene("POU5F1", aliases=("OCT4",)),
    ]
)


# What programs in other languages, and those that write numbers, make of the dates.
NOT_READ = ["2. Sep", "2-sept", "2-sept.", "2-set", "1-mars", "1. Mrz", "9/2/2020", "02.09.2020", "2020-09-02", "44806"]


@pytest.mark.parametrize(
    ("identifier", "resolution"),
    [
        ("Sep-1", ("SEPTIN1", "spreadsheet date", ())),  # an old symbol counts before the alias of XRN1
        ("2-SEP", ("SEPTIN2", "spreadsheet date", ())),
        ("10-Mar", ("MARCHF10", "spreadsheet date", ())),
        ("4-Oct", ("POU5F1", "spreadsheet date", ())),
        ("1-Mar", (None, "ambiguous", ("MARCHF1", "MTARC1"))),
        ("3-Sep", (None, "unknown", ())),
        *[(text, ("SEPTIN2", "spreadsheet date", ())) for text in ("02-Sep", "2-Sep-20", "02-SEP-2020")],
        *[(text, (None, "unknown", ())) for text in NOT_READ],
        ("2-Foo", (None, "unknown", ())),
        ("0-Sep", (None, "unknown", ())),
        ("32-Sep", (None, "unknown", ())),
    ],
)
def test_what_a_spreadsheet_did_to_a_symbol(identifier, resolution):
    assert SPREADSHEET.resolve(identifier) == resolution
    assert SPREADSHEET.best_guess(identifier) == (resolution[0] or "|".join(resolution[2]))


MISSING = GeneTable([Gene("XK", aliases=("NA", "KX")), Gene("SCN11A", aliases=("NaN",)), Gene("NAXD")])


@pytest.mark.parametrize(
    ("identifier", "guess"),
    [
        *[(text, "XK") for text in ("NA", "na", " Na ")],
        *[(text, "SCN11A") for text in ("NaN", "nan", "NAN")],
        *[(text, "") for text in ("None", "NONE", "null", "N/A", "#N/A", "<NA>", "-")],
    ],
)
def test_what_tables_write_for_a_missing_value_is_no_alias(identifier, guess):
    candidates = (guess,) if guess else ()
    assert MISSING.resolve(identifier) == (None, "missing value", candidates)
    assert MISSING.resolve(identifier, strict=True) == (None, "missing value", ())
    assert MISSING.best_guess(identifier) == guess


def test_a_current_symbol_that_looks_like_a_missing_value_is_a_gene_as_it_is_written():
    table = GeneTable([Gene("NULL", entrez_id="1"), Gene("XK", aliases=("NA",))])
    assert table.resolve("NULL") == ("NULL", "current", ())
    assert table.resolve("null") == (None, "missing value", ("NULL",))


def test_strict_takes_dates_of_official_symbols_only():
    assert SPREADSHEET.resolve("Sep-1", strict=True).symbol == "SEPTIN1"
    assert SPREADSHEET.resolve("4-Oct", strict=True) == (None, "unknown", ())


def test_genes_of_the_mouse_are_found_by_their_ids():
    table = GeneTable([Gene("Trp53", entrez_id="22059", ensembl_id="ENSMUSG00000059552", other_ids=("MGI:MGI:98834",))])
    for identifier in ("MGI:98834", "mgi:98834", "MGI:MGI:98834", "22059", "ENSMUSG00000059552.14", "TRP53"):
        assert table.resolve(identifier).symbol == "Trp53"
    assert table.resolve("98834").symbol is None


def test_a_symbol_of_two_genes_is_refused():
    with refused(fix="the source"):
        GeneTable([Gene("A1", entrez_id="1"), Gene("A1", entrez_id="2")])
