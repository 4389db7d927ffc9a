"""Human Phenotype Ontology: hp.obo, and genes_to_phenotype.txt with the phenotypes of the diseases of each gene."""

from pathlib import Path

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.sources.source import SourceFacts, SourceFormat, with_genes
from reasonome.facts.sources.table import places, rows

COLUMNS = ["ncbi_gene_id", "gene_symbol", "hpo_id", "hpo_name", "frequency", "disease_id"]
PHENOTYPIC_ABNORMALITY = "HP:0000118"


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`has_phenotype` facts, with the disease as evidence; genes are looked up by Entrez id.

    Terms that are no phenotype (modes of inheritance, onset, course) are left out and counted, and so are obsolete
    and unknown ones. Raises InputError for another header, a row of another width, and another organism.
    """
    if taxon != 9606:
        raise InputError(f"HPO annotates human genes (taxon 9606), not those of taxon {taxon}", field=name)
    ontology = read_obo(files["obo"])
    annotations = read_annotations(files["genes"])
    main_ids = {term: ontology.main_id(term) for term in annotations["hpo_id"].unique()}
    phenotypes = below(PHENOTYPIC_ABNORMALITY, ontology, files["obo"])
    kept = annotations["hpo_id"].map(main_ids).isin(phenotypes)
    left_out = {"annotations to terms that are no phenotype of this ontology": int((~kept).sum())}
    annotations = annotations[kept]
    if annotations.empty:
        raise InputError(
            "no row names a phenotype of the ontology", file=files["genes"], fix="give one release of both"
        )
    object_id = annotations["hpo_id"].map(main_ids)
    facts = annotations.assign(
        relation="has_phenotype",
        object_id=object_id,
        object_name=object_id.map({term: ontology.terms[term].name for term in phenotypes}),
    ).rename(columns={"ncbi_gene_id": "identifier", "disease_id": "evidence"})
    return with_genes(name, facts, genes, files["genes"], {reason: n for reason, n in left_out.items() if n})


def below(root: str, ontology: Ontology, path: Path) -> set[str]:
    """The live terms below `root`, and `root` itself; InputError where the ontology at `path` has no such term."""
    if root not in ontology.terms:
        raise InputError(f"the ontology has no term {root}", file=path, fix="give hp.obo as it is published")
    found = {root}
    for term in reversed(ontology.order):  # parents first
        if any(parent in found for parent in ontology.parents[term]):
            found.add(term)
    return {term for term in found if not ontology.terms[term].is_obsolete}


def read_annotations(path: Path) -> pd.DataFrame:
    """The rows of genes_to_phenotype.txt: COLUMNS, as text, and `line`. Raises InputError."""
    numbered = lines(path)
    header = next(numbered)[1].split("\t")
    at = places(header, COLUMNS, path, fix="give genes_to_phenotype.txt of a release since 2023")
    found = [(line, *(row[place].strip() for place in at)) for line, row in rows(numbered, path, len(header))]
    return pd.DataFrame(found, columns=["line", *COLUMNS])


FORMAT = SourceFormat(files=("obo", "genes"), read=read)
