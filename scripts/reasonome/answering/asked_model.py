"""Models that are asked, and which one people mean by a name, an address or a path.

experiment, or experiment/arm        the model that this arm trained last (`closed-book`, `closed-book/KW+RA`)
BACKBONE/CHAIN, or its folder        a finished model of this project
a backbone of backbones.yaml         its weights, with its adapter if it has one, or the endpoint that it names
http://localhost:8080/v1[#NAME]      an OpenAI-compatible server: llama.cpp's, Ollama, vLLM
a folder, or OWNER/NAME[@COMMIT]     weights for transformers, on disk or on the Hugging Face hub

Weights may have an adapter (LoRA) beside them, which is merged into them once.
"""

import os
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from reasonome.answering import api, chat_endpoint, model_files
from reasonome.answering.answers import write_answers
from reasonome.benchmarks.rows import Row
from reasonome.config import Decoding, Style
from reasonome.config.backbones import ApiModel
from reasonome.config.project import Project, chains
from reasonome.config.project.recipe_references import check_answers
from reasonome.core import atomic
from reasonome.core.errors import InputError, nearest
from reasonome.core.manifest import canonical, text_sha256
from reasonome.core.terminal import say
from reasonome.task import Task

# Tokens that a model behind an endpoint may think for before it answers; those that do not think end long before.
_ROOM_TO_THINK = 4096
_REFUSED = (
    "where it is too long: start the server with a longer context, or give --max-new-tokens 500, or a shorter question "
    "(annotate: --top 50; rank: a --style with a smaller budget); a setting that the model does not take is left out "
    "by a backbone of config/backbones.yaml (`not_sent`, `extra_body`), whose name --model takes"
)


_URL = re.compile(r"(?P<base>https?://[^\s?#]+)(#(?P<name>.+))?")
_WITHOUT_SCHEME = re.compile(r"[\w.-]+:\d+([/#].*)?")
_PART = r"[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?"
_HUB = re.compile(rf"(?P<repository>{_PART}/{_PART})(@(?P<revision>[0-9a-f]{{40}}))?")
# What a folder has that has a model of others.
_MARKS = ("config.json", "adapter_config.json")
# A server on a laptop may think for minutes, and does one thing after the other: of the questions under way the last
# waits for all. A key of OpenAI's is not for others.
_AT_ADDRESS = {
    "timeout_seconds": 3600,
    "concurrency": 4,
    "max_retries": 4,
    "api_key_variable": "REASONOME_API_KEY",
}


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
    them the most room: small models are shown few genes.
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


def _without_budgets(style: Style) -> dict[str, object]:
    return {key: value for key, value in style.model_dump().items() if not key.endswith("tokens")}


@dataclass(frozen=True)
class AskedWeights:
    """Weights on this machine: `folder` is the model's, and `weights` the one in it that an engine loads.

    `name` is short, for pages. `manifest` says what the model is, and `digest` is another wherever that or its engine
    is. `steps` are the manifests of its training, the untouched backbone's first.
    """

    name: str
    manifest: dict[str, Any]
    folder: Path
    weights: Path
    steps: Sequence[dict[str, Any]]
    engine: str = "transformers"
    is_elsewhere: bool = False
    room_to_think: int = 0  # tokens beside those of an answer, unless a user says

    @property
    def digest(self) -> str:
        return text_sha256(canonical([self.manifest, self.engine]))

    @property
    def context(self) -> int | None:
        """How many tokens it reads; None where nobody says."""
        file = self.weights / "config.json"
        return atomic.read_json(file).get("max_position_embeddings") if file.is_file() else None

    def where(self, shown: str) -> str:
        """A sentence on where the model was asked, and what left the machine; `shown` says what prompts show."""
        return "Nothing was uploaded: the model ran on the machine where this page was made."

    def announce(self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Row], target: Path) -> None:
        """Say what asking would send elsewhere; InputError where it may not be sent, or a key is missing."""

    def write_answers(
        self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Row], target: Path
    ) -> dict[str, object]:
        """Write the answers to `target`, as rows of answering.rows; returns their tokens."""
        return write_answers(task, style, decoding, examples, self.weights, self.digest, target, self.engine)


