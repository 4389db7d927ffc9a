"""Gold standards, gene locations of both kinds, ready tables; and files that cannot be read."""

import json
import re

import pytest
from refusals import refused

from reasonome.facts.sources import gold_standards, rankings
from reasonome.facts.sources.gene_locations import GeneLocation, chromosome_name, read_locations

CELLS = ["ENSG00000000001", "High", "ProGeM", "G", "T", "16", "81230992", "rs1", "Height", "body height"]


def table(tmp_path, cells=CELLS, header=None):
    path = tmp_path / "gold.tsv"
    header = ["more", *gold_standards.COLUMNS.values()] if header is None else header
    path.write_text("\n".join("\t".join(row) for row in (header, ["x", *cells])) + "\n")
    return path


def changed(field, text):
    return [text if name == field else cell for name, cell in zip(gold_standards.COLUMNS, CELLS, strict=True)]


def test_a_row(tmp_path):
    (row,) = gold_standards.read(table(tmp_path))
    assert (row.place, row.line, row.trait, row.causal) == ("line 2", 2, "Height", ("ENSG00000000001",))
    assert (row.variant, row.chromosome, row.position) == ("rs1", "16", 81230992)
    assert (row.confidence, row.source, row.candidates) == ("High", "ProGeM", None)


def test_what_a_row_does_not_say(tmp_path):
    (row,) = gold_standards.read(table(tmp_path, changed("rsid", "")))
    assert row.variant == "16_81230992_T_G"
    (row,) = gold_standards.read(table(tmp_path, changed("trait", "")))
    assert row.trait == "body height"
    (row,) = gold_standards.read(table(tmp_path, changed("position", "NA")))
    assert row.position is None and row.chromosome == ""


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (changed("position", "0"), "sentinel_variant.locus_GRCh38.position"),
        (CELLS[:-1], None),
    ],
)
def test_rows_that_cannot_be_read_name_line_and_column(tmp_path, cells, field):
    with refused(line=2, field=field):
        gold_standards.read(table(tmp_path, cells))


def test_files_that_are_something_else(tmp_path):
    header = ["more", *list(gold_standards.COLUMNS.values())[1:], "x"]
    with refused():
        gold_standards.read(table(tmp_path, header=header))
    (tmp_path / "gold.tsv").write_text('[{"gold_standard_info": {}}]')
    with refused():
        gold_standards.read(tmp_path / "gold.tsv")


# --- where genes lie ---------------------------------------------------------------------------------


def test_chromosomes_however_they_are_written():
    assert [chromosome_name(text) for text in ("chr1", "01", "23", "chrX", "M")] == ["1", "1", "X", "X", "MT"]
    assert [chromosome_name(text) for text in ("CHR_HSCHR6_MHC", "0", "25", "")] == ["", "", "", ""]


def test_locations_with_and_without_a_header(tmp_path):
    path = tmp_path / "genes"
    path.write_text("53630\t16\t81238689\t81291142\t+\tBCO1\n1\tchr6_alt\t5\t9\t-\tX1\n")
    assert read_locations(path) == ([GeneLocation(1, ("53630", "BCO1"), "16", 81238689, 81291142)], 1)
    path.write_text("Strand,Symbol,Chromosome,Start,Stop,ensembl_gene_id\n+,BCO1,chr16,10,20,ENSG1\n")
    assert read_locations(path) == ([GeneLocation(2, ("ENSG1", "BCO1"), "16", 10, 20)], 0)


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("symbol\tchromosome\tstart\nA\t1\t5\n", 1, "end"),
        ("symbol\tchromosome\tstart\tend\nA\t1\t5\t4\n", 2, "end"),
        ("symbol\tchromosome\tstart\tend\nA\t1\tfive\t6\n", 2, "start"),
        ("symbol\tchromosome\tstart\tend\nA\t1\t5\n", 2, None),
        ("1\tchr6_alt\t5\t6\t+\tA\n", None, None),
    ],
)
def test_locations_that_cannot_be_read(tmp_path, text, line, field):
    path = tmp_path / "genes.tsv"
    path.write_text(text)
    with refused(line=line, field=field):
        read_locations(path)


# --- ready tables ------------------------------------------------------------------------------------


