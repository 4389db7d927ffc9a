"""A project just large enough to annotate gene sets in: 57 genes, three processes, no encoder, and answers by hand."""

import gzip
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import toy_hgnc
from tiny_project import edit

from reasonome.answering.asked_model import find_model
from reasonome.apps.annotate import job
from reasonome.config.annotations import Annotation
from reasonome.config.project import Project
from reasonome.core.manifest import folder_sha256, text_sha256
from reasonome.facts.corpus import Facts, write_facts
from reasonome.facts.sources.go import read_obo
from reasonome.facts.sources.source import FACT_COLUMNS
from reasonome.tasks import load_project
from reasonome.tasks.naming.background_table import background_table, write_background

ROOT = Path(__file__).resolve().parent.parent
MODEL = "smollm2-135m/base"
REPAIR = ["BRCA1", "BRCA2", "ATM", "RAD51", "CHEK2"]
SPINDLE = ["BUB1", "TTK", "MAD2L1"]
RIBOSOME = ["RPL3", "RPL4", "RPL5", "RPS3", "RPS6"]
# Symbol → what it was called before: spreadsheets make dates of them.
RENAMED = {"SEPTIN2": "SEPT2", "SEPTIN5": "SEPT5", "MARCHF1": "MARCH1", "MARCHF2": "MARCH2"}
OTHERS = [f"FILL{number:02}" for number in range(1, 41)]
GENES = [*REPAIR, *SPINDLE, *RIBOSOME, *RENAMED, *OTHERS]
ROOT_TERM = "GO:0008150"
PROCESSES = {
    "GO:0006281": ("DNA repair", REPAIR),
    "GO:0007094": ("mitotic spindle assembly checkpoint", SPINDLE),
    "GO:0006412": ("cytoplasmic translation", RIBOSOME),
}
MOUSE = {"Brca1": "BRCA1", "Brca2": "BRCA2", "Atm": "ATM", "Rad51": "RAD51", "Chek2": "CHEK2", "Ttk": "TTK"}
GOOD = "repair\tof DNA\t" + "\t".join(REPAIR) + "\n"
SECOND = "checkpoint\tna\t" + "\t".join(SPINDLE) + "\n"
ANSWER = "Process: DNA repair\nReasoning:\n<think>BRCA1 takes part in DNA repair.</think>"


def make(folder: Path) -> Path:
    """Write the project; its facts, background and untrained model are all that annotation reads."""
    shutil.copytree(ROOT / "config", folder / "config")
    edit(folder, "benchmarks.yaml", _without_encoders)
    edit(folder, "sources.yaml", _local_files)
    (folder / "hgnc.txt").write_text(toy_hgnc.table(GENES, previous=RENAMED))
    immune = "\t".join(OTHERS[:8])  # of 57 genes more than a tenth
    (folder / "reactome.gmt").write_text(
        f"Homologous recombination\tR-HSA-1\tBRCA1\tBRCA2\tRAD51\nImmune System\tR-HSA-2\t{immune}\n"
    )
    wiki = "Translation factors%WikiPathways_20220610%WP107%Homo sapiens"
    (folder / "wikipathways.gmt").write_text(f"{wiki}\thttps://example.org\tRPL3\tRPL4\tRPL5\n")
    rows = ["mouse_symbol\thuman_symbols\n", *(f"{mouse}\t{human}\n" for mouse, human in MOUSE.items())]
    (folder / job.ORTHOLOGUES.name).write_bytes(gzip.compress("".join(rows).encode()))
    _write_facts(folder)
    (folder / "results/models" / MODEL / "model").mkdir(parents=True)
    write_manifest(folder, "1")
    return folder


def write_manifest(folder: Path, of: str) -> None:
    """The untrained model's manifest, of weights that are an empty file; another `of` makes it another model."""
    weights = {"model.safetensors": text_sha256("")}
    manifest = {"name": "smollm2-135m", "weights": {"licence": "Apache-2.0"}, "of": of, "model": weights}
    (folder / "results/models" / MODEL / "manifest.json").write_text(json.dumps(manifest))


