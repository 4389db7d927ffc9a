"""Gene set files: the shared line reader, Reactome, WikiPathways, and files that are not what they seem."""

import gzip
import os
from pathlib import Path

import pytest
from refusals import refused

from reasonome.facts.genes import GeneTable
from reasonome.facts.sources import hgnc
from reasonome.facts.sources.formats import FORMATS
from reasonome.facts.sources.gmt import read_gmt, words
from reasonome.facts.text import facts_about

DATA = Path(__file__).parent / "data" / "facts"


@pytest.fixture(scope="module")
def genes():
    return GeneTable(hgnc.read_genes(DATA / "hgnc_seven_rows.txt"))


def read(form, path, genes, taxon=9606):
    return FORMATS[form]("mine", {"gmt": path}, genes, taxon)


def test_sets_keep_names_and_line_numbers_and_drop_empty_and_repeated_genes(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("one\twords\tA\tB\tA\t\t\n\ntwo\t\tC\n")
    first, second = read_gmt(path)
    assert first == (1, "one", "words", ("A", "B"))
    assert second == (3, "two", "", ("C",))


def test_a_line_without_a_tab_is_refused(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("one\twords\tA\nname only\n")
    with refused(path, 2):
        list(read_gmt(path))


@pytest.mark.parametrize("fields", ["CITRULLINATION%BIOCYC%PWY-4921\tcitrullination", "lost\twords\t\t"])
def test_a_set_without_genes_is_left_out_and_counted(tmp_path, genes, fields):
    path = tmp_path / "sets.gmt"
    path.write_text(f"{fields}\nrepair\tna\tTP53\tATM\n")
    result = read("gmt", path, genes)
    assert set(result.facts["object_id"]) == {"repair"}
    assert result.left_out == {"gene sets without genes": 1}


def test_a_file_of_sets_without_genes_is_refused(tmp_path):
    path = tmp_path / "sets.gmt"
    path.write_text("TP53\t2.1\nATM\t1.9\n")
    with refused(path):
        list(read_gmt(path))


def test_reactome_facts(genes):
    result = read("reactome", DATA / "reactome.gmt", genes)
    rows = set(result.facts[["gene", "relation", "object_id", "object_name"]].itertuples(index=False, name=None))
    assert rows == {
        ("TP53", "member_of_pathway", "R-HSA-73894", "DNA repair"),
        ("BRCA1", "member_of_pathway", "R-HSA-73894", "DNA repair"),
        ("CALM1", "member_of_pathway", "R-HSA-111997", "Calcium"),
        ("MARCHF1", "member_of_pathway", "R-HSA-111997", "Calcium"),
    }


def test_curated_files_take_no_aliases_and_no_two_letter_old_symbols(genes):
    # CAMI is an alias of CALM1, NP a (made up) old symbol of ATM, tat a viral protein.
    unmapped = read("reactome", DATA / "reactome.gmt", genes).unmapped
    assert unmapped.values.tolist() == [
        ["mine", "tat", "reactome.gmt:1", ""],
        ["mine", "CAMI", "reactome.gmt:2", "CALM1"],
        ["mine", "NP", "reactome.gmt:2", "ATM"],
    ]


def test_a_users_own_gmt_may_use_aliases_and_any_case(tmp_path, genes):
    path = tmp_path / "sets.gmt"
    path.write_text("MY_SET\tna\tcami\tLFS1\n")
    facts = read("gmt", path, genes).facts
    assert facts["gene"].tolist() == ["CALM1", "TP53"]
    assert facts["object_id"].tolist() == ["MY_SET"] * 2
    assert facts["object_name"].tolist() == ["MY SET"] * 2


def test_a_gmt_without_descriptions_loses_no_gene(tmp_path, genes):
    path = tmp_path / "sets.gmt"
    path.write_text("\none\tTP53\tATM\ntwo\tbrca1\tTP53\tATM\n")
    with refused(path, 2):
        read("gmt", path, genes)


@pytest.mark.parametrize(
    "content",
    [
        "one\tTP53\tATM\ntwo\tTP53\tBRCA1\n",  # one remark for all
        "one\t7157\tATM\ntwo\t672\tBRCA1\n",  # sizes, or something else that is no symbol
        "TP53_TARGETS\tTP53\tATM\nATM targets\tATM\tBRCA1\n",  # of transcription factors
        "one\tTP53\tATM\ntwo\tna\tTP53\n",  # no more than half
        "one\t\tATM\ntwo\t\tTP53\n",
    ],
)
def test_descriptions_may_be_called_like_genes(tmp_path, genes, content):
    path = tmp_path / "sets.gmt"
    path.write_text(content)
    assert len(read("gmt", path, genes).facts) == 2


@pytest.mark.parametrize(
    ("fields", "set_id", "name"),
    [
        ("GO:0006695\tcholesterol biosynthetic process", "GO:0006695", "cholesterol biosynthetic process"),
        ("REAC:R-HSA-611105\tRespiratory electron transport", "REAC:R-HSA-611105", "Respiratory electron transport"),
        ("KEGG:04110\tCell cycle", "KEGG:04110", "Cell cycle"),
        ("R-HSA-191273\tCholesterol biosynthesis", "R-HSA-191273", "Cholesterol biosynthesis"),
        (
            "CHOLESTEROL BIOSYNTHESIS%REACTOME%R-HSA-191273.10\tCholesterol biosynthesis",
            "R-HSA-191273.10",
            "Cholesterol biosynthesis",
        ),
        (
            "INTERFERON SIGNALING%REACTOME DATABASE ID RELEASE 89%909733\tInterferon signaling",
            "REACTOME DATABASE ID RELEASE 89:909733",
            "Interferon signaling",
        ),
        ("Apoptosis%WikiPathways_20240610%WP254%Homo sapiens\thttps://x.org/WP254", "WP254", "Apoptosis"),
        ("GO:0006695\tna", "GO:0006695", "GO:0006695"),
        ("GO:0006695\t", "GO:0006695", "GO:0006695"),
        ("100% repair\tof DNA", "100% repair", "100% repair"),
        (
            "HALLMARK_CHOLESTEROL_HOMEOSTASIS\thttps://x.org",
            "HALLMARK_CHOLESTEROL_HOMEOSTASIS",
            "cholesterol homeostasis",
        ),
        ("cluster:1\tof DNA", "cluster:1", "cluster:1"),
    ],
)
def test_a_set_whose_first_field_is_an_id_is_called_by_the_second(tmp_path, genes, fields, set_id, name):
    path = tmp_path / "sets.gmt"
    path.write_text(f"{fields}\tTP53\tATM\n")
    facts = read("gmt", path, genes).facts
    assert set(facts[["object_id", "object_name"]].itertuples(index=False, name=None)) == {(set_id, name)}


@pytest.mark.parametrize(
    ("fields", "names"),
    [
        (["GO:01\tBP", "GO:02\tBP", "GO:03\tBP", "GO:04\tCC"], ["GO:01", "GO:02", "GO:03", "GO:04"]),
        (["A%KEGG%hsa1\tof KEGG", "B%KEGG%hsa2\tof KEGG"], ["A", "B"]),
        (["R-HSA-1\tRepair", "R-HSA-2\tRepair", "R-HSA-3\tDeath"], ["Repair", "Repair", "Death"]),  # two of one name
    ],
)
def test_a_word_that_sets_share_is_the_name_of_none(tmp_path, genes, fields, names):
    path = tmp_path / "sets.gmt"
    path.write_text("".join(f"{both}\tTP53\n" for both in fields))
    assert read("gmt", path, genes).facts["object_name"].tolist() == names


def test_weights_behind_genes_are_no_part_of_them(tmp_path, genes):
    path = tmp_path / "sets.gmt"
    path.write_text("repair\t\tTP53,1.0\tATM,0.5\tBRCA1,-1e-3\n")
    assert set(read("gmt", path, genes).facts["gene"]) == {"TP53", "ATM", "BRCA1"}


def test_wikipathways_names_ids_and_entrez_genes(genes):
    result = read("wikipathways", DATA / "wikipathways.gmt", genes)
    assert result.facts["gene"].tolist() == ["TP53", "BRCA1"]
    assert set(result.facts["object_id"]) == {"WP1"}
    assert set(result.facts["object_name"]) == {"100% repair"}
    assert result.unmapped["identifier"].tolist() == ["999999"]


@pytest.mark.parametrize(
    ("form", "line"),
    [
        ("reactome", "A set\tnot an id\tTP53"),
        ("wikipathways", "A%W%WP2%Mus musculus\thttp://x\t7157"),
        ("gmt", "___\tna\tTP53"),
    ],
)
def test_rows_of_another_source_or_organism_are_refused(tmp_path, genes, form, line):
    path = tmp_path / "sets.gmt"
    path.write_text(f"{line}\n")
    with refused(path, 1):
        read(form, path, genes)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_packed_or_saved_by_an_editor_read_alike(tmp_path, pack, end, mark):
    path = tmp_path / "no_gz_suffix"
    path.write_bytes(pack(mark + end.join([b"one\twords\tA", b"two\twords\tB", b"three\twords\tC"])))
    assert list(read_gmt(path)) == [
        (1, "one", "words", ("A",)),
        (2, "two", "words", ("B",)),
        (3, "three", "words", ("C",)),
    ]


PACKED = gzip.compress(b"one\twords\tA\n" * 1000, mtime=0)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"<!DOCTYPE html>\n<html>Not found</html>\n", 1),
        (b"PK\x03\x04rest", 1),
        ("one\twords\tA\n".encode("utf-16"), 1),
        (b"one\twords\tA\ntwo\tw\xf6rter\tB\n", 2),
        (b"one\twords\tA\rtwo\twords\tB\r", 1),
        (PACKED[: len(PACKED) // 2], 1),
        (b"", None),
    ],
)
def test_files_that_are_something_else_are_refused(tmp_path, content, line):
    path = tmp_path / "sets.gmt"
    path.write_bytes(content)
    with refused(path, line):
        list(read_gmt(path))


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), os.mkfifo])
def test_what_is_no_file_is_named_for_what_it_is(tmp_path, make):
    make(tmp_path / "sets.gmt")
    with refused(tmp_path / "sets.gmt"):
        list(read_gmt(tmp_path / "sets.gmt"))


