"""Folders of weights that are asked: checked against their manifests, fetched, merged."""

from collections.abc import Callable, Mapping
from pathlib import Path

from filelock import FileLock
from tqdm import tqdm

from reasonome.config.backbones import ADAPTER_FILES, SAVED_ADAPTER, AdapterWeights, HubWeights, lacking
from reasonome.config.project import chains
from reasonome.config.project.results import Results
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.manifest import canonical, file_sha256, folder_sha256, read_manifest, text_sha256
from reasonome.core.terminal import say
from reasonome.facts.fetching import weights
from reasonome.prompts.chat_template import load_tokenizer

_PACKED = ("bitsandbytes", "gptq", "awq")
# What says which model a folder has, beside its weights.
_DESCRIBED = ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt")


def is_finished(folder: Path) -> bool:
    """Whether a folder has a model of this project, and its manifest."""
    return (folder / "manifest.json").is_file() and (folder / "model").is_dir()


def check_model(model: Path, results: Results) -> None:
    """Compare the files of a model with the digests in its manifest.

    Raises InputError for the first missing, changed or added file, with the way to make it again: by Snakemake, if the
    model is one of `results`. Added files that nothing loads are allowed: hidden ones, as Snakemake writes, and those
    in other folders.
    """
    written = read_manifest(model / "manifest.json").get("model", {})
    if not any(name.endswith(".safetensors") for name in written):
        what = "this manifest has no digest of a model's weights"
        raise _damaged(what, model / "manifest.json", model, results)
    files = {name: model / "model" / name for name in written}
    for path in files.values():
        if not path.is_file():
            raise _damaged("this file of the model is missing", path, model, results)
    for path in sorted(set((model / "model").iterdir()) - set(files.values())):
        if path.is_file() and not path.name.startswith("."):
            what = "this file is not in the model's manifest, and may be loaded with the model"
            raise InputError(what, file=path, fix="move it out of this folder")
    for name, digest in tqdm(written.items(), desc="checking the model's files", delay=5):
        if file_sha256(files[name]) != digest:
            what = "the weights are not those" if name.endswith(".safetensors") else "this file is not that"
            raise _damaged(f"{what} of the manifest: damaged, or changed since", files[name], model, results)


def _damaged(what: str, path: Path, model: Path, results: Results) -> InputError:
    expected = results.model(model.parent.name, model.name)
    if model.resolve() != expected.resolve():
        fix = f"copy {model} again from where it came: it lies outside {results.root}, so that Snakemake cannot make it"
    else:
        again = "fetch it" if model.name == chains.BASE else "train it"
        fix = f"remove {expected} and {again} again: snakemake --cores 2 {expected / 'manifest.json'}"
    return InputError(what, file=path, fix=fix)


def manifest_of_folder(folder: Path) -> dict[str, str | dict[str, str]]:
    """A manifest of the weights in a folder that transformers can load: its name, and the digests of its files.

    Raises InputError for a folder without config.json, tokenizer or safetensors, as other weights are never loaded, and
    as of `check_can_answer`.
    """
    needed = {"config.json": "config.json", "tokenizer": "tokenizer*", "safetensors": "*.safetensors"}
    for what, pattern in needed.items():
        if not any(folder.glob(pattern)):
            fix = "give a folder as transformers saves it, with config.json, a tokenizer and safetensors"
            raise InputError(f"this folder has no {what}", file=folder, field="--model", fix=fix)
    weights.whole_weight_files(folder, "--model")
    check_can_answer(folder)
    files = sorted({path for pattern in _DESCRIBED for path in folder.glob(pattern)})
    digests = {path.name: file_sha256(path) for path in tqdm(files, desc="reading the model's files", delay=5)}
    return {"name": folder.name, "weights": {"source": "folder", "licence": "not stated"}, "model": digests}


def check_can_answer(folder: Path) -> None:
    """InputError for weights that cannot answer.

    They are of a kind that transformers does not know, or that would bring code of its own; are packed by a program
    that is not here; or their tokenizer has no chat template, or no token that ends an answer.
    """
    from transformers import AutoConfig

    try:
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        tokenizer = load_tokenizer(folder)
    except (OSError, ValueError) as error:
        what = f"transformers cannot load this model: {str(error).splitlines()[0]}"
        fix = "give a model of an architecture that it has; code that comes with a model is never run"
        raise InputError(what, file=folder, field="--model", fix=fix) from None
    packed = (getattr(config, "quantization_config", None) or {}).get("quant_method")
    if packed in _PACKED:
        what = f"these weights are packed by {packed}, and are not loaded here"
        fix = "give the repository that they were made from, or start a server that loads them and give its address"
        raise InputError(what, file=folder / "config.json", field="--model", fix=fix)
    if not tokenizer.chat_template:
        what = "this tokenizer has no chat template, as those of base models: it was not trained to answer"
        raise InputError(what, file=folder, field="--model", fix="give the model's instruct or chat version")
    if tokenizer.pad_token is None and tokenizer.eos_token is None:
        what = "this tokenizer has neither a pad_token nor an eos_token, so that no answer ends"
        fix = "copy tokenizer_config.json from where the model came"
        raise InputError(what, file=folder / "tokenizer_config.json", field="--model", fix=fix)


