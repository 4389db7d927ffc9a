"""Jobs: what a program is given. A job is compiled from the configuration once; a program reads its job.json alone."""

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from reasonome.config.backbones import Pooling
from reasonome.config.rewarded_samples import OwnFunction
from reasonome.config.sources import Corpus
from reasonome.config.strict import Strict
from reasonome.config.teachers import Teacher
from reasonome.core import atomic
from reasonome.core.arguments import AS_WRITTEN
from reasonome.core.manifest import canonical, text_sha256

# A file, or several by place or by name.
Files = Path | list[Path] | dict[str, Path]
S = TypeVar("S", bound=Strict)


class Job(BaseModel, Generic[S]):
    """Inputs and outputs of one job by role, and the settings of its rule."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    rule: str
    inputs: dict[str, Files]
    outputs: dict[str, Files]
    settings: S

    def file(self, role: str) -> Path:
        """The one input of a role."""
        return _one(self.inputs[role], role)

    def folders(self, role: str) -> list[Path]:
        """The inputs of a role of which there may be several."""
        files = self.inputs[role]
        return [files] if isinstance(files, Path) else list(files.values() if isinstance(files, dict) else files)

    def files(self, role: str) -> dict[str, Path]:
        """The inputs of a role by name."""
        files = self.inputs[role]
        if not isinstance(files, dict):
            raise TypeError(f"{role} have no names")
        return files

    def output(self, role: str) -> Path:
        """The one output of a role."""
        return _one(self.outputs[role], role)

    @property
    def digest(self) -> str:
        """SHA-256 of the settings, in hex."""
        return text_sha256(canonical(self.settings.model_dump(mode="json")))

    def to_json(self) -> str:
        """JSON, with entries in the order of the configuration: rows are drawn in it."""
        return self.model_dump_json()


def _one(files: Files, role: str) -> Path:
    if not isinstance(files, Path):
        raise TypeError(f"{role} are several files")
    return files


def read_job(description: str | None, kind: type[S]) -> Job[S]:
    """The job whose job.json is the argument of a program; `kind` is the model of its rule's settings."""
    parser = argparse.ArgumentParser(description=description, formatter_class=AS_WRITTEN)
    parser.add_argument("job", type=Path, help="job.json, as Snakemake writes it beside the outputs")
    return Job[kind].model_validate(atomic.read_json(parser.parse_args().job))


class BenchmarkSettings(Strict):
    """Settings of rules about a benchmark: its entry and the prompt style, as the task's own models dump them.

    `task` is the name of one that ships, or FILE:CLASS of one's own. `taxon` is that of the benchmark's corpus, and
    `sealed` the share of the test rows that are not scored. `further` is what else the task says. `own` are functions
    of one's own that score answers, by their columns, and `unscored` rewards that scoring cannot give.
    """

    newer: ClassVar = ("further", "teacher", "own", "unscored")

    task: str
    name: str
    benchmark: Mapping[str, JsonValue]
    sealed: float = 0.0
    style: Mapping[str, JsonValue] | None = None
    encoders: Mapping[str, Pooling] = {}
    taxon: int = 9606
    seed: int = 0
    further: JsonValue = None
    teacher: Teacher | None = None
    own: Mapping[str, OwnFunction] = {}
    unscored: list[str] = []


class StatementSettings(Strict):
    """A corpus; of each benchmark that it names the task, as in `BenchmarkSettings`, and the folder; its ontologies;
    the tokenizer that counts tokens, if there is one; and its sources' licences."""

    name: str
    corpus: Corpus
    benchmarks: Mapping[str, tuple[str, Path]]
    ontologies: list[Path]
    tokenizer: Path | None
    licences: Mapping[str, JsonValue]


class OtherBenchmark(Strict):
    """A benchmark whose rows a job reads: its task, as in BenchmarkSettings, its entry, and the folder of its rows.

    A leak audit has of a tested one also the files that its rows are made from, and the taxon of its genes; `sources`
    are those of its "train" and "test" rows: name → the collection that it lists, "" where unknown.
    """

    task: str
    benchmark: Mapping[str, JsonValue]
    folder: Path
    files: dict[str, Files] = {}
    taxon: int = 9606
    sources: dict[str, dict[str, str]] = {}


@dataclass(frozen=True)
class Training:
    """Training data: their kind, such as statements, their name, the steps that use them, the file (one row a line)."""

    data: str
    name: str
    used_by: tuple[str, ...]
    file: Path


@dataclass(frozen=True)
class Said(Training):
    """Statements of a corpus, the file of its facts, what happens to those that leak, by kind of leak, and its sources
    as those of a benchmark."""

    facts: Path
    policies: dict[str, str] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PromptedQuestions(Training):
    """Questions of a benchmark as prompts of a style show them."""

    benchmark: str
    style: str
    settings: dict[str, JsonValue]


class LeakSettings(Strict):
    """What the leak audit of a task compares: the benchmarks by name, which of them are `tested`, and training data.

    `training` are train splits, named by their benchmarks. `asked` are the prompts of test questions, of which no step
    learns. `ontologies` are those of the terms that are asked about.
    """

    benchmarks: dict[str, OtherBenchmark]
    tested: list[str]
    training: list[Training] = []
    training_prompts: list[PromptedQuestions] = []
    statements: list[Said] = []
    reasoning: list[Training] = []
    tables: list[Training] = []
    asked: list[PromptedQuestions] = []
    ontologies: list[Path] = []

    @property
    def compared(self) -> list[Path]:
        """The files of test questions and training data, with what was left out of these."""
        files = [self.benchmarks[tested].folder / "test.jsonl" for tested in self.tested]
        for training in self.training:
            files += [training.file, training.file.with_name("audit.json")]
        for said in self.statements:
            files += [said.file, said.file.with_name("left_out.tsv"), said.facts]
        for reasoning in self.reasoning:
            files += [reasoning.file, reasoning.file.with_suffix(".dropped.jsonl")]
        return [*files, *(table.file for table in self.tables)]


class AuditSettings(Strict):
    """The audits of an experiment, by task; and the training benchmarks whose task knows no leak into the tested ones,
    with the steps that learn from them."""

    experiment: str
    audits: list[LeakSettings]
    not_compared: dict[str, tuple[str, ...]]
