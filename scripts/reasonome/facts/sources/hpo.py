"""Human Phenotype Ontology: hp.obo, genes_to_phenotype.txt with the phenotypes of the diseases of each gene, and
phenotype.hpoa with the diseases' names."""

import re
from pathlib import Path

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.sources.source import SourceFacts, SourceFormat
from reasonome.facts.sources.table import check_human, make_facts, records

COLUMNS = ["ncbi_gene_id", "gene_symbol", "hpo_id", "hpo_name", "frequency", "disease_id"]
PHENOTYPIC_ABNORMALITY = "HP:0000118"
_DISEASE_PAGES = {
    "OMIM": "https://omim.org/entry/{}",
    "ORPHA": "https://www.orpha.net/en/disease/detail/{}",
    "DECIPHER": "https://www.deciphergenomics.org/syndrome/{}",
}


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`has_phenotype` facts, with the disease as evidence; genes are looked up by Entrez id.

    Terms that are no phenotype (modes of inheritance, onset, course), obsolete and unknown terms are left out and
    counted. Raises InputError for another header, a row of another width, and another organism.
    """
    check_human(taxon, "HPO")
    ontology = read_obo(files["obo"])
    phenotypes = below(PHENOTYPIC_ABNORMALITY, ontology, files["obo"])
    facts, left_out = [], 0
    for row in read_annotations(files["genes"]).itertuples():
        term = ontology.main_id(row.hpo_id)
        if term in phenotypes:
            term_name = ontology.terms[term].name
            facts.append((row.ncbi_gene_id, row.line, "has_phenotype", term, term_name, row.disease_id))
        else:
            left_out += 1
    if not facts:
        fix = "give one release of both"
        raise InputError("no row names a phenotype of the ontology", file=files["genes"], fix=fix)
    reason = "annotations to terms that are no phenotype of this ontology"
    return make_facts(name, [(files["genes"], facts)], genes, {reason: left_out})


def below(root: str, ontology: Ontology, path: Path) -> set[str]:
    """`root` and the terms below it that are not obsolete. Raises InputError where the ontology lacks `root`."""
    if root not in ontology.terms:
        raise InputError(f"the ontology has no term {root}", file=path, fix="give hp.obo as it is published")
    terms = {root, *(term for term, above in ontology.ancestors.items() if root in above)}
    return {term for term in terms if not ontology.terms[term].is_obsolete}


def read_annotations(path: Path) -> pd.DataFrame:
    """The rows of genes_to_phenotype.txt: COLUMNS, as text, and `line`. Raises InputError."""
    rows = records(lines(path), path, COLUMNS, fix="give genes_to_phenotype.txt of a release since 2023")
    return pd.DataFrame([(line, *row.values()) for line, row in rows], columns=["line", *COLUMNS])


def read_disease_names(path: Path) -> dict[str, str]:
    """The name of each disease of phenotype.hpoa by its id, such as OMIM:154700. Raises InputError."""
    numbered = ((line, text) for line, text in lines(path) if not text.startswith("#"))
    fix = "give phenotype.hpoa of a release since 2023"
    rows = records(numbered, path, ["database_id", "disease_name"], fix=fix)
    return {row["database_id"]: row["disease_name"] for _, row in rows}


def disease_page(disease_id: str) -> str:
    """The address of a disease's page at OMIM, Orphanet or DECIPHER; "" for other ids."""
    match = re.fullmatch(r"([A-Z]+):([0-9]+)", disease_id)
    return _DISEASE_PAGES[match[1]].format(match[2]) if match and match[1] in _DISEASE_PAGES else ""


FORMAT = SourceFormat(read=read)