@dataclass(frozen=True)
class AskedEndpoint:
    """A model behind an OpenAI-compatible endpoint, with all that AskedWeights have.

    `upload` allows prompts to leave this machine, and `is_elsewhere` says that they would. Answers are kept one by one
    in a file beside the target, so that none is asked twice.
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
        self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Row], target: Path
    ) -> dict[str, object]:
        return api.write_answers(task, style, decoding, examples, self.api, target, _REFUSED)

    def announce(self, task: Task, style: Style, decoding: Decoding, examples: Sequence[Row], target: Path) -> None:
        if not self.is_elsewhere:
            return
        left = api.unasked(task, style, decoding, examples, self.api, target)
        if not left:
            return
        what = (
            f"{left:,} {'prompt' if left == 1 else 'prompts'} would go to {chat_endpoint.address(self.api)}. "
            "They hold what the style shows of your genes, sets or cases, and no names of files"
        )
        if not self.upload:
            raise InputError(what, field="--model", fix="add --upload if this may leave your machine")
        chat_endpoint.api_key(self.api)
        say(what.replace("would go", "go"))


AskedModel = AskedWeights | AskedEndpoint


def find_model(
    project: Project,
    text: str,
    *,
    adapter: str | os.PathLike[str] | None = None,
    upload: bool = False,
) -> AskedModel:
    """The model that people call `text`; see the module.

    InputError where there is none, with the nearest names or the command that makes it; for damaged weights; and for an
    endpoint that does not answer or serves several models of which none is named.
    """
    found = _found(project, text, upload)
    if adapter is None:
        return found
    if not isinstance(found, AskedWeights):
        what = f"'{text}' is behind an endpoint, and an adapter goes with weights"
        raise InputError(what, field="--adapter", fix="let the server load the adapter")
    return _with_adapter(project, found, Path(adapter))


def _found(project: Project, text: str, upload: bool) -> AskedModel:
    if url := _URL.fullmatch(text):
        return _at_url(url["base"], url["name"], upload)
    path = Path(os.path.abspath(text))  # resolves `.` and `..`, but keeps the names of links
    if path.is_file():
        fix = "give a folder with safetensors; of a .gguf start a server (llama-server -m FILE), and give its address"
        raise InputError("this file is no model's folder", file=path, field="--model", fix=fix)
    if path.name == "model" and (path.parent / "manifest.json").is_file():
        path = path.parent
    if model_files.is_finished(path) or any((path / mark).is_file() for mark in _MARKS):
        return _of_folder(project, path)
    finished = project.results.root / "models" / text
    if model_files.is_finished(finished):
        return _finished(project, finished, text)
    experiment, _, arm = text.partition("/")
    if experiment in project.experiments:
        return _of_experiment(project, experiment, arm)
    if text in project.backbones:
        return _of_backbone(project, text, upload)
    hub = _HUB.fullmatch(text)
    if hub and experiment not in project.backbones and not path.parent.is_dir():
        kept = model_files.of_hub(hub["repository"], hub["revision"], project.results.asked)
        return _kept(kept, hub["repository"])
    raise _unknown(project, text)


def _unknown(project: Project, text: str) -> InputError:
    if _WITHOUT_SCHEME.fullmatch(text):
        what = f"'{text}' is no model that can be asked, and as an address lacks its beginning"
        return InputError(what, field="--model", fix=f"write http://{text}")
    root = project.results.root / "models"
    finished = sorted(path.parent.relative_to(root).as_posix() for path in root.glob("*/*/manifest.json"))
    listed = f"finished models: {', '.join(finished[:8]) if finished else 'none yet'}"
    near = nearest(text, [*finished, *project.experiments, *project.backbones])
    others = "or give an experiment, a backbone, a folder, or the address of a server"
    return InputError(
        f"'{text}' is no model that can be asked", field="--model", fix="; ".join(filter(None, [near, listed, others]))
    )


# --- endpoints ---------------------------------------------------------------------------------------


def _at_url(base: str, name: str | None, upload: bool) -> AskedEndpoint:
    try:
        endpoint = ApiModel(model=name or "?", base_url=base, **_AT_ADDRESS)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        why = "it has a user, a query or blanks" if first["type"] == "string_pattern_mismatch" else first["msg"]
        what = f"'{re.sub('//.*@', '//…@', base)}' is no address of a server: {why}"
        raise InputError(what, field="--model", fix="write http://localhost:8080/v1") from None
    base = chat_endpoint.address(endpoint)
    may_ask = chat_endpoint.is_local(endpoint) or upload
    if not (may_ask or name):
        what = f"{base} is another machine, and nothing was sent to it"
        raise InputError(what, field="--model", fix="add --upload if the genes may leave your machine")
    served = chat_endpoint.served_models(endpoint) if may_ask else []
    if name is None:
        if len(served) != 1:
            raise _not_one(base, served)
        [name] = served
    elif served and name not in served:
        if f"{name}:latest" not in served:  # Ollama's name for it
            raise InputError(f"{base} serves no model '{name}'", field="--model", fix=nearest(name, served))
        name = f"{name}:latest"
    return AskedEndpoint(f"{Path(name).name} at {base}", endpoint.model_copy(update={"model": name}), upload)


def _not_one(base: str, served: Sequence[str]) -> InputError:
    fix = f"name one: {base}#{served[0] if served else 'NAME'}"
    if not served and not base.rstrip("/").endswith("/v1"):
        fix = f"most servers answer at {base.rstrip('/')}/v1; else {fix}"
    what = f"{base} serves {len(served)} models: {', '.join(served[:8])}" if served else f"{base} names no model"
    return InputError(what, field="--model", fix=fix)


def _of_backbone(project: Project, name: str, upload: bool) -> AskedModel:
    backbone = project.backbones[name]
    if backbone.kind == "recorded":
        what = f"backbone '{name}' is a file of recorded answers, and answers nothing new"
        raise InputError(what, field="--model", fix="name a model")
    if backbone.api is not None:
        return AskedEndpoint(name, backbone.api, upload, backbone.context)
    return _made(project, project.results.model(name, chains.BASE), name)


# --- models of this project --------------------------------------------------------------------------


def _made(project: Project, folder: Path, name: str) -> AskedWeights:
    """The finished model in a folder of this project; InputError with the command that makes it."""
    if not model_files.is_finished(folder):
        what = f"'{name}' was not made yet"
        raise InputError(what, field="--model", fix=f"snakemake --cores 2 {folder / 'manifest.json'}")
    return _finished(project, folder, name)


def _of_experiment(project: Project, name: str, arm: str) -> AskedWeights:
    """The model of an arm, by default the last, of the experiment's first backbone with weights and its first seed."""
    experiment = project.experiments[name]
    trained = {arm: spec for arm, spec in experiment.arms.items() if spec.steps}
    weighted = [backbone for backbone in experiment.backbones if project.backbones[backbone].kind == "weights"]
    if not trained or not weighted:
        raise InputError(f"experiment '{name}' trains no model", field="--model", fix="name another")
    if arm and arm not in trained:
        raise InputError(f"experiment '{name}' trains no arm '{arm}'", field="--model", fix=nearest(arm, trained))
    chosen = arm or next(reversed(trained))
    seed, whole = experiment.arm_seeds(trained[chosen])[0], experiment.seeds_of == "chain"
    chain = chains.arm_chain(trained[chosen].steps, seed, whole)
    return _made(project, project.results.model(weighted[0], chain), f"{name}/{chosen}")


