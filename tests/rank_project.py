"""A project just large enough to rank genes in: eight genes, six phenotypes, one chromosome, and answers by hand."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import toy_hgnc
from tiny_project import edit

from reasonome.answering.answers import questions
from reasonome.apps.rank import job
from reasonome.apps.rank.settings import RankSettings
from reasonome.config.project import Project
from reasonome.tasks.ranking.ranked_list import render_ranking

ROOT = Path(__file__).resolve().parent.parent
# Symbol → (start, end) on chromosome 1, in kilobases; RNA does not code for a protein.
GENES = {
    "SCN1A": (1000, 1100),
    "FGD1": (1200, 1210),
    "FBN1": (1300, 1400),
    "PCSK9": (2000, 2020),
    "TTC4": (2100, 2110),
    "USP24": (2300, 2400),
    "ALONE": (9000, 9010),
    "RNA1": (2020, 2030),
}
ALIASES = {"FGD1": "FGDY"}
TERMS = {
    "HP:0000001": ("All", ""),
    "HP:0000118": ("Phenotypic abnormality", "HP:0000001"),
    "HP:0000006": ("Autosomal dominant inheritance", "HP:0000001"),
    "HP:0001250": ("Seizure", "HP:0000118"),
    "HP:0002123": ("Generalized myoclonic seizure", "HP:0001250"),
    "HP:0000316": ("Hypertelorism", "HP:0000118"),
    "HP:0001166": ("Arachnodactyly", "HP:0000118"),
}
# Of 4 genes SCN1A alone has seizures, of a kind (ln 4 = 1.386); FGD1 and FBN1 have hypertelorism (ln 2), and 9 of 10
# patients with FBN1's disease have arachnodactyly.
KNOWN = {
    "SCN1A": [("HP:0002123", "OMIM:607208", "-")],
    "FGD1": [("HP:0000316", "OMIM:305400", "-")],
    "FBN1": [("HP:0001166", "OMIM:154700", "9/10"), ("HP:0000316", "OMIM:154700", "-")],
    "USP24": [("HP:0000118", "OMIM:1", "-")],
}
DISEASES = {"OMIM:607208": "Dravet syndrome", "OMIM:305400": "Aarskog-Scott syndrome", "OMIM:154700": "Marfan syndrome"}
CASE = {
    "id": "patient-7, seen by Dr. Doe",
    "subject": {"id": "JOHN-DOE", "sex": "MALE", "timeAtLastEncounter": {"age": {"iso8601duration": "P4Y"}}},
    "phenotypicFeatures": [
        {"type": {"id": "HP:0001250", "label": "fits since Sunday, says Mrs. Doe"}},
        {"type": {"id": "HP:0000316", "label": "Hypertelorism"}},
        {"type": {"id": "HP:0001166", "label": "Arachnodactyly"}, "excluded": True},
    ],
    "metaData": {"phenopacketSchemaVersion": "2.0"},
}
LOCI = "trait\tchromosome\tposition\nLDL cholesterol\t1\t2010000\nHeight\tchr1\t1,205,000\n"


def make(folder: Path) -> Path:
    """Write the project's configuration and its sources; style `tight` has room for 16 tokens of genes."""
    shutil.copytree(ROOT / "config", folder / "config")
    prompts = folder / "config/prompts"
    short = (prompts / "rare_disease_ranking.short.txt").read_text(encoding="utf-8")
    tight = short.replace("budget_tokens: 900", "budget_tokens: 16").replace("{symbol} ({name})", "{symbol}")
    (prompts / "rare_disease_ranking.tight.txt").write_text(tight, encoding="utf-8")
    (folder / "hgnc.txt").write_text(toy_hgnc.table(GENES, ALIASES, rna=["RNA1"]))
    places = [f"{symbol}\t1\t{start}000\t{end}000\n" for symbol, (start, end) in GENES.items()]
    (folder / "genes.tsv").write_text("symbol\tchromosome\tstart\tend\n" + "".join(places))
    terms = [
        f"\n[Term]\nid: {term}\nname: {name}\n" + (f"is_a: {parent}\n" if parent else "")
        for term, (name, parent) in TERMS.items()
    ]
    (folder / "hp.obo").write_text("format-version: 1.2\ndefault-namespace: human_phenotype\n" + "".join(terms))
    rows = [
        f"{list(GENES).index(symbol) + 1}\t{symbol}\t{term}\t{TERMS[term][0]}\t{frequency}\t{disease}\n"
        for symbol, known in KNOWN.items()
        for term, disease, frequency in known
    ]
    header = "ncbi_gene_id\tgene_symbol\thpo_id\thpo_name\tfrequency\tdisease_id\n"
    (folder / "genes_to_phenotype.txt").write_text(header + "".join(rows))
    names = "".join(f"{disease}\t{name}\n" for disease, name in DISEASES.items())
    (folder / "phenotype.hpoa").write_text(f"#version: 2025-01-16\ndatabase_id\tdisease_name\n{names}")
    edit(folder, "sources.yaml", _local_files)
    return folder


