"""The paths below the results folder, defined only here."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reasonome.config.sources import SourceFile


VALID = "valid"  # in place of a part of the training split: the validation split


@dataclass(frozen=True)
class Run:
    """One cell of an experiment: a model asked one benchmark in one style and decoding."""

    backbone: str
    arm: str
    chain: str
    seed: int
    benchmark: str
    style: str
    decoding: str


class Results:
    """The paths below the results folder, defined only here."""

    def __init__(self, root: str | Path):
        self.root = Path(root)

    def model(self, backbone: str, chain: str) -> Path:
        """Folder of one model: manifest.json, recipe.json and model/."""
        return self.root / "models" / backbone / chain

    @property
    def asked(self) -> Path:
        """Folder of weights of others that people asked: fetched, or merged with an adapter."""
        return self.root / "asked"

    def encoder(self, encoder: str) -> Path:
        """Folder of one sentence encoder."""
        return self.root / "encoders" / encoder

    def source_file(self, source: str, key: str, spec: "SourceFile") -> Path:
        """One native file of a source: where it is shipped, or where it is fetched to."""
        return Path(spec.path) if spec.path else self.root / "sources" / source / key / spec.file_name

    def facts(self, corpus: str) -> Path:
        """Table of facts of one corpus."""
        return self.root / "facts" / corpus / "facts.parquet"

    def denied(self, corpus: str) -> Path:
        """Table of the negated statements of one corpus' sources."""
        return self.facts(corpus).with_name("denied.parquet")

    def licences(self, corpus: str) -> Path:
        """Table of the licences and native files of one corpus."""
        return self.facts(corpus).with_name("licences.tsv")

    def benchmark(self, benchmark: str) -> Path:
        """Folder of one benchmark."""
        return self.root / "benchmarks" / benchmark

    def background(self, benchmark: str) -> Path:
        """Table of the terms and gene sets that answers to one benchmark are compared with."""
        return self.root / "backgrounds" / f"{benchmark}.parquet"

    def prompts(self, benchmark: str, style: str) -> Path:
        """Folder of a benchmark's rows as prompts of the style show them."""
        return self.root / "prompts" / f"{benchmark}.{style}"

    def published_file(self, benchmark: str, part: str, subset: str, path: str | None, file_name: str) -> Path:
        """One published table of gene sets: at the user's `path`, or below results where it is fetched to."""
        return Path(path) if path else self.root / "published" / benchmark / f"{part}.{subset}" / file_name

    def statements(self, corpus: str) -> Path:
        """Folder of one corpus' statements."""
        return self.root / "statements" / corpus

    def reasoning(self, teacher: str, benchmark: str, style: str) -> Path:
        """Reasoning that a teacher's filter kept; the dropped rows lie beside it as .dropped.jsonl."""
        return self.root / "reasoning" / teacher / f"{benchmark}.{style}.jsonl"

    def samples(
        self, model: tuple[str, str], benchmark: str, style: str, decoding: str, questions: int | str | None
    ) -> Path:
        """Answers of a model, by (backbone, chain), to some or all (None) of a benchmark's training questions.

        Some are a number, the first in the order of `drawn`, or a span of it (`20-50`); or VALID.
        """
        folder = self.root.joinpath("samples", *model, f"{benchmark}.{style}")
        return folder / f"{decoding}.{questions or 'all'}.jsonl"

    def recall(self, model: tuple[str, str], corpus: str, facts: int) -> Path:
        """Which of a corpus' training facts a model, by (backbone, chain), recalls."""
        return self.root.joinpath("recall", *model, f"{corpus}.{facts}.jsonl")

    def preferences(self, name: str, benchmark: str, style: str, model: tuple[str, str] | None = None) -> Path:
        """Folder of pairs of answers to a benchmark's training questions; of a model's own, by (backbone, chain)."""
        return self.root.joinpath("preferences", name, *(model or ()), f"{benchmark}.{style}")

    def answers(self, run: Run) -> Path:
        """Answers of one cell."""
        return self._cell("answers", run, "jsonl")

    def scores(self, run: Run) -> Path:
        """Scores of one cell, a row per answer."""
        return self._cell("scores", run, "parquet")

    def baselines(self, benchmark: str, style: str) -> Path:
        """Scores of a benchmark's baselines."""
        return self.root / "baselines" / f"{benchmark}.{style}.parquet"

    def experiment(self, experiment: str) -> Path:
        """Folder of one experiment's tables and report."""
        return self.root / "experiments" / experiment

    def _cell(self, kind: str, run: Run, suffix: str) -> Path:
        folder = self.root / kind / run.backbone / run.chain / f"{run.benchmark}.{run.style}"
        return folder / f"{run.decoding}.{suffix}"
