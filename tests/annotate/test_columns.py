"""Which column of a table is what: its content decides, its name proposes, and two readings are a question."""

import numpy as np
import pytest
from refusals import refused
from scipy.stats import false_discovery_control

from reasonome.apps.annotate.inputs import read_gene_lists
from reasonome.config.annotations import Annotation

GENES = [f"KIN{number:02}" for number in range(40)]
IDS = {f"ENSG{number:011}": gene for number, gene in enumerate(GENES)}
KNOWN = {gene: gene for gene in GENES} | IDS
UP, DOWN = GENES[:6], GENES[6:10]
P = [0.0001] * 10 + list(np.linspace(0.1, 0.9, 30))
BH = false_discovery_control(P)
CHANGES = [2.5] * 6 + [-1.5] * 4 + [0.5, -0.5] * 15


def table(header: str, row, genes=GENES) -> str:
    """Six genes up, four down, thirty neither; `row` makes the cells of (number, gene, change, p, adjusted p)."""
    rows = zip(range(len(genes)), genes, CHANGES, P, BH, strict=True)
    return f"{header}\n" + "".join(",".join(map(str, row(*one))) + "\n" for one in rows)


def read(tmp_path, content: str, **settings):
    path = tmp_path / "mine.csv"
    path.write_text(content)
    return read_gene_lists(path, Annotation(sets=["any"], **settings), KNOWN.get)


def lists(found) -> dict[str, list[str]]:
    return {one.name: [KNOWN.get(gene.written) for gene in one.genes] for part in found for one in part.lists}


def status(gene: str) -> str:
    return "Up" if gene in UP else "Down" if gene in DOWN else "NS"