def _finished(project: Project, folder: Path, name: str) -> AskedWeights:
    """A finished model, whose files are those of its manifest."""
    model_files.check_model(folder, project.results)
    check_answers(project, folder.name)
    base, *trained = chains.step_manifests(folder)
    backbone = project.backbones.get(folder.parent.name)
    engine = backbone.engine if backbone else "transformers"
    # A backbone with an adapter was trained too, elsewhere.
    steps = [base, *trained]
    return AskedWeights(name, (trained or [base])[-1], folder, folder / "model", steps, engine)


# --- weights of others -------------------------------------------------------------------------------


def _of_folder(project: Project, path: Path) -> AskedWeights:
    if model_files.is_finished(path):
        return _finished(project, path, f"{path.parent.name}/{path.name}")
    if (path / "adapter_config.json").is_file() and not (path / "config.json").is_file():
        fix = f"name the model that it was trained beside: --model MODEL --adapter {path}"
        raise InputError("this is an adapter, without the weights that it changes", file=path, fix=fix)
    if not (path / "config.json").is_file():
        raise _unknown(project, os.fspath(path))
    manifest = model_files.manifest_of_folder(path)
    return AskedWeights(path.name, manifest, path, path, [manifest])


def _with_adapter(project: Project, model: AskedWeights, adapter: Path) -> AskedWeights:
    kept = model_files.with_adapter(model.weights, model.digest, adapter, project.results.asked)
    return _kept(kept, f"{model.name} with {adapter.name}", model.engine)


def _kept(folder: Path, name: str, engine: str = "transformers") -> AskedWeights:
    """Weights that were fetched or merged into a folder of this project."""
    manifest = model_files.read_manifest(folder / "manifest.json")
    return AskedWeights(name, manifest, folder, folder / "model", [manifest], engine)