def test_two_sets_of_one_name_are_refused_unless_they_are_the_same(tmp_path, genes):
    path = tmp_path / "sets.gmt"
    path.write_text("mine\tna\tTP53\tATM\nother\tna\tTP53\nmine\ttwice\tATM\tTP53\n")
    assert set(read("gmt", path, genes).facts[["gene", "object_id"]].itertuples(index=False, name=None)) == {
        ("TP53", "mine"),
        ("ATM", "mine"),
        ("TP53", "other"),
    }
    path.write_text("mine\tna\tTP53\tATM\nother\tna\tTP53\nmine\ttwice\tBRCA1\n")
    with refused(path, 3):
        read("gmt", path, genes)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("GOBP_DNA_REPAIR", "dna repair"),
        ("GOMF_3_5_DNA_HELICASE_ACTIVITY", "3 5 dna helicase activity"),
        ("REACTOME_DNA_REPAIR", "dna repair"),
        ("DNA repair (GO:0006281)", "DNA repair"),
        ("DNA_repair_[GO:0006281]", "DNA repair"),
        ("Apoptosis (WP254)", "Apoptosis"),
        ("DNA Repair R-HSA-73894", "DNA Repair"),  # Enrichr's Reactome_2022
        ("DNA Repair_Homo sapiens_R-HSA-73894", "DNA Repair"),  # and that of 2016
        ("Alzheimers Disease_Mus musculus_WP2075", "Alzheimers Disease"),
        ("Lysine degradation_Homo sapiens_hsa00310", "Lysine degradation"),
        ("Alzheimer disease-presenilin pathway_Homo sapiens_P00004", "Alzheimer disease-presenilin pathway"),  # PANTHER
        ("Deregulation of CDK5_Homo sapiens_h_p35alzheimersPathway", "Deregulation of CDK5"),  # BioCarta
        ("Proteins of Homo sapiens cells", "Proteins of Homo sapiens cells"),
        ("Genes near WPA4", "Genes near WPA4"),
        ("WP254", "WP254"),
        ("GOBP_DNA_repair", "GOBP DNA repair"),  # not as MSigDB writes
        ("MY_DNA_REPAIR", "MY DNA REPAIR"),  # no collection of theirs
        ("WP_", "WP "),
        ("DNA repair (p53)", "DNA repair (p53)"),
        ("ratio (2:1)", "ratio (2:1)"),
        ("(GO:0006281)", "(GO:0006281)"),
    ],
)
def test_names_of_sets_in_words(name, expected):
    assert words(name) == expected