def write_model_manifest(folder: Path) -> None:
    """The manifest of the model in `folder`/model."""
    (folder / "manifest.json").write_text(
        json.dumps({"name": folder.parent.name, "model": folder_sha256(folder / "model")})
    )


def _without_encoders(config: dict) -> None:
    config["demo-go"].pop("background")
    config["demo-go"]["encoders"] = []


def _local_files(config: dict) -> None:
    config["hgnc-demo"]["files"]["table"]["path"] = "hgnc.txt"
    for name in ("reactome-demo", "reactome-2022"):
        config[name]["files"]["gmt"]["path"] = "reactome.gmt"
    for name in ("wikipathways-demo", "wikipathways-20220610"):
        config[name]["files"]["gmt"]["path"] = "wikipathways.gmt"


def _write_facts(folder: Path) -> None:
    terms = "".join(f"\n[Term]\nid: {i}\nname: {name}\nis_a: {ROOT_TERM}\n" for i, (name, _) in PROCESSES.items())
    (folder / "go.obo").write_text(
        "format-version: 1.2\ndefault-namespace: biological_process\n\n"
        f"[Term]\nid: {ROOT_TERM}\nname: biological_process\n{terms}"
    )
    rows = [
        (gene, "involved_in", i, name, "go-demo", "IDA") for i, (name, genes) in PROCESSES.items() for gene in genes
    ]
    # So many genes are known of that those of a process are few: of DNA repair five in 57.
    rows += [(gene, "involved_in", ROOT_TERM, "biological_process", "go-demo", "ND") for gene in (*RENAMED, *OTHERS)]
    facts = pd.DataFrame(rows, columns=FACT_COLUMNS)
    against = pd.DataFrame(
        [("BUB1", "NOT|involved_in", "GO:0006281", "DNA repair", "go-demo", "IDA")], columns=FACT_COLUMNS
    )
    empty = pd.DataFrame({"source": []})
    write_facts(Facts(facts, empty, empty, {}, against), _made(folder / "results/facts/demo"))
    project = load_project(folder / "config")
    table = background_table(facts, {"go-demo": read_obo(folder / "go.obo")}, project.benchmarks["demo-go"])
    write_background(table, _made(folder / "results/backgrounds") / "demo-go.parquet")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


@dataclass
class ByHand:
    """Stands in for a model: writes chosen answers, and keeps which sets it was asked about and which genes it saw.

    `answers` are by the first gene of a set by the alphabet; other sets get ANSWER. The answers to the first `cut` sets
    ended at their limit.
    """

    answers: Mapping[str, str] = field(default_factory=dict)
    cut: int = 0
    asked: list = field(default_factory=list)
    shown: list = field(default_factory=list)

    def __call__(self, task, style, decoding, examples, model_folder, model_digest, target: Path, engine):
        self.asked.append(list(examples))
        rows = []
        for place, example in enumerate(examples):
            prompt = task.prompt(example, style)
            self.shown.append(prompt.shown)
            rows.append(
                {
                    "id": example.id,
                    "subset": example.subset,
                    "text": self.answers.get(min(example.genes), ANSWER),
                    "finish_reason": "length" if place < self.cut else "stop",
                    "genes_left_out": prompt.left_out,
                }
            )
        target.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return {}


@dataclass(frozen=True)
class Annotating:
    """The project, and how to annotate files in it as the command line does."""

    folder: Path
    project: Project
    out: Path

    def __call__(self, *sets: str | os.PathLike, model: str | None = MODEL, **settings) -> list[dict]:
        """Annotate files; the records of annotations.jsonl."""
        given = Annotation(sets=[os.fspath(path) for path in sets], **settings)
        found = job.read_lists(self.project, given)
        asked = None if model is None else find_model(self.project, model)
        job.annotate_lists(self.project, given, found, asked, self.out, "a test")
        return self.records()

    def records(self) -> list[dict]:
        """What annotations.jsonl has."""
        return [json.loads(line) for line in (self.out / "annotations.jsonl").read_text(encoding="utf-8").splitlines()]

    def file(self, name: str, content: str | bytes) -> Path:
        """A file of a user's, beside the results."""
        path = self.out.parent / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path