def of_hub(repository: str, revision: str | None, kept: Path) -> Path:
    """The folder of a hub's repository below `kept`: fetched, unless it was before. Needs a network the first time."""
    folder = kept / f"{repository.replace('/', '--')}-{(revision or 'latest')[:12]}"
    wanted = HubWeights(source="hub", repository=repository, revision=revision or "unpinned", licence="see the hub")
    fetched: dict[str, str] = {}

    def fetch(target: Path) -> None:
        say(f"fetching {repository} from the hub, once")
        fetched.update(weights.fetch(wanted, target, "--model"))
        check_can_answer(target)

    return _kept(folder, repository, lambda: fetched, fetch)


def with_adapter(base: Path, base_digest: str, adapter: Path, kept: Path) -> Path:
    """The folder of a model with a LoRA adapter added to its weights, below `kept`: merged, unless it was before.

    Raises InputError for a folder without adapter_config.json and safetensors, and for an adapter of another model.
    """
    files = _adapter_files(adapter, "--adapter")
    digest = text_sha256(canonical([base_digest, files, "bf16 rounded at random, others fp32"]))
    origin = {"source": "adapter", "base": base_digest, "adapter": files, "licence": "not stated"}

    def merge(folder: Path) -> None:
        say(f"merging {adapter.name} into the weights, once")
        _merge(base, adapter, folder, "--adapter")

    return _kept(kept / f"{adapter.name}-{digest[:12]}", adapter.name, lambda: origin, merge)


def write_adapted(name: str, spec: AdapterWeights, base: Path, folder: Path) -> None:
    """Write the backbone `name` to `folder`: the model in `base` with an adapter added, and its manifest.

    InputError for a folder that is no adapter, for one of another digest, and for one that does not fit the model.
    """
    field = f"backbones.yaml: {name}.weights"
    files = _adapter_files(adapter := Path(spec.path), f"{field}.path")
    sha256 = files["adapter_model.safetensors"]
    if spec.sha256 not in ("unpinned", sha256):
        what = f"checksum of the adapter is {sha256}, expected {spec.sha256}"
        fix = "it is damaged or another one: get the right one, or pin the new sha256 if you trust it"
        raise InputError(what, file=adapter, field=f"{field}.sha256", fix=fix)
    beside = read_manifest(base / "manifest.json")
    with atomic.replacing(folder / "model") as temporary:
        _merge(base / "model", adapter, temporary, field)
        weights.let_others_read(temporary)
    origin = {**spec.identity(), "sha256": sha256, "licence": spec.licence, "of": beside["weights"]}
    manifest = {"name": name, "weights": origin, "model": folder_sha256(folder / "model")}
    atomic.write_json(folder / "manifest.json", manifest)


def _adapter_files(adapter: Path, field: str) -> dict[str, str]:
    """The digests of an adapter's files; InputError for a folder without them, and for what is no LoRA of numbers."""
    if missing := lacking(adapter, ADAPTER_FILES):
        raise InputError(f"this folder has no {missing}", file=adapter, field=field, fix=SAVED_ADAPTER)
    kind = atomic.read_json(adapter / ADAPTER_FILES[0]).get("peft_type")
    if kind != "LORA":
        what = f"this adapter is of the kind {kind}, and LoRA alone is read"
        raise InputError(what, file=adapter / ADAPTER_FILES[0], field=field, fix="give a LoRA adapter")
    _check_numbers(adapter / ADAPTER_FILES[1], field)
    return {name: file_sha256(adapter / name) for name in ADAPTER_FILES}


def _check_numbers(file: Path, field: str) -> None:
    """InputError for tensors with what is no finite number."""
    from safetensors import safe_open

    with safe_open(file, "pt") as tensors:
        names = list(tensors.keys())
        broken = [name for name in names if not bool(tensors.get_tensor(name).isfinite().all())]
    if broken:
        what = f"{len(broken)} of the adapter's {len(names)} tensors hold NaN or infinite numbers: {broken[0]}"
        fix = "its training went wrong or its file is damaged: give another checkpoint"
        raise InputError(what, file=file, field=field, fix=fix)


def _merge(base: Path, adapter: Path, folder: Path, field: str) -> None:
    import torch
    from transformers import AutoModelForCausalLM

    from reasonome.answering import merging

    model = AutoModelForCausalLM.from_pretrained(base, dtype="auto", use_safetensors=True)
    # What fp16 holds, bf16 would round in all layers, with an adapter or not.
    dtype = torch.bfloat16 if model.dtype == torch.bfloat16 else torch.float32
    try:
        merged = merging.merged(model, adapter, dtype)
    except (RuntimeError, ValueError) as error:  # tensors of another shape, or layers that the model lacks
        first = " ".join(line.strip() for line in str(error).splitlines()[:2])
        what = f"this adapter does not fit the model: {first}"
        fix = "name the model that it was trained beside"
        raise InputError(what, file=adapter, field=field, fix=fix) from None
    merged.save_pretrained(folder)
    load_tokenizer(base).save_pretrained(folder)


def _kept(folder: Path, name: str, origin: Callable[[], Mapping[str, object]], make: Callable[[Path], None]) -> Path:
    """`folder` with model/ and manifest.json, made whole by `make` where it is missing; one process at a time."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(f".{folder.name}.lock")):
        if not (folder / "manifest.json").is_file():
            with atomic.replacing(folder) as target:
                make(target / "model")
                weights.let_others_read(target)
                manifest = {"name": name, "weights": origin(), "model": folder_sha256(target / "model")}
                atomic.write_json(target / "manifest.json", manifest)
    return folder
