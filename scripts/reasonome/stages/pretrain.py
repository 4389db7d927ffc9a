"""Knowledge warm-up: its settings and files. What trains is `training/pretrain.py`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reasonome.config.preferences import Preferences
from reasonome.config.project import Project, Results
from reasonome.config.reference import Mistake
from reasonome.config.tuning import WarmUpSettings

if TYPE_CHECKING:
    from reasonome.training.job import TrainingJob


class PretrainRecipe(WarmUpSettings):
    """Knowledge warm-up: causal language modelling on packed statements of a corpus."""

    in_words = "knowledge warm-up"
    rule_params = ()
    stage: Literal["pretrain"]

    def files(
        self, results: Results, preferences: Mapping[str, Preferences], model: tuple[str, str]
    ) -> dict[str, Path]:
        folder = results.statements(self.corpus)
        files = {part: folder / f"{part}.jsonl" for part in ("train", "held_out")}
        if self.drill:
            [files["recalled"]] = self.facts_of(results, model)
        if self.recall:
            files["facts"] = results.facts(self.corpus)
        return files

    def facts_of(self, results: Results, model: tuple[str, str]) -> list[Path]:
        return [results.recall(model, self.corpus, self.drill.facts)] if self.drill else []

    def mistakes(self, project: Project) -> Iterator[Mistake]:
        if (key := "recall" if self.recall else self.chooses) and not project.corpora[self.corpus].held_out:
            what = f"`{key}` goes with the loss on held-out statements, and corpus '{self.corpus}' holds none out"
            yield Mistake((key,), what, f"leave `{key}` out of the recipe")

    @classmethod
    def learned_from(cls, manifest: Mapping[str, Any]) -> str:
        return f"{manifest['statements']:,} statements of corpus {manifest['recipe']['corpus']}"

    def train(self, job: "TrainingJob") -> None:
        from reasonome.training.pretrain import pretrain

        pretrain(job)
