"""The file of all genes that were tested: lists, tables, and what is neither."""

import pytest

from reasonome.annotation.readers.universe import read_universe
from reasonome.core.errors import InputError


def universe_of(tmp_path, content):
    path = tmp_path / "tested.txt"
    path.write_text(content)
    return read_universe(path).genes


@pytest.mark.parametrize(
    "content",
    [
        "TP53\nMDM2\nBAX\n",
        '"TP53"\n"MDM2"\n"BAX"\n',
        "TP53\t1\nMDM2\t2\nBAX\n",
        "# tested\ngene\n TP53 \n\nMDM2\n#\nBAX",
        "# a\rTP53\rMDM2\r# b\rBAX\r",
        "gene,name\n# a\nTP53,p53\u2028x\nMDM2,y\x85\n# b,c\nBAX,\x0b\n",
        "Gene Symbol\r\nTP53\r\nMDM2\r\nBAX\r\n",
        "TP53, MDM2, BAX\n",
        "gene,padj\nTP53,0.1\nMDM2,1\nBAX,NA\n",
        'padj;"gene"\n0.1;"TP53"\n1;"MDM2"\n1;"BAX"\n',
        "# tested\nbaseMean\tsymbol\n5\tTP53\n5\tMDM2\n1\tBAX\n",
        '"","padj"\n"TP53",0.1\n"MDM2",1\n"BAX",1\n',  # write.csv of R
        '"log2FoldChange"\t"padj"\n"TP53"\t1\t1\n"MDM2"\t1\t1\n"BAX"\t1\t1\n',  # write.table of R
        '"","x"\n"1","TP53"\n"2","MDM2"\n"3","BAX"\n',  # write.csv(rownames(x)) of R
        ",0\n0,TP53\n1,MDM2\n2,BAX\n",  # Series.to_csv of pandas
        ",0\n4,TP53\n19,MDM2\n20,BAX\n",  # the same, filtered
        "\tfeature\tpadj\n1\tTP53\t1\n2\tMDM2\t1\n3\tBAX\t1\n",
        "sep=,\ngene,padj\nTP53,1\nMDM2,1\nNA,1\nBAX,1\n",
    ],
)
def test_lists_and_tables_of_tested_genes(tmp_path, content):
    assert universe_of(tmp_path, content) == ["TP53", "MDM2", "BAX"]


@pytest.mark.parametrize(
    "content",
    [
        '"","padj"\n"7157",0.1\n"4193",NA\n',
        '"","x"\n"1","7157"\n"2","4193"\n',
        '"","baseMean","padj"\n"7157",5,0.1\n"4193",5,1\n',
    ],
)
def test_entrez_ids_as_row_names_are_genes(tmp_path, content):
    assert universe_of(tmp_path, content) == ["7157", "4193"]


@pytest.mark.parametrize(
    ("content", "message", "line"),
    [
        ("", "there is no gene in the file", None),
        ("gene\n", "there is no gene in the file", None),
        ("gene,padj\nNA,1\n", "there is no gene in the file", None),
        ("TP53,0.1\nMDM2,1\n", "expected one gene, found 'TP53,0.1'", 1),
        ("# a\nTP53\nMDM2;1\n", "expected one gene, found 'MDM2;1'", 3),
        ("TP53\u2028\x0b\nA,B\n", "expected one gene, found 'A,B'", 2),
        ("log2FC,padj\n1,0.1\n", "none of the columns 'log2FC', 'padj' names the genes", 1),
        ('"","padj"\n"1",0.1\n"2",1\n', "none of the columns '', 'padj' names the genes; row numbers are no", 1),
        (",description\n0,7157\n1,4193\n", "none of the columns '', 'description' names the genes", 1),
        ('"","name","note"\n"1","TP53","a"\n"2","BAX","b"\n', "none of the columns '', 'name', 'note' names", 1),
        ("gene,padj\n1,0.1\n2,1\n3,1\n", "none of the columns 'gene', 'padj' names the genes", 1),
        ("gene\n1\n2\n3\n", "the 3 genes are the numbers from 1 on: row numbers are no genes", None),
        ("gene,gene\nA,B\n", "2 columns are called 'gene'", 1),
    ],
)
def test_what_is_no_list_of_tested_genes_is_refused(tmp_path, content, message, line):
    with pytest.raises(InputError, match=message) as error:
        universe_of(tmp_path, content)
    assert (error.value.file, error.value.line, error.value.field) == (tmp_path / "tested.txt", line, "universe")
    assert error.value.fix
