"""Knowledge warm-up: its settings and files. What trains is `training/pretrain.py`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from reasonome.config import Name, Recipe
from reasonome.config.project import Project
from reasonome.config.project.recipe_references import check_known


class PretrainRecipe(Recipe):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    in_words = "knowledge warm-up"
    rule_params = ()
    newer = (*Recipe.newer, "recall")
    stage: Literal["pretrain"]
    corpus: Name
    sequence_length: Annotated[int, Field(ge=32)]
    packing: Literal["wrapped", "separate"] = Field(
        "wrapped",
        description="wrapped: statements follow one another and may be cut; separate: whole, each seeing itself alone",
    )
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(None, description="statements are sampled up to this")
    recall: Annotated[int, Field(ge=1)] | None = Field(
        None, description="training facts that the model is asked whenever its loss is measured; none if not given"
    )

    @property
    def corpora(self) -> list[str]:
        return [self.corpus]

    def files(self, project: Project, model: tuple[str, str]) -> dict[str, Path]:
        folder = project.results.statements(self.corpus)
        files = {part: folder / f"{part}.jsonl" for part in ("train", "held_out")}
        if self.recall:
            files["facts"] = project.results.facts(self.corpus)
        return files

    def check(self, project: Project, file: str, variant: str) -> None:
        check_known(project, file, variant, self, "corpus", project.corpora)

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        return f"{manifest['statements']:,} statements of corpus {manifest['recipe']['corpus']}"

    def train(self, project: Project, job: Any) -> None:
        from reasonome.training.pretrain import pretrain

        pretrain(job)
