"""Bioconductor's databases: facts, genes and ontology of two small synthetic ones, and files that are not theirs.

The databases are made here in the tables and columns of org.Hs.eg.db, org.Mm.eg.db and GO.db 3.16; the genes of the
human one are real, their annotations made up.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from reasonome.facts.corpus import build_facts
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import bioconductor

GENES = Path(__file__).parent / "data" / "facts" / "hgnc_seven_rows.txt"
ROOT, LEFT, RIGHT, LEAF, GONE, FUNCTION, PART = (f"GO:000000{n}" for n in range(1, 8))

GO_DB = f"""
CREATE TABLE metadata (name, value);
CREATE TABLE go_ontology (ontology, term_type);
INSERT INTO go_ontology VALUES ('universal', 'universal'), ('BP', 'biological_process'),
    ('MF', 'molecular_function'), ('CC', 'cellular_component');
CREATE TABLE go_term (_id INTEGER PRIMARY KEY, go_id, term, ontology, definition);
INSERT INTO go_term VALUES (1, 'all', 'all', 'universal', NULL), (2, '{ROOT}', 'root', 'BP', NULL),
    (3, '{LEFT}', 'left', 'BP', NULL), (4, '{RIGHT}', 'right', 'BP', NULL), (5, '{LEAF}', 'leaf', 'BP', NULL),
    (6, '{FUNCTION}', 'a function', 'MF', NULL), (7, '{PART}', 'a part', 'CC', NULL);
CREATE TABLE go_obsolete (go_id, term, ontology, definition);
INSERT INTO go_obsolete VALUES ('{GONE}', 'obsolete: gone', 'BP', NULL);
CREATE TABLE go_synonym (_id, synonym, secondary, like_go_id);
INSERT INTO go_synonym VALUES (3, 'sinister', NULL, 0), (3, 'GO:0000092', 'GO:0000092', 1);
CREATE TABLE go_bp_parents (_id, _parent_id, relationship_type);
INSERT INTO go_bp_parents VALUES (2, 1, 'isa'), (3, 2, 'isa'), (4, 2, 'regulates'), (5, 3, 'isa'), (5, 4, 'part of');
CREATE TABLE go_mf_parents (_id, _parent_id, relationship_type);
CREATE TABLE go_cc_parents (_id, _parent_id, relationship_type);
"""

ORG_TABLES = """
CREATE TABLE metadata (name, value);
CREATE TABLE genes (_id INTEGER PRIMARY KEY, gene_id);
CREATE TABLE gene_info (_id, gene_name, symbol);
CREATE TABLE genetype (_id, gene_type);
CREATE TABLE alias (_id, alias_symbol);
CREATE TABLE ensembl (_id, ensembl_id);
CREATE TABLE uniprot (_id, uniprot_id);
CREATE TABLE pfam (_id, ipi_id, pfam_id);
CREATE TABLE go_bp (_id, go_id, evidence);
CREATE TABLE go_mf (_id, go_id, evidence);
CREATE TABLE go_cc (_id, go_id, evidence);
"""

HUMAN = f"""{ORG_TABLES}
CREATE TABLE omim (_id, omim_id);
CREATE TABLE cytogenetic_locations (_id, cytogenetic_location);
INSERT INTO metadata VALUES ('ORGANISM', 'Homo sapiens'), ('TAXID', '9606');
INSERT INTO genes VALUES (1, '7157'), (2, '672'), (3, '3045'), (4, '100187828'), (5, '4549'), (6, '6052'),
    (7, '127814295'), (8, '801');
INSERT INTO gene_info VALUES (1, 'tumor protein p53', 'TP53'), (2, 'BRCA1 DNA repair associated', 'BRCA1'),
    (3, 'hemoglobin subunit delta', 'HBD'), (4, 'a disease of bones', 'HBD'), (5, 's-rRNA', 'RNR1'),
    (6, 'RNA, a cluster', 'RNR1'), (7, 'a regulatory region', 'LOC127814295'), (8, 'calmodulin 1', 'CALM1');
INSERT INTO genetype VALUES (1, 'protein-coding'), (2, 'protein-coding'), (3, 'protein-coding'), (4, 'unknown'),
    (5, 'rRNA'), (6, 'other'), (7, 'biological-region'), (8, 'protein-coding');
