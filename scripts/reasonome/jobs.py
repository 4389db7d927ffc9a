"""Jobs: what a program is given. A job is compiled from the configuration once; a program reads its job.json alone."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue

from reasonome.config.backbones import Pooling
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

    def output(self, role: str) -> Path:
        """The one output of a role."""
        return _one(self.outputs[role], role)

    @property
    def digest(self) -> str:
        """SHA-256 of the settings, in hex."""
        return text_sha256(canonical(self.settings.model_dump(mode="json")))

    def to_json(self) -> str:
        """Canonical JSON: equal jobs have equal texts."""
        return canonical(self.model_dump(mode="json"))


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
    `sealed` the share of the test rows that are not scored. `further` is what else the task says.
    """

    newer: ClassVar = ("further", "teacher")

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


class StatementSettings(Strict):
    """A corpus; of each benchmark that it names the task, as in `BenchmarkSettings`, and the folder; its ontologies;
    the tokenizer that counts tokens, if there is one; and its sources' licences."""

    name: str
    corpus: Corpus
    benchmarks: Mapping[str, tuple[str, Path]]
    ontologies: list[Path]
    tokenizer: Path | None
    licences: Mapping[str, JsonValue]
