"""Human Phenotype Ontology: hp.obo, genes_to_phenotype.txt, phenotype.hpoa; and phenotypes as people write them."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from reasonome.core.errors import InputError
from reasonome.facts.files.text_file import lines
from reasonome.facts.genes import GeneTable
from reasonome.facts.sources.go import Ontology, read_obo
from reasonome.facts.sources.source import SourceFacts, check_human, make_facts, records

COLUMNS = ["ncbi_gene_id", "gene_symbol", "hpo_id", "hpo_name", "frequency", "disease_id"]
PHENOTYPIC_ABNORMALITY = "HP:0000118"
# Frequencies of phenotypes that no patient had: 0/7, 0%, and the term Excluded.
NOBODY = re.compile(r"0+/\d+|0+(\.0*)?%|HP:0040285")
_DISEASE_PAGES = {
    "OMIM": "https://omim.org/entry/{}",
    "ORPHA": "https://www.orpha.net/en/disease/detail/{}",
    "DECIPHER": "https://www.deciphergenomics.org/syndrome/{}",
}


_ABSENT = r"(?P<absent>(?<![\w-])[-–−]|\b(?:not|no)\s+)?"
_ID = re.compile(_ABSENT + r"(?<!\w)HP[:_](?P<number>[0-9]{7})(?!\w)", re.IGNORECASE)
_LIKE_ID = re.compile(r"\bHP[:_]\s?\d|\bHP\d{7}", re.IGNORECASE)
_OF_TERMS = re.compile(r"\s*(?:[-–−]\s*|(?:not|no)\s+)?HP[:_]?\d|.*\bHP[:_]?\d{7}", re.IGNORECASE)
_DASH_APART = re.compile(r"(?<!\w)[-–−—]\s+HP[:_]?\d", re.IGNORECASE)
_LABEL_FIRST = re.compile(r"\s*(?P<absent>[-–−]|(?:not|no)\s+)?(?P<label>[^()]*[^()\s])\s*\(\s*", re.IGNORECASE)
_BETWEEN = " \t,;|"  # what may stand between one term and the next
# What stands alone beside a term and may say that it is absent.
_SAYS_ABSENT = re.compile(r"absent|excluded|negat(ed|ive)|without|not( present| observed| found)?|no?|false|0|[-–−]")


def read(name: str, files: dict[str, Path], genes: GeneTable, taxon: int = 9606) -> SourceFacts:
    """`has_phenotype` facts, with the disease as evidence; genes are looked up by Entrez id.

    Phenotypes that no patient of the disease had, terms that are no phenotype (modes of inheritance, onset, course),
    obsolete and unknown terms are left out and counted. Raises InputError for another header, a row of another width,
    and another organism.
    """
    check_human(taxon, "HPO")
    ontology = read_obo(files["obo"])
    phenotypes = below(PHENOTYPIC_ABNORMALITY, ontology, files["obo"])
    facts, left_out = [], Counter()
    for line, row in _annotations(files["genes"]):
        term = ontology.main_id(row["hpo_id"])
        if term not in phenotypes:
            left_out["annotations to terms that are no phenotype of this ontology"] += 1
        elif NOBODY.fullmatch(row["frequency"]):
            left_out["phenotypes that no patient of the disease had"] += 1
        else:
            term_name = ontology.terms[term].name
            facts.append((row["ncbi_gene_id"], line, "has_phenotype", term, term_name, row["disease_id"]))
    if not facts:
        fix = "give one release of both"
        raise InputError("no row names a phenotype of the ontology", file=files["genes"], fix=fix)
    return make_facts(name, [(files["genes"], facts)], genes, left_out)


def below(root: str, ontology: Ontology, path: Path) -> set[str]:
    """`root` and the terms below it that are not obsolete. Raises InputError where the ontology lacks `root`."""
    if root not in ontology.terms:
        raise InputError(f"the ontology has no term {root}", file=path, fix="give hp.obo as it is published")
    terms = {root, *(term for term, above in ontology.ancestors.items() if root in above)}
    return {term for term in terms if not ontology.terms[term].is_obsolete}


def read_annotations(path: Path) -> pd.DataFrame:
    """The rows of genes_to_phenotype.txt: COLUMNS, as text, and `line`. Raises InputError."""
    return pd.DataFrame([(line, *row.values()) for line, row in _annotations(path)], columns=["line", *COLUMNS])


def _annotations(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    return records(lines(path), path, COLUMNS, fix="give genes_to_phenotype.txt of a release since 2023")


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


class WrittenTerm(NamedTuple):
    """An HPO id with the label beside it ("" without one), and whether it is said to be absent."""

    id: str
    label: str
    absent: bool


def is_of_terms(line: str) -> bool:
    """Whether a line begins like an HPO id, or has one."""
    return _OF_TERMS.match(line) is not None


def written_terms(text: str) -> list[WrittenTerm]:
    """The terms of a text, in its order: ids with blanks, tabs, commas, semicolons or bars between.

    A label stands behind its id (`HP:0001250 Seizure; HP:0001263`), or before it where ids are in brackets
    (`Seizure (HP:0001250)`). `-` or `not` right before an id, or before a label in front, says that it is absent.
    ValueError for a text that has none, or has a part that is none of these, and for `HP:0001250 absent`.
    """
    ids = list(_ID.finditer(text))
    if not ids:
        raise ValueError(f"expected an HPO id, found '{text.strip()[:60]}'")
    if apart := _DASH_APART.search(text):
        what = f"'{apart.group()} …' may be a mark of a list, or say that it is absent"
        raise ValueError(f"{what}: write -HP:… without a blank if it is absent, else leave the dash out")
    ends = [*(match.start() for match in ids[1:]), len(text)]
    before = text[: ids[0].start()]
    behind = [text[match.end() : end] for match, end in zip(ids, ends, strict=True)]
    for part in re.split(r"[,;|\t()\[\]]", "\t".join([before, *behind])):
        if _SAYS_ABSENT.fullmatch(part.strip(" :=").casefold()):
            raise ValueError(f"'{part.strip()}' may say that a term is absent: write -HP:… for that, else leave it out")
    if before.rstrip().endswith("("):
        return _labels_first(ids, [before, *behind])
    if before.strip(_BETWEEN):
        raise ValueError(f"expected an HPO id, found '{text.strip()[:60]}'")
    return [_labels_behind(match, rest) for match, rest in zip(ids, behind, strict=True)]


def _labels_behind(match: re.Match, rest: str) -> WrittenTerm:
    label = " ".join(rest.strip(_BETWEEN).lstrip(":=").strip().lstrip("-–—").split())
    if label.count("(") != label.count(")") or _LIKE_ID.search(label):
        raise ValueError(f"expected HPO ids with their labels behind them, found '{match.group()}{rest[:50]}'")
    return WrittenTerm(f"HP:{match['number']}", label, bool(match["absent"]))


def _labels_first(ids: list[re.Match], around: list[str]) -> list[WrittenTerm]:
    """`around` are the texts before the first id, between ids, and behind the last."""
    terms = []
    for place, match in enumerate(ids):
        text = around[place] if place == 0 else around[place].lstrip().removeprefix(")").lstrip(_BETWEEN)
        label = _LABEL_FIRST.fullmatch(text)
        if label is None or not around[place + 1].lstrip().startswith(")"):
            raise ValueError(f"expected a label and its HPO id in brackets, found '{(text + match.group())[:60]}'")
        words = " ".join(label["label"].split())
        terms.append(WrittenTerm(f"HP:{match['number']}", words, bool(label["absent"] or match["absent"])))
    if rest := around[-1].lstrip().removeprefix(")").strip(_BETWEEN):
        raise ValueError(f"expected a label and its HPO id in brackets, found '{rest[:60]}'")
    return terms