def loci(tmp_path, text, columns=None):
    path = tmp_path / "loci.csv"
    path.write_text(text)
    return rankings.read_loci(path, columns)


def test_a_ready_table_in_two_ways_of_writing(tmp_path):
    rows = loci(tmp_path, 'description,symbol_gene_string,symbol\nHeight,"{A},{B}",A\nWeight,B; C|D,"C, D"\n')
    assert [(row.line, row.trait, row.candidates, row.causal) for row in rows] == [
        (2, "Height", ("A", "B"), ("A",)),
        (3, "Weight", ("B", "C", "D"), ("C", "D")),
    ]
    (row,) = loci(
        tmp_path,
        'phenotype;candidates;gene;chromosome;position;scores\nHeight;"A, B";A;chr16;5;"0.5, -1e-2"\n',
        {"trait": "phenotype", "causal": "gene"},
    )
    assert (row.trait, row.chromosome, row.position, row.scores) == ("Height", "16", 5, (0.5, -0.01))


HEAD = "trait,candidates,causal,id,chromosome,position,scores\n"


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ("trait,causal\nHeight,A\n", 1, "candidates"),
        (f'{HEAD}Height,"{{A}},{{B",A,,,,\n', 2, "candidates"),
        (f'{HEAD}Height,"A,B",A,,1,x,\n', 2, "position"),
        (f'{HEAD}Height,"A,B",A,,,,0.5\n', 2, "scores"),
        (f'{HEAD}Height,"A,B",A,1,,,\nHeight,"A,B",A,1,,,\n', 3, "id"),
    ],
)
def test_ready_tables_that_cannot_be_read(tmp_path, text, line, field):
    with refused(line=line, field=field):
        loci(tmp_path, text)


def test_columns_of_a_ready_table_that_are_not_there(tmp_path):
    with refused():
        loci(tmp_path, f"{HEAD}Height,A,A,,,,\n", {"traits": "trait"})
    with refused():
        loci(tmp_path, f"{HEAD}Height,A,A,,,,\n", {"trait": "Trait name"})


def test_patients(tmp_path):
    path = tmp_path / "cases.tsv"
    path.write_text(
        "phenotypes\tabsent\tgene\tage\nHP:0001250 Seizure; HP:0001263 Delay, global|HP:0001250\t\tA\tP4Y\n"
    )
    (row,) = rankings.read_cases(path)
    assert row.present == (("HP:0001250", "Seizure"), ("HP:0001263", "Delay, global"))
    assert (row.absent, row.genes, row.age, row.candidates) == ((), (("A",),), "P4Y", ())
    path.write_text("phenotypes\tgene\nSeizure\tA\n")
    with refused(line=2, field="phenotypes"):
        rankings.read_cases(path)


@pytest.mark.parametrize("between", [" ", ",", "; ", " | "])
def test_patients_whose_phenotypes_are_parted_in_any_way(tmp_path, between):
    path = tmp_path / "cases.tsv"
    path.write_text(f"present\tabsent\n{between.join(['HP:0001680', 'HP:0001511', 'HP:0001788'])}\tHP:0001250\n")
    (row,) = rankings.read_cases(path, solved=False)
    assert row.present == (("HP:0001680", ""), ("HP:0001511", ""), ("HP:0001788", ""))
    assert row.absent == (("HP:0001250", ""),)


@pytest.mark.parametrize("missing", ["", "NA", "nan", "None", "-", "#N/A"])
def test_what_is_missing_of_a_patient_is_not_read(tmp_path, missing):
    path = tmp_path / "cases.csv"
    path.write_text(f"present,absent,candidates,age,sex\nHP:0001250,{missing},{missing},{missing},{missing}\n")
    (row,) = rankings.read_cases(path, solved=False)
    assert row.fault is None and row.present == (("HP:0001250", ""),)
    assert (row.absent, row.candidates, row.age, row.sex) == ((), (), "", "")


def unsolved(tmp_path, text, **settings):
    path = tmp_path / "loci.tsv"
    path.write_text(text)
    return rankings.read_loci(path, solved=False, **settings)


