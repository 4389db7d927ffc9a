"""Models that are asked: weights on this machine, or a model behind an OpenAI-compatible endpoint."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from reasonome.answering import api, chat_endpoint
from reasonome.answering.answers import write_answers
from reasonome.config import ApiModel, Decoding, Style
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import canonical, text_sha256
from reasonome.core.terminal import say
from reasonome.task import Task

# Tokens that a model behind an endpoint may think for before it answers; those that do not think end long before.
_ROOM_TO_THINK = 4096
_REFUSED = (
    "where it is too long: start the server with a longer context, or give fewer --max-new-tokens or a --style with a "
    "smaller budget; a setting that the model does not take is left out by a backbone of config/backbones.yaml "
    "(`not_sent`, `extra_body`), whose name --model takes"
)


def learned_styles(recipe: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(benchmark, style) of the questions that a step of this recipe, as in manifests, learned from."""
    style = recipe.get("style")
    if isinstance(style, dict):
        return list(style.items())
    return [(name, style) for name in recipe.get("mixture") or [recipe.get("benchmark")] if name and style]


def trained_styles(steps: Sequence[Mapping[str, Any]], benchmarks: Collection[str]) -> list[str]:
    """The styles in which a model, by the manifests of its steps, learned from one of `benchmarks`, in their order."""
    pairs = (pair for step in steps for pair in learned_styles(step.get("recipe", {})))
    return [style for name, style in pairs if name in benchmarks]


def own_style(
    styles: Mapping[str, Style], steps: Sequence[Mapping[str, Any]], benchmarks: Collection[str]
) -> str | None:
    """The style of a task in which a model, by the manifests of its steps, is asked best; None for an untrained one.

    It has the words of the style that the last step on one of the `benchmarks` learned from, and of those that have
    them the most room: a small demo shows its model few genes.
    """
    learned = [style for style in trained_styles(steps, benchmarks) if style in styles]
    if not learned:
        return None
    words = _without_budgets(styles[learned[-1]])
    alike = [name for name, style in styles.items() if _without_budgets(style) == words]
    return max(alike, key=lambda name: (sum(styles[name].budgets()), name == learned[-1]))


def style_warning(trained: Collection[str], style: str) -> str | None:
    """What to say of a model that learned from prompts of styles `trained`, and is asked in `style`; None if of one."""
    if not trained or style in trained:
        return None
    was = " and ".join(sorted(trained))
    return (
        f"the model learned from prompts of style {was}, of which its scores are, and is asked in style {style}; "
        f"--style {sorted(trained)[0]} asks it as it was trained"
    )


def _without_budgets(style: Style) -> dict[str, Any]:
    return {key: value for key, value in style.model_dump().items() if not key.endswith("tokens")}


class AskedModel(Protocol):
    """A model that can be asked.

    `name` is short, for pages. `manifest` says what the model is, and `digest` is another wherever that or its engine
    is. `context` is how many tokens it reads, None where nobody says. `folder` has its weights, None behind an
    endpoint, and `is_elsewhere` says that this is on another machine. `steps` are the manifests of its training, the
    untouched backbone's first. `room_to_think` is how many tokens it has beside those of an answer, unless a user says.
    """

    name: str
    manifest: dict[str, Any]
    digest: str
    engine: str
    context: int | None
    folder: Path | None
    steps: Sequence[dict[str, Any]]
    is_elsewhere: bool
    room_to_think: int

    def where(self, shown: str) -> str:
        """A sentence on where the model was asked, and what left the machine; `shown` says what prompts show."""

    def announce(self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path) -> None:
        """Say what asking would send elsewhere and cost; InputError where it may not be sent, or a key is missing."""

    def write_answers(
        self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path
    ) -> dict[str, Any]:
        """Write the answers to `target`, as rows of answering.rows; returns their tokens."""


@dataclass(frozen=True)
class AskedWeights:
    """Weights on this machine; see AskedModel. `weights` is the folder that an engine loads."""

    name: str
    manifest: dict[str, Any]
    folder: Path
    weights: Path
    steps: Sequence[dict[str, Any]]
    engine: str = "transformers"
    is_elsewhere: bool = False
    room_to_think: int = 0

    @property
    def digest(self) -> str:
        return text_sha256(canonical([self.manifest, self.engine]))

    @property
    def context(self) -> int | None:
        file = self.weights / "config.json"
        return atomic.read_json(file).get("max_position_embeddings") if file.is_file() else None

    def where(self, shown: str) -> str:
        return "Nothing was uploaded: the model ran on the machine where this page was made."

    def announce(self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path) -> None:
        pass

    def write_answers(
        self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path
    ) -> dict[str, Any]:
        return write_answers(task, style, decoding, examples, self.weights, self.digest, target, self.engine)


@dataclass(frozen=True)
class AskedEndpoint:
    """A model behind an OpenAI-compatible endpoint; see AskedModel.

    `upload` allows prompts to leave this machine. Answers are kept one by one in a file beside the target, so that none
    is asked twice.
    """

    name: str
    api: ApiModel
    upload: bool = False
    context: int | None = None
    engine: str = "endpoint"
    folder: None = None
    steps: Sequence[dict[str, Any]] = field(default=())
    room_to_think: int = _ROOM_TO_THINK

    @property
    def is_elsewhere(self) -> bool:
        return not chat_endpoint.is_local(self.api)

    @property
    def manifest(self) -> dict[str, Any]:
        asked = self.api.model_dump(mode="json", include={"model", "base_url", "api_version", "extra_body", "not_sent"})
        return {"name": self.name, "endpoint": asked}

    @property
    def digest(self) -> str:
        return text_sha256(canonical(self.manifest))

    def where(self, shown: str) -> str:
        if not self.is_elsewhere:
            return f"Nothing was uploaded: the model answered on this machine, at {self.api.base_url}."
        return f"Prompts with {shown} were sent to {chat_endpoint.address(self.api)}."

    def write_answers(
        self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path
    ) -> dict[str, Any]:
        return api.write_answers(task, style, decoding, examples, self.api, target, _REFUSED)

    def announce(self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Any], target: Path) -> None:
        if not self.is_elsewhere:
            return
        left = api.estimate(task, style, decoding, examples, self.api, target)
        if not left.left:
            return
        completions = "any number" if left.completion_tokens is None else f"at most {left.completion_tokens:,}"
        money = "nobody has stated a price" if left.cost is None else f"at most {left.cost:.2f}"
        prompts = "prompt" if left.left == 1 else "prompts"
        what = (
            f"{left.left:,} {prompts}, at most {left.prompt_tokens:,} tokens, would go to "
            f"{chat_endpoint.address(self.api)}, and {completions} tokens of answers come back; cost: {money}. "
            "They hold what the style shows of your genes, sets or cases, and no names of files"
        )
        if not self.upload:
            raise InputError(what, field="--model", fix="add --upload if this may leave your machine")
        chat_endpoint.check_key(self.api)
        say(what.replace("would go", "go"))
