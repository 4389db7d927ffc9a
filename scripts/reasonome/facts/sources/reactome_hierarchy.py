"""Which pathway of Reactome is part of which: ReactomePathwaysRelation.txt (parent, child), with names from its GMT."""

from collections import defaultdict
from pathlib import Path

import pandas as pd

from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.gmt import read_gmt
from reasonome.facts.sources.source import FACT_COLUMNS, UNMAPPED_COLUMNS, SourceFacts, rows
from reasonome.facts.wording import PART_OF_PATHWAY


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`part_of_pathway` facts, whose subject, in the column of genes, is the name of a pathway.

    Their object is its parent, whose id has the prefix REAC, since it does not stand for the parent's genes. Pathways
    with several parents, and pairs of which the GMT lacks one, are left out and counted. Raises InputError.
    """
    names = {gene_set.description: gene_set.name for gene_set in read_gmt(files["gmt"])}
    parents = defaultdict(list)
    for _, (parent, child) in rows(lines(files["relations"]), files["relations"], 2):
        parents[child].append(parent)
    several = sum(len(above) > 1 for above in parents.values())
    pairs = [(child, above[0]) for child, above in parents.items() if len(above) == 1]
    known = [(names[child], names[parent], parent) for child, parent in pairs if child in names and parent in names]
    facts = [(child, PART_OF_PATHWAY, f"REAC:{parent_id}", parent, name, "") for child, parent, parent_id in known]
    left_out = {"pathways with several parents": several, "pathways that the GMT lacks": len(pairs) - len(known)}
    table = pd.DataFrame(facts, columns=FACT_COLUMNS, dtype="str")
    unmapped = pd.DataFrame(columns=UNMAPPED_COLUMNS, dtype="str")
    return SourceFacts(table, unmapped, {reason: count for reason, count in left_out.items() if count})