def test_json_lists_are_candidates_and_phenotypes(tmp_path):
    locus = {"trait": "LDL", "candidates": ["PCSK9", "USP24"], "scores": [0.9, 0.1]}
    (row,) = unsolved(tmp_path, json.dumps(locus) + "\n")
    assert (row.candidates, row.scores) == (("PCSK9", "USP24"), (0.9, 0.1))
    path = tmp_path / "cases.jsonl"
    path.write_text(json.dumps({"present": ["HP:0001250 Seizure", "HP:0001263"], "absent": ["HP:0001166"]}) + "\n")
    (row,) = rankings.read_cases(path, solved=False)
    assert row.present == (("HP:0001250", "Seizure"), ("HP:0001263", ""))
    assert row.absent == (("HP:0001166", ""),)


CATALOG = "DISEASE/TRAIT\tCHR_ID\tCHR_POS\tSNPS\tGENE\n"


@pytest.mark.parametrize(
    ("row", "field", "message"),
    [
        ("LDL\t2;2\t21001429;21044589\trs693;rs1367117", "CHR_ID", r"several variants \('2;2'\)"),
        ("LDL\t6_GL000251v2_alt\t2777000\trs9", "CHR_ID", "expected a chromosome"),
    ],
)
def test_a_row_that_cannot_be_read_does_not_stop_the_others(tmp_path, row, field, message):
    text = f"{CATALOG}LDL\t1\t55039974\trs11591147\tA\n{row}\tA\nHeight\t12\t65824670\trs1\tA\n"
    first, bad, last = unsolved(tmp_path, text)
    assert (first.position, last.position, first.fault, last.fault) == (55039974, 65824670, None, None)
    assert (bad.fault.line, bad.fault.field, bad.variant) == (3, field, row.split("\t")[3])
    assert re.search(message, bad.fault.what)
    with refused():  # what is trained on and scored has to be whole
        rankings.read_loci(tmp_path / "loci.tsv", {"causal": "GENE"})


LIFTED = "trait\tchr\tpos\tvariant_id_hg19\nLDL\t1\t55039974\t1:55505647\n"
HARMONISED = (
    "hm_variant_id\thm_chrom\thm_pos\tchromosome\tbase_pair_location\n1_55039974_G_T\t1\t55039974\t1\t55505647\n"
)


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("trait\tposition\nLDL\tchr1:55,039,974\n", {}),
        ("trait\tlocus\nLDL\t1:55039974:G:A\n", {}),
        ("variant_id\tp\nchr1_55039974_G_T_b38\t1e-50\n", {}),  # as GTEx writes variants
        ("SNP\tP\n1:55039974:GA:G\t1e-50\n", {}),
        ("variantId\tscore\n1-55039974-G-T\t1\n", {}),
        ("chr\tmy place\n1\t01:55039974\n", {"place": "my place"}),
        ("locus\tvariant_id\n1_2\tchr1_55039974_G_T_b38\n", {}),  # the second signal of the first locus
        ("Locus\tLead variant\tChr:Pos\nPCSK9\trs11591147\t1:55039974\n", {}),
        ("chr\tpos\n1.0\t55039974.0\n", {}),
        (LIFTED, {}),
        (HARMONISED, {}),
        ("lead\tchr_hg19\tpos_hg19\n1:55039974\t1\t55505647\n", {"place": "lead"}),
        ("snp\tlocus\tchr\tpos\n1:2222222:A:G\tPCSK9\t1\t55039974\n", {}),
    ],
)
def test_a_place_stands_in_two_columns_or_in_one(tmp_path, text, columns):
    (row,) = unsolved(tmp_path, text, trait="LDL", columns=columns)
    assert (row.chromosome, row.position, row.trait, row.fault) == ("1", 55039974, "LDL", None)


