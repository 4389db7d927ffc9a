"""The table of facts: built, written and read back; and the program that does it."""

import pandas as pd
import program_job
import pytest
from checkout import ROOT
from refusals import refused

import build_facts as program
from reasonome.facts.corpus import build_facts, write_facts
from reasonome.facts.sources.source import read_facts

DATA = ROOT / "tests" / "data" / "facts"
DEMO = ROOT / "resources" / "demo"
HGNC = ("hgnc", "hgnc", {"table": DATA / "hgnc_seven_rows.txt"})
GO = ("go", "go", {"obo": DATA / "six_terms.obo", "gaf": DATA / "ten_rows.gaf"})
REACTOME = ("reactome", "reactome", {"gmt": DATA / "reactome.gmt"})


def built(sources):
    """The small files hold many identifiers without a gene, on purpose."""
    return build_facts(sources, unmapped_share=0.5)


def test_each_fact_stands_once_with_all_its_evidence():
    facts = built([GO, HGNC]).facts
    leaf = facts[(facts["gene"] == "TP53") & (facts["object_id"] == "GO:0000004")]
    assert leaf.values.tolist() == [["TP53", "involved_in", "GO:0000004", "leaf: of both branches", "go", "IDA,IEA"]]
    assert not facts.duplicated(["gene", "relation", "object_id", "source"]).any()


def test_statistics_worked_out_by_hand():
    rows = built([HGNC, GO, REACTOME]).statistics.values.tolist()
    assert rows == [
        ["go", "acts_upstream_of", 1, 1, 1],
        ["go", "contributes_to", 1, 1, 1],
        ["go", "enables", 1, 1, 1],
        ["go", "involved_in", 2, 2, 2],
        ["hgnc", "has_name", 6, 6, 6],
        ["hgnc", "in_gene_group", 3, 2, 3],
        ["reactome", "member_of_pathway", 4, 4, 2],
        ["total", "", 18, 6, 15],
    ]


def test_the_order_of_sources_and_rows_does_not_matter(tmp_path):
    lines = GO[2]["gaf"].read_text().splitlines(keepends=True)
    shuffled = tmp_path / "ten_rows.gaf"
    shuffled.write_text("".join(lines[:3] + lines[:2:-1]))
    other = ("go", "go", {**GO[2], "gaf": shuffled})
    first, second = built([HGNC, GO]), built([other, HGNC])
    pd.testing.assert_frame_equal(first.facts, second.facts)
    pd.testing.assert_frame_equal(first.statistics, second.statistics)


def test_written_files_read_back_and_are_the_same_bytes_again(tmp_path):
    facts = built([HGNC, GO, REACTOME])
    write_facts(facts, tmp_path / "a")
    write_facts(built([REACTOME, GO, HGNC]), tmp_path / "b")
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == ["denied.parquet", "facts.parquet", "statistics.tsv", "unmapped.tsv"]
    assert all((tmp_path / "a" / n).read_bytes() == (tmp_path / "b" / n).read_bytes() for n in names)
    pd.testing.assert_frame_equal(read_facts(tmp_path / "a" / "facts.parquet"), facts.facts)
    # What a source denies is beside the facts, and none of them.
    assert read_facts(tmp_path / "a" / "denied.parquet").values.tolist() == [
        ["BRCA1", "NOT|involved_in", "GO:0000003", "right branch", "go", "IDA"]
    ]
    assert not facts.facts["relation"].str.startswith("NOT").any()
    unmapped = (tmp_path / "a" / "unmapped.tsv").read_text().splitlines()
    assert unmapped[:2] == ["source\tidentifier\twhere\tbest_guess", "go\tZZZ1\tten_rows.gaf:12\t"]
    assert (tmp_path / "a" / "statistics.tsv").read_text().splitlines()[-1] == "total\t\t18\t6\t15"


def gmt(tmp_path, *lines):
    path = tmp_path / "mine.gmt"
    path.write_text("".join(f"{line}\n" for line in lines))
    return ("mine", "gmt", {"gmt": path})


def test_a_source_of_unknown_symbols_is_refused(tmp_path):
    source = gmt(tmp_path, "one\t\tTP53\tBRCX1\tABSENT9", "two\t\tBRCX1\tHLAB\tATM\tABSENT8")
    with refused(field="mine"):
        build_facts([HGNC, source])
    # TP53 and ATM of six distinct identifiers are genes: 4/6 are not.
    assert len(build_facts([HGNC, source], unmapped_share=0.667).unmapped) == 4


GENE_INFO_HEADER = (
    "#tax_id\tGeneID\tSymbol\tLocusTag\tSynonyms\tdbXrefs\tchromosome\tmap_location\tdescription\ttype_of_gene\t"
    "Symbol_from_nomenclature_authority\tFull_name_from_nomenclature_authority\tNomenclature_status\t"
    "Other_designations\tModification_date\tFeature_type"
)


def gene_info(tmp_path, *rows):
    """An NCBI Gene source; rows are taxon, id, symbol, synonyms, dbXrefs, name."""
    text = [GENE_INFO_HEADER]
    for taxon, gene_id, symbol, synonyms, references, name in rows:
        columns = [taxon, gene_id, symbol, "-", synonyms, references, "11", "-", name, "protein-coding", symbol, name]
        text.append("\t".join([*columns, "O", "-", "20240101", "-"]))
    path = tmp_path / "gene_info"
    path.write_text("\n".join(text) + "\n")
    return ("ncbi", "ncbi_gene", {"gene_info": path})