ONE_COMPARISON = {
    "a status is no group": ("gene,lfc,p,fdr,cluster", lambda n, g, c, p, q: (g, c, p, q, status(g))),
    "a status is no contrast": ("gene,lfc,p,fdr,contrast", lambda n, g, c, p, q: (g, c, p, q, c > 0)),
    "a status of words": ("gene,lfc,p,fdr,groups", lambda n, g, c, p, q: (g, c, p, q, f"is {status(g)}")),
    "counts are no comparison": ("gene,lfc,p,fdr,coef", lambda n, g, c, p, q: (g, c, p, q, n % 7)),
    "means are no tissue": ("gene,lfc,p,fdr,tissue", lambda n, g, c, p, q: (g, c, p, q, 3.5 + n % 3)),
    "names are no groups": ("gene,lfc,p,fdr,group", lambda n, g, c, p, q: (g, c, p, q, f"protein {n}")),
    "descriptions are no genes": ("genename,feature,lfc,p,fdr", lambda n, g, c, p, q: (f"kinase {n}", g, c, p, q)),
    "ids in all rows": ("symbol,acc,lfc,p,fdr", lambda n, g, c, p, q: ("" if n % 3 else g, list(IDS)[n], c, p, q)),
    "genes of any name": ("protein,lfc,p,fdr", lambda n, g, c, p, q: (g, c, p, q)),
    "means are no statistic": ("gene,t,lfc,p,fdr", lambda n, g, c, p, q: (g, 50 - n % 9, c, p, q)),
    "a confidence is no statistic": ("gene,score,lfc,p,fdr", lambda n, g, c, p, q: (g, n % 5 + 1, c, p, q)),
    "another sign is no statistic": ("gene,stat,lfc,p,fdr", lambda n, g, c, p, q: (g, (-1) ** (n // 2), c, p, q)),
    "fold changes": ("gene,fold change,p,fdr", lambda n, g, c, p, q: (g, 2 ** abs(c) * (1 if c > 0 else -1), p, q)),
    "p is adjusted": ("gene,lfc,pvalue", lambda n, g, c, p, q: (g, c, p)),
    "infinite changes": ("gene,lfc,p,fdr", lambda n, g, c, p, q: (g, "-Inf" if g in DOWN else c, p, q)),
}


@pytest.mark.parametrize(("header", "row"), ONE_COMPARISON.values(), ids=ONE_COMPARISON)
def test_one_comparison(tmp_path, header, row):
    [found] = read(tmp_path, table(header, row))
    assert lists([found]) == {"mine up": UP, "mine down": DOWN}
    assert {KNOWN[gene] for gene in found.universe} == {KNOWN[gene.written] for gene in found.ranking} == set(GENES)
    assert [KNOWN[gene.written] for gene in found.ranking[:6]] == UP  # the strongest, not the largest means
    assert found.notes[0].startswith("read as differential expression of 40 genes; columns used: ")


def stacked(header: str, values, second=GENES) -> str:
    """Two comparisons bound by rows, p adjusted in each; the second has the changes the other way round."""
    rows = []
    for value, genes, sign, power in zip(values, (GENES, second), (1, -1), (1, 1.5), strict=True):
        p = np.array(P) ** power
        for cells in zip(genes, [sign * change for change in CHANGES], p, false_discovery_control(p), strict=True):
            rows.append(",".join(map(str, (*cells, value))) + "\n")
    return f"{header}\n" + "".join(rows)


@pytest.mark.parametrize(
    "content",
    [
        stacked("gene,lfc,p,fdr,dose", ("low", "high")),
        stacked("gene,lfc,p,fdr,Comparison (A/B)", ("x / z", "y / z")),
        stacked("gene,lfc,p,fdr,hours", ("6", "24")),
        stacked("gene,lfc,p,fdr,celltype", ("T", "B")),
    ],
)
def test_blocks_that_repeat_genes_are_comparisons_whatever_their_column_is_called(tmp_path, content):
    found = lists(read(tmp_path, content))
    assert list(found.values()) == [UP, DOWN, DOWN, UP]


@pytest.mark.parametrize("name", ["donor", "arm", "batch"])
def test_blocks_in_which_p_was_adjusted_are_comparisons_also_of_other_genes(tmp_path, name):
    others = [f"OTHER{number:02}" for number in range(40)]
    found = read(tmp_path, stacked(f"gene,lfc,p,fdr,{name}", ("one", "two"), second=others))
    assert [len(one.genes) for part in found for one in part.lists] == [6, 4, 4, 6]
    assert [len(part.universe) for part in found] == [40, 40]


TWICE = "".join(f"{gene},{change},0.001,0.01\n" for gene, change in zip(GENES[:3] * 2, (2, 3, 4, 3, 2, 1), strict=True))
ASKED = {
    "a gene twice": ("gene,lfc,p,fdr\n" + TWICE, "--columns comparison=none"),
    "two columns of genes": (
        table("regulator,target,lfc,p,fdr", lambda n, g, c, p, q: (g, GENES[-1 - n], c, p, q)),
        "`--columns gene=regulator` or `--columns gene=target`",
    ),
    "no logarithm in a whole table": (
        table("gene,log2fc,p,fdr", lambda n, g, c, p, q: (g, c + 2 if c > 0 else c - 2, p, q)),
        "`--columns log2_fold_change=log2fc` or `--columns fold_change=log2fc`",
    ),
    "a ratio or a logarithm": (
        table("gene,ratio,p,fdr", lambda n, g, c, p, q: (g, abs(c), p, q)),
        "`--columns log2_fold_change=ratio` or `--columns fold_change=ratio`",
    ),
    "two adjusted p": (
        table("gene,lfc,p,p.adj.,P_adj", lambda n, g, c, p, q: (g, c, p, q, p)),
        "`--columns adjusted_p=p.adj.` or `--columns adjusted_p=P_adj`",
    ),
    "two splits": (
        stacked("gene,lfc,p,fdr,dose", ("low", "high"))
        .replace(",dose", ",dose,half")
        .replace(",low\n", ",low,0\n", 9)
        .replace(",low\n", ",low,1\n")
        .replace(",high\n", ",high,1\n", 9)
        .replace(",high\n", ",high,0\n"),
        "`--columns comparison=dose` or `--columns comparison=half`",
    ),
}


@pytest.mark.parametrize(("content", "fix"), ASKED.values(), ids=ASKED)
def test_where_two_readings_remain_it_is_asked(tmp_path, content, fix):
    with refused(tmp_path / "mine.csv", fix=fix):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("gene,lfc,p,fdr\n" + TWICE, {"columns": {"comparison": "none"}}),
        ("probe,gene,lfc,p,fdr\n" + "".join(f"{n}_at,{row}\n" for n, row in enumerate(TWICE.splitlines())), {}),
        (
            "gene,lfc,p,fdr\n"
            + TWICE.replace("KIN00,3", "KIN00.1,3").replace("KIN01,2", "KIN01.1,2").replace("KIN02,1", "KIN02.1,1"),
            {},
        ),
    ],
)
def test_of_rows_that_are_of_one_comparison_the_strongest_of_a_gene_counts(tmp_path, content, settings):
    [found] = read(tmp_path, content, **settings)
    up, _ = found.lists
    assert {gene.written: gene.weight for gene in up.genes} == {"KIN00": 3, "KIN01": 3, "KIN02": 4}


@pytest.mark.parametrize(
    ("content", "settings"),
    [
        ("gene,lfc,padj\n" + "".join(f"{gene},2,0.01\n" for gene in GENES), {}),
        ("gene,lfc,pvalue,padj\n" + "".join(f"{gene},2,0.001,0.04\n" for gene in GENES), {}),
        ("gene,lfc,padj\n" + "".join(f"{gene},2,0.09\n" for gene in GENES), {"adjusted_p": 0.1}),
    ],
)
def test_a_table_that_holds_only_what_passed_is_no_universe(tmp_path, content, settings):
    [found] = read(tmp_path, content, **settings)
    assert (len(found.lists[0].genes), found.universe, found.ranking) == (40, (), ())
    assert all("holds only genes that passed" in one.flags[-1] for one in found.lists)


@pytest.mark.parametrize(
    ("content", "settings", "size"),
    [
        ("gene,module\n" + "".join(f"G{n},red\n" for n in range(300)), {"columns": {"group": "module"}}, 300),
        ("gene,cluster\n" + "".join(f"G{n},1\n" for n in range(120)), {}, 120),
        ("".join(f"G{n}\n" for n in range(2_500)), {}, 2_500),
    ],
)
def test_a_list_without_order_is_whole(tmp_path, content, settings, size):
    [found] = read(tmp_path, content, **settings)
    assert [(len(one.genes), one.error) for one in found.lists] == [(size, "")]


MAGECK = """id,num,neg|score,neg|p-value,neg|fdr,neg|lfc,pos|score,pos|p-value,pos|fdr,pos|lfc
A,4,0,1e-5,0.01,-2,1,0.9,0.9,-2
B,4,1,0.9,0.9,3,0,1e-5,0.01,3
C,4,1,0.5,0.6,0.1,1,0.5,0.6,0.1
"""
SCALED = "group,names,scores,logfoldchanges,pvals,pvals_adj\n" + "x,A,9,,0,0\nx,B,8,NaN,0,0\nx,C,-3,,0,0\nx,D,7,2,0,0\n"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("screen.txt", MAGECK.replace(",", "\t"), {"screen up": ["B"], "screen down": ["A"]}),
        ("scaled.csv", SCALED, {"x": ["A", "B", "D"]}),
        ("list.txt", "['A', 'B',\n 'C']", {"list": ["A", "B", "C"]}),
        ("list.txt", '["A", "B"]', {"list": ["A", "B"]}),
        ("list.txt", ' [1] "A" "B"\n[3] "C"\n', {"list": ["A", "B", "C"]}),
        ("list.txt", " [1] A B\n[3] C\n", {"list": ["A", "B", "C"]}),
        ("list.txt", 'c("A",\n"B")', {"list": ["A", "B"]}),
        (
            "sets.json",
            '{"ONE": {"geneSymbols": ["A", "B"]}, "TWO": {"geneSymbols": ["C"]}}',
            {"ONE": ["A", "B"], "TWO": ["C"]},
        ),
    ],
)
def test_what_programs_write(tmp_path, name, content, expected):
    (tmp_path / name).write_text(content)
    [found] = read_gene_lists(tmp_path / name, Annotation(sets=["any"]), KNOWN.get)
    assert {one.name: [gene.written for gene in one.genes] for one in found.lists} == expected


def test_json_that_is_no_list_of_genes_is_named(tmp_path):
    (tmp_path / "panel.json").write_text('{"payload": {"targets": []}}')
    with refused(tmp_path / "panel.json", fix="write one gene a line"):
        read_gene_lists(tmp_path / "panel.json", Annotation(sets=["any"]), KNOWN.get)