def _local_files(sources: dict) -> None:
    sources["hgnc-demo"]["files"]["table"] = {"path": "hgnc.txt"}
    sources["gene-locations-demo"]["files"]["table"] = {"path": "genes.tsv"}
    sources["hpo-2025"]["files"] = {
        "obo": {"path": "hp.obo"},
        "genes": {"path": "genes_to_phenotype.txt"},
        "diseases": {"path": "phenotype.hpoa"},
    }


@dataclass
class ByHand:
    """Stands in for a model: writes chosen answers, and keeps what it was asked, with samples and orders (`drawn`).

    `lists` are the genes of each answer, in turn; one that begins with < is a whole answer. Without any, it answers
    with the candidates as the prompt has them. The first `cut` answers of each question ended at their limit.
    """

    name: str = "by hand"
    manifest: dict = field(default_factory=lambda: {"name": "by hand"})
    digest: str = "1"
    steps: list[dict] = field(default_factory=list)
    context: int | None = None
    folder: Path | None = None
    lists: list[str] = field(default_factory=list)
    cut: int = 0
    reasons: str = "Because."
    prompts: list[str] = field(default_factory=list)
    examples: list = field(default_factory=list)
    drawn: list[tuple[int, int]] = field(default_factory=list)
    runs: int = 0

    def where(self, shown: str) -> str:
        return "Asked by hand."

    is_elsewhere = False
    room_to_think = 0

    def announce(self, *asked) -> None:
        pass

    def write_answers(self, task, style, decoding, examples, target: Path) -> None:
        self.runs += 1
        self.drawn.append((decoding.samples, decoding.orders))
        self.examples += examples
        rows = []
        for number, question in enumerate(questions(task, style, decoding, examples)):
            self.prompts.append("\n".join(message["content"] for message in question.prompt.messages))
            number %= decoding.samples * decoding.orders
            given = self.lists[number % len(self.lists)] if self.lists else " ".join(question.prompt.shown)
            text = given if given.startswith("<") else render_ranking(given.split(), self.reasons)
            example, numbers = question.example, {"order": question.order, "sample": question.sample}
            numbers["finish_reason"] = "length" if number < self.cut else "stop"
            rows.append({"id": example.id, "subset": example.subset, "text": text, **numbers})
        target.write_text("".join(json.dumps(row) + "\n" for row in rows))


@dataclass(frozen=True)
class Ranking:
    """The project, and how to rank in it as the command line does."""

    project: Project
    model: ByHand
    out: Path

    def __call__(self, *files: str | os.PathLike, find: Callable | None = None, **settings) -> list[dict]:
        """Rank; the records of rankings.jsonl."""
        given = RankSettings(files=[os.fspath(path) for path in files], **settings)
        job.rank_files(self.project, given, find or (lambda: self.model), self.out, "a test")
        return [json.loads(line) for line in (self.out / "rankings.jsonl").read_text(encoding="utf-8").splitlines()]

    def file(self, name: str, content: str | dict) -> Path:
        """A file of a user's, beside the results."""
        path = self.out.parent / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path