def test_the_authority_decides_the_symbols(tmp_path):
    # The same gene under two symbols: 55016 is MARCHF1 for HGNC, and here still MARCH1.
    ncbi = gene_info(
        tmp_path, ("9606", "55016", "MARCH1", "-", "-", "a ring finger"), ("9606", "472", "ATM", "-", "-", "n")
    )
    for authority, symbol in (("hgnc", "MARCHF1"), ("ncbi", "MARCH1")):
        facts = build_facts([HGNC, ncbi], unmapped_share=0.7, authority=authority).facts
        of_march = facts[facts["object_name"].isin(["a ring finger", "membrane associated ring-CH-type finger 1"])]
        assert of_march[["gene", "source"]].values.tolist() == [[symbol, "hgnc"], [symbol, "ncbi"]]
    # HGNC's other four genes are not in the small gene_info.
    assert len(build_facts([HGNC, ncbi], unmapped_share=0.7, authority="ncbi").unmapped) == 4


def test_facts_of_the_mouse(tmp_path):
    ncbi = gene_info(
        tmp_path,
        ("10090", "22059", "Trp53", "p44|bfy", "MGI:MGI:98834|Ensembl:ENSMUSG00000059552", "tumor protein p53"),
        ("10090", "12189", "Brca1", "-", "MGI:MGI:104537", "breast cancer 1, early onset"),
        ("9606", "7157", "TP53", "-", "-", "of the human"),
    )
    mine = gmt(tmp_path, "one\t\tTrp53\tMGI:104537", "two\t\tp44\tENSMUSG00000059552.5\tbrca1")
    facts = build_facts([ncbi, mine], taxon=10090).facts
    assert facts.loc[facts["source"] == "mine", ["gene", "object_id"]].values.tolist() == [
        ["Brca1", "one"],
        ["Brca1", "two"],
        ["Trp53", "one"],
        ["Trp53", "two"],
    ]
    assert set(facts["gene"]) == {"Brca1", "Trp53"}


@pytest.mark.parametrize(
    "make",
    [
        lambda path: pd.DataFrame({"gene": ["A"]}).to_parquet(path),
        lambda path: path.write_bytes(b"PAR1 but no more"),
        lambda path: None,
    ],
)
def test_no_table_of_facts_is_refused(tmp_path, make):
    path = tmp_path / "facts.parquet"
    make(path)
    with refused(path):
        read_facts(path)


@pytest.fixture
def building(tmp_path):
    """Run the program on a corpus of HGNC and GO."""

    def run(unmapped: float) -> None:
        sources = []
        for source, form, files in (HGNC, GO):
            entry = {"format": form, "files": {key: {"path": path.name} for key, path in files.items()}}
            entry |= {"release": "1", "licence": "CC0"}
            sources.append(
                {"name": f"my-{source}", "entry": entry, "files": list(files.items()), "pins": None, "waiting": []}
            )
            sources[-1] |= {"place": "sources.yaml", "lock": "sources.lock.yaml"}
        settings = {"sources": sources, "corpus": {"sources": ["my-hgnc", "my-go"], "unmapped": unmapped}}
        outputs = {"facts": tmp_path / "out/facts.parquet", "licences": tmp_path / "out/licences.tsv"}
        program_job.run(program, tmp_path, {"inputs": {}, "outputs": outputs, "settings": settings})

    return run


def test_the_program_writes_a_line_for_each_source(building, tmp_path, capsys, snapshot):
    building(unmapped=0.2)
    assert capsys.readouterr().out.splitlines()[-2:] == snapshot
    assert len(read_facts(tmp_path / "out" / "facts.parquet")) == 14
    assert "my-hgnc\t1\tCC0" in (tmp_path / "out" / "licences.tsv").read_text()


def test_the_program_writes_no_facts_when_too_many_identifiers_are_unmapped(building, tmp_path):
    with refused(field="my-go"):
        building(unmapped=0.1)
    rejected = tmp_path / "out" / "unmapped.rejected.tsv"
    assert rejected.read_text() == "source\tidentifier\twhere\tbest_guess\nmy-go\tZZZ1\tten_rows.gaf:12\t\n"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["licences.tsv", rejected.name]
    building(unmapped=0.2)
    assert not rejected.exists()


@pytest.mark.slow
def test_the_demo_corpus_holds_what_its_readme_says():
    facts = build_facts(
        [
            ("hgnc", "hgnc", {"table": DEMO / "hgnc_complete_set.txt.gz"}),
            ("go", "go", {"obo": DEMO / "go-basic.obo.gz", "gaf": DEMO / "goa_human.gaf.gz"}),
            ("reactome", "reactome", {"gmt": DEMO / "ReactomePathways.gmt.gz"}),
            ("wikipathways", "wikipathways", {"gmt": DEMO / "wikipathways-Homo_sapiens.gmt.gz"}),
        ]
    )
    assert facts.statistics.values.tolist() == [
        ["go", "enables", 5094, 4142, 421],
        ["go", "involved_in", 3841, 2797, 432],
        ["go", "located_in", 6243, 4313, 404],
        ["hgnc", "has_name", 20015, 20015, 20015],
        ["hgnc", "in_gene_group", 928, 665, 499],
        ["reactome", "member_of_pathway", 112056, 10899, 1446],
        ["wikipathways", "member_of_pathway", 30785, 7821, 746],
        ["total", "", 178962, 20015, 23963],
    ]


def test_the_schema_knows_every_format_and_which_can_be_the_authority():
    from reasonome.config.sources import FORMAT_FILES
    from reasonome.facts.sources.formats import AUTHORITIES, FORMATS

    assert set(FORMATS) == {name for name, files in FORMAT_FILES.items() if files.facts}
    assert set(AUTHORITIES) == {name for name, files in FORMAT_FILES.items() if files.authority}
