"""The model that people ask about their own genes, cases and loci: a finished model of this project."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reasonome.answering import answers
from reasonome.config import Decoding, Style
from reasonome.config.project import Project
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import canonical, read_manifest, text_sha256
from reasonome.tasks.base import Task


@dataclass(frozen=True)
class AskedModel:
    """A model that can be asked.

    `name` is short; `manifest` says what the model is, and `digest` is another wherever that is. `context` is
    how many tokens it reads, None where nobody says. `folder` has its weights.
    """

    name: str
    manifest: dict[str, Any]
    digest: str
    context: int | None
    folder: Path | None
    engine: str = "transformers"

    def write_answers(
        self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path
    ) -> None:
        """Write the answers to `target`, as rows of answering.rows."""
        answers.write_answers(task, style, decoding, examples, self.folder / "model", self.digest, target, self.engine)


def find_model(project: Project, text: str, *, upload: bool = False) -> AskedModel:
    """The finished model in a folder, or called BACKBONE/CHAIN. Raises InputError.

    `upload` allows prompts to leave this machine, which those of finished models never do.
    """
    root = project.results.root / "models"
    for folder in (Path(text).absolute(), root / text):
        if (folder / "manifest.json").is_file() and (folder / "model").is_dir():
            manifest = read_manifest(folder / "manifest.json")
            context = atomic.read_json(folder / "model" / "config.json").get("max_position_embeddings")
            backbone = project.backbones.get(folder.parent.name)
            engine = backbone.engine if backbone else "transformers"
            digest = text_sha256(canonical([manifest, engine]))
            name = f"{folder.parent.name}/{folder.name}"
            return AskedModel(name, manifest, digest, context, folder, engine)
    finished = sorted(path.parent.relative_to(root).as_posix() for path in root.glob("*/*/manifest.json"))
    listed = ", ".join(finished[:8]) if finished else "none yet; `make demo` trains some"
    raise InputError(f"'{text}' is no finished model", field="--model", fix=f"finished models: {listed}")
