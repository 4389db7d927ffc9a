"""A background small enough to work out by hand: nine live terms of two branches, and a pathway collection."""

import pandas as pd

from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.tasks.naming.settings import NamingBenchmark

ROOT, WIDE, DEEP, SPECIAL, X, Y, Z, EMPTY = (f"GO:000000{n}" for n in range(8))
FUNCTION, BINDING, OLD = "GO:0000010", "GO:0000011", "GO:0000012"
PATHWAY, OTHER_PATHWAY = "R-HSA-1", "R-HSA-2"
PATHWAY_NAME = "Alpha, by X: step 1.2 (early)"

OBO = """format-version: 1.2
default-namespace: biological_process

[Term]
id: GO:0000000
name: biological_process

[Term]
id: GO:0000001
name: wide process
is_a: GO:0000000

[Term]
id: GO:0000002
name: deep process
is_a: GO:0000001

[Term]
id: GO:0000003
name: special repair
is_a: GO:0000000

[Term]
id: GO:0000004
name: alpha-repair
alt_id: GO:0000044
synonym: "repair of alpha" EXACT []
synonym: "deep process" EXACT []
is_a: GO:0000002
is_a: GO:0000003

[Term]
id: GO:0000005
name: beta repair
is_a: GO:0000002
relationship: part_of GO:0000003

[Term]
id: GO:0000006
name: gamma transport
is_a: GO:0000002

[Term]
id: GO:0000007
name: empty process
is_a: GO:0000001

[Term]
id: GO:0000010
name: molecular_function
namespace: molecular_function

[Term]
id: GO:0000011
name: beta repair
namespace: molecular_function
is_a: GO:0000010

[Term]
id: GO:0000012
name: old process
is_obsolete: true
"""

DIRECT = {
    X: "g1 g2",
    Y: "g2 g3",
    Z: "g4",
    DEEP: "g5 g6",
    WIDE: "g7",
    ROOT: "g8",
    BINDING: "g1 g2 g3",
    FUNCTION: "g4",
}
PATHWAYS = {PATHWAY: "g1 g2 g9", OTHER_PATHWAY: "g1"}


def ontology(folder):
    """The ontology, read from an OBO that is written to `folder`."""
    (folder / "toy.obo").write_text(OBO)
    return read_obo(folder / "toy.obo")


def facts() -> pd.DataFrame:
    """The facts of the corpus: annotations by source go, pathways by source paths, and gene names."""
    names = {PATHWAY: PATHWAY_NAME, OTHER_PATHWAY: "Omega"}
    rows = [(g, "involved_in", term, "", "go", "IDA") for term, genes in DIRECT.items() for g in genes.split()]
    rows += [(g, "member_of_pathway", i, names[i], "paths", "") for i, genes in PATHWAYS.items() for g in genes.split()]
    rows += [("g1", "has_name", "gene:1", "gene one", "hgnc", "")]
    return pd.DataFrame(rows, columns=FACT_COLUMNS)


def benchmark(subsets=None, **settings) -> NamingBenchmark:
    """A benchmark of terms and pathways, unless `subsets` says of what."""
    both = {"bp": {"namespace": "biological_process"}, "pathways": {"source": "paths"}}
    chosen = {name: {**spec, "test": 1, "valid": 1} for name, spec in (subsets or both).items()}
    basic = {"task": "gene_set_naming", "corpus": "toy", "encoders": [], "minimum_genes": 2}
    return NamingBenchmark.model_validate({**basic, "subsets": chosen, **settings})