INSERT INTO alias VALUES (1, 'TP53'), (1, 'P53'), (1, 'LFS1'), (8, 'SHARED'), (2, 'SHARED'), (2, 'BRCA1');
INSERT INTO ensembl VALUES (1, 'ENSG00000141510'), (8, 'ENSG00000198668'), (8, 'ENSG00000000008');
INSERT INTO uniprot VALUES (1, 'P04637'), (1, 'K7PPA8'), (2, 'P38398');
INSERT INTO pfam VALUES (1, 'IPI1', 'PF00870'), (1, 'IPI2', 'PF00870'), (2, 'IPI3', NULL);
INSERT INTO omim VALUES (1, '191170');
INSERT INTO cytogenetic_locations VALUES (1, '17p13.1'), (2, '17'), (3, '11p15.4 alternate reference locus');
INSERT INTO go_bp VALUES (1, '{LEAF}', 'IDA'), (1, '{LEAF}', 'IEA'), (2, 'GO:0000092', 'TAS'), (8, '{RIGHT}', 'IMP'),
    (8, '{ROOT}', 'ND'), (2, '{GONE}', 'IDA'), (2, 'GO:0000077', 'IDA');
INSERT INTO go_mf VALUES (8, '{FUNCTION}', 'IPI');
INSERT INTO go_cc VALUES (1, '{PART}', 'HDA');
"""

MOUSE = f"""{ORG_TABLES}
CREATE TABLE mgi (_id, mgi_id);
INSERT INTO metadata VALUES ('ORGANISM', 'Mus musculus'), ('TAXID', '10090');
INSERT INTO genes VALUES (1, '22059');
INSERT INTO gene_info VALUES (1, 'transformation related protein 53', 'Trp53');
INSERT INTO genetype VALUES (1, 'protein-coding');
INSERT INTO alias VALUES (1, 'Trp53'), (1, 'p44');
INSERT INTO ensembl VALUES (1, 'ENSMUSG00000059552');
INSERT INTO mgi VALUES (1, 'MGI:MGI:98834');
INSERT INTO go_bp VALUES (1, '{LEAF}', 'IDA');
"""


def database(path, script):
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA synchronous = OFF; BEGIN; {script}; COMMIT;")
    return path


def databases(folder, org=HUMAN):
    return {"org": database(folder / "org.sqlite", org), "go": database(folder / "GO.sqlite", GO_DB)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return databases(tmp_path_factory.mktemp("bioconductor"))


@pytest.fixture(scope="module")
def facts(files):
    return bioconductor.read("bio", files, GeneTable(bioconductor.read_genes(files)))


def rows_of(facts, *relations):
    frame = facts.facts[facts.facts["relation"].isin(relations)]
    return sorted(
        frame[["gene", "relation", "object_id", "object_name", "evidence"]].itertuples(index=False, name=None)
    )


def test_annotations_are_direct_and_keep_their_evidence(facts):
    assert rows_of(facts, "involved_in", "enables", "located_in") == [
        ("BRCA1", "involved_in", LEFT, "left", "TAS"),  # by an alternative id
        ("CALM1", "enables", FUNCTION, "a function", "IPI"),
        ("CALM1", "involved_in", RIGHT, "right", "IMP"),
        ("TP53", "involved_in", LEAF, "leaf", "IDA"),
        ("TP53", "involved_in", LEAF, "leaf", "IEA"),
        ("TP53", "located_in", PART, "a part", "HDA"),
    ]


def test_what_is_said_of_a_gene(facts):
    mine = [row[1:4] for row in rows_of(facts, *set(facts.facts["relation"]) - {"involved_in", "located_in"})
            if row[0] == "TP53"]  # fmt: skip
    assert mine == [
        ("has_alias", "LFS1", "LFS1"),
        ("has_alias", "P53", "P53"),
        ("has_domain", "Pfam:PF00870", "PF00870"),
        ("has_gene_type", "protein-coding", "protein-coding"),
        ("has_mim_entry", "OMIM:191170", "191170"),
        ("has_name", "NCBIGene:7157", "tumor protein p53"),
        ("maps_to_band", "17p13.1", "17p13.1"),
    ]


def test_what_was_left_out_is_counted(facts):
    assert facts.left_out == {
        "biological regions": 1,
        "genes that share their symbol": 3,  # the bone disease HBD, and both of RNR1
        "locations that are no band": 2,  # of BRCA1 and HBD
        "annotations with evidence ND": 1,
        "annotations to obsolete terms": 1,
        "annotations to terms not in the ontology": 1,
    }
    assert facts.unmapped.empty
    assert facts.identifiers == 4


def test_the_package_can_say_which_genes_there_are(files):
    tp53, brca1, hbd, calm1 = bioconductor.read_genes(files)
    assert (tp53.symbol, tp53.name, tp53.entrez_id) == ("TP53", "tumor protein p53", "7157")
    assert (tp53.aliases, tp53.uniprot_ids) == (("LFS1", "P53"), ("K7PPA8", "P04637"))
    assert (calm1.ensembl_id, calm1.other_ids) == ("ENSG00000000008", ("ENSG00000198668",))
    assert hbd.entrez_id == "3045"
    table = GeneTable([tp53, brca1, hbd, calm1])
    assert table.resolve("ENSG00000198668").symbol == "CALM1"
    assert table.resolve("SHARED").candidates == ("BRCA1", "CALM1")


def test_the_ontology_follows_is_a_and_part_of(files):
    ontology = bioconductor.ontology_from_sqlite(files["go"])
    assert list(ontology.terms) == [ROOT, LEFT, RIGHT, LEAF, GONE, FUNCTION, PART]
    assert ontology.terms[LEFT] == (LEFT, "left", "biological_process", False, ("sinister",), "", "")
    assert ontology.terms[GONE].is_obsolete
    assert ontology.main_id("GO:0000092") == LEFT
    assert ontology.parents[LEAF] == (LEFT, RIGHT)
    assert ontology.parents[RIGHT] == ontology.parents[ROOT] == ()


def test_a_mouse_is_no_human_and_may_be_asked_for(tmp_path, refused):
    files = databases(tmp_path, MOUSE)
    with refused(files["org"]):
        bioconductor.read_genes(files)
    built = build_facts([("mouse", "bioconductor", files)], taxon=10090)
    assert built.facts[["gene", "relation", "object_id"]].values.tolist() == [
        ["Trp53", "has_alias", "p44"],
        ["Trp53", "has_gene_type", "protein-coding"],
        ["Trp53", "has_name", "NCBIGene:22059"],
        ["Trp53", "involved_in", LEAF],
    ]
    assert GeneTable(bioconductor.read_genes(files, 10090)).resolve("MGI:98834").symbol == "Trp53"


@pytest.mark.parametrize("key", ["org", "go"])
@pytest.mark.parametrize(
    "change",
    [
        lambda whole: b"<!DOCTYPE html><html>not found</html>" + b" " * 100,
        lambda whole: b"",
        lambda whole: whole[:-4096],
    ],
)
def test_a_file_that_is_no_whole_database_is_refused(tmp_path, key, change, refused):
    files = databases(tmp_path)
    files[key].write_bytes(change(files[key].read_bytes()))
    with refused(files[key]):
        bioconductor.read("bio", files, GeneTable([]))
    files[key].unlink()
    with refused():
        bioconductor.read("bio", files, GeneTable([]))


@pytest.mark.parametrize(
    ("key", "statement"),
    [
        ("org", "DROP TABLE pfam; DROP TABLE alias"),
        ("org", "ALTER TABLE gene_info RENAME COLUMN symbol TO label"),
        ("go", "DELETE FROM go_term; DELETE FROM go_obsolete"),
        ("go", f"UPDATE go_term SET term = NULL WHERE go_id = '{LEAF}'"),
        ("go", "INSERT INTO go_bp_parents VALUES (2, 5, 'isa')"),
    ],
)
def test_a_database_of_another_make_is_refused(tmp_path, key, statement, refused):
    files = databases(tmp_path)
    database(files[key], statement)
    with refused(files[key]):
        bioconductor.read("bio", files, GeneTable([]))


def test_what_the_database_leaves_empty_is_no_fact(tmp_path):
    empty = (
        HUMAN
        + f"""
INSERT INTO genes VALUES (9, '472'), (10, '1');
INSERT INTO gene_info VALUES (9, NULL, 'ATM'), (10, 'a gene without a symbol', NULL);
INSERT INTO genetype VALUES (9, NULL);
INSERT INTO alias VALUES (9, NULL);
INSERT INTO go_bp VALUES (9, '{LEAF}', NULL), (9, NULL, 'IDA');
"""
    )
    files = databases(tmp_path, empty)
    genes = bioconductor.read_genes(files)
    assert [(gene.symbol, gene.name, gene.aliases) for gene in genes if gene.entrez_id == "472"] == [("ATM", "", ())]
    result = bioconductor.read("bio", files, GeneTable(genes))
    assert [row for row in rows_of(result, *set(result.facts["relation"])) if row[0] == "ATM"] == [
        ("ATM", "involved_in", LEAF, "leaf", "")
    ]
    assert not result.facts.isna().any(axis=None)
    assert result.left_out["genes without a symbol or an id"] == 1