def test_a_variant_is_called_by_its_place(tmp_path):
    (row,) = unsolved(tmp_path, "variant_id\n1_55039974_G_T\n", trait="LDL")
    assert row.variant == "1_55039974_G_T"


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "n/a", ".", "<NA>"])
def test_what_is_missing_of_a_locus_is_not_read(tmp_path, missing):
    text = f"trait\tsnp\tchr\tpos\n{missing}\t{missing}\t1\t55039974\nHeight\trs1\t12\t65824670\n"
    rows = unsolved(tmp_path, text, trait="LDL cholesterol")
    assert [(row.trait, row.variant) for row in rows] == [("LDL cholesterol", ""), ("Height", "rs1")]
    assert unsolved(tmp_path, text)[0].trait == ""
    (row, _) = unsolved(tmp_path, f"locus\n{missing or 'NA'}\n1:55039974\n", trait="LDL")
    assert (row.variant, row.position, row.fault) == ("", None, None)
    (row,) = loci(tmp_path, f'trait,candidates,causal\nHeight,"A,B",{missing}\n')
    assert row.causal == ()


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("rs11591147", "expected CHROMOSOME:POSITION"),
        ("1:55000000-55100000", "expected CHROMOSOME:POSITION"),
        ("30:55039974", "expected a chromosome"),
        ("1_55039974_G_A_b37", "of b37"),
        ("1:55039974;2:21041028", "several variants"),
    ],
)
def test_a_place_in_one_column_that_cannot_be_read(tmp_path, place, message):
    bad, unknown, *good = unsolved(
        tmp_path, f"trait\tlocus\nLDL\t{place}\nLDL\tNA\nHeight\t12:65824670\nHeight\t2:219908369\n"
    )
    assert (bad.fault.line, bad.fault.field, unknown.position) == (2, "locus", None)
    assert message in bad.fault.what
    assert [row.position for row in good] == [65824670, 219908369]


@pytest.mark.parametrize(
    ("text", "columns", "field"),
    [
        ("trait\tsnp\nLDL\trs11591147\nHeight\trs1042725\n", {}, "candidates"),
        ("trait\tvariant_hg19\nLDL\t1:55505647:G:T\n", {}, "variant_hg19"),
    ],
)
def test_tables_without_a_place(tmp_path, text, columns, field):
    with refused(field=field):
        unsolved(tmp_path, text, columns=columns)


def test_places_beside_candidates(tmp_path):
    (row,) = unsolved(tmp_path, "trait\tlocus\tcandidates\nLDL\t1p32.3\tPCSK9, USP24\n")
    assert (row.candidates, row.position, row.fault) == (("PCSK9", "USP24"), None, None)
    (row,) = unsolved(tmp_path, "trait\tvariant_id\tcandidates\nLDL\t1_55039974_G_T\tPCSK9, USP24\n")
    assert (row.candidates, row.position, row.fault) == (("PCSK9", "USP24"), 55039974, None)


def test_rows_of_one_line_have_ids_of_their_own(tmp_path):
    rows = [{"id": "a", "trait": "LDL", "candidates": ["PCSK9"]}] * 2
    with refused(line=2, field="id"):
        unsolved(tmp_path, json.dumps(rows))
    assert [row.id for row in unsolved(tmp_path, json.dumps([row | {"id": "."} for row in rows]))] == ["", ""]


@pytest.mark.parametrize(
    ("head", "position"),
    [
        ("trait\tchr_hg38\tpos_hg38", 5),
        ("trait\tchr\tpos_hg19\tpos_hg38", 7),
    ],
)
def test_a_column_that_says_grch38_is_read(tmp_path, head, position):
    cells = "\t".join(["LDL", "1", "5", "7"][: head.count("\t") + 1])
    (row,) = unsolved(tmp_path, f"{head}\n{cells}\n")
    assert (row.chromosome, row.position) == ("1", position)


@pytest.mark.parametrize(
    ("head", "columns", "field"),
    [
        ("rsid\tchr_hg19\tpos_hg19", {}, "chr_hg19"),
        ("rsid\tchr\tposition_GRCh37", {}, "position_GRCh37"),
    ],
)
def test_a_column_that_says_another_build_is_refused(tmp_path, head, columns, field):
    with refused(field=field):
        unsolved(tmp_path, f"{head}\nrs11591147\t1\t55505647\n", trait="LDL", columns=columns)


def test_a_build_in_a_column_of_its_own(tmp_path):
    text = "trait\tchr\tpos\tgenome_build\n" + "".join(
        f"LDL\t1\t55039974\t{build}\n" for build in ("GRCh38", "hg38", "GRCh38.p13", "", "NA", "GRCh37", "hg19")
    )
    rows = unsolved(tmp_path, text)
    assert [row.fault is None for row in rows] == [True] * 5 + [False] * 2
    assert "this position is of GRCh37" in rows[5].fault.what and rows[5].fault.field == "genome_build"