def test_sets_of_other_collections_are_found_by_the_name_of_a_held_out_term(tmp_path, genes):
    path = tmp_path / "sets.gmt"
    names = ["GOBP_DNA_REPAIR", "DNA repair (GO:0006281)", "DNA Repair R-HSA-73894", "GOBP_DNA_REPLICATION"]
    path.write_text("".join(f"{name}\tna\tTP53\n" for name in names))
    facts = read("gmt", path, genes).facts
    assert facts["object_id"].tolist() == names
    assert facts_about(facts, [("GO:0006281", "DNA repair")]).tolist() == [True, True, True, False]


def test_parents_of_pathways_are_facts_about_their_names(genes, tmp_path):
    (tmp_path / "sets.gmt").write_text("Cell Cycle\tR-HSA-1\tTP53\nMitosis\tR-HSA-2\tTP53\nRepair\tR-HSA-3\tTP53\n")
    pairs = ["R-HSA-1\tR-HSA-2", "R-HSA-1\tR-HSA-3", "R-HSA-9\tR-HSA-3", "R-HSA-9\tR-HSA-1"]
    (tmp_path / "pairs.txt").write_text("\n".join(pairs))
    files = {"gmt": tmp_path / "sets.gmt", "relations": tmp_path / "pairs.txt"}
    found = FORMATS["reactome_hierarchy"]("mine", files, genes)
    assert found.facts.to_numpy().tolist() == [["Mitosis", "part_of_pathway", "REAC:R-HSA-1", "Cell Cycle", "mine", ""]]
    assert found.left_out == {"pathways with several parents": 1, "pathways that the GMT lacks": 1}
