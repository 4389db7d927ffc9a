"""What leaves the project: `reasonome export` writes questions for other libraries, `reasonome push` uploads models."""

import argparse
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from reasonome.commands.options import command_parser
from reasonome.config.project import Project, chains
from reasonome.config.project.references import check_target
from reasonome.core import atomic
from reasonome.core.errors import InputError
from reasonome.core.terminal import show
from reasonome.report.card_sources import carded
from reasonome.tasks import load_project

_EXPORT = """\
`reasonome export`: a benchmark's questions as others load them, with our parser and rewards; no sealed question.

reasonome export EXPERIMENT --to verifiers                         an environment package for reinforcement learning
reasonome export BENCHMARK --style STYLE --to lm-eval              a task for lm-evaluation-harness
reasonome export BENCHMARK --style STYLE --to hub                  a dataset with splits and a card
"""
_PUSH = """\
`reasonome push`: a trained model with its card to the Hugging Face hub; the card's head has its scores as model-index.

reasonome push smollm2-135m/sft.names-s0 ada/names --to folder     writes what would be uploaded; needs no network
reasonome push smollm2-135m/sft.names-s0 ada/names                 uploads it, to a private repository

If every step trained an adapter, the joined adapter is uploaded, else the weights. The token is that of HF_TOKEN or of
`hf auth login`. Answers, questions of benchmarks and manifests stay here.
"""
# Of the folder of a joined adapter; its manifest may name local folders.
_OF_ADAPTER = ("adapter_model.safetensors", "adapter_config.json", "README.md", "measured.json")


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommands' arguments."""
    summary = "write a benchmark's questions, parser and rewards for verifiers, lm-evaluation-harness or the Hub"
    command = command_parser(commands, "export", run, summary, _EXPORT)
    command.add_argument("name", metavar="EXPERIMENT_OR_BENCHMARK")
    command.add_argument("--to", required=True, choices=("verifiers", "lm-eval", "hub"))
    command.add_argument("--style", help="the prompt style; all of an experiment's without it")
    command.add_argument(
        "--recipe", metavar="STAGE.VARIANT", help="whose rewards count, as grpo.soft (default: the experiment's own)"
    )
    command.add_argument("--output", type=Path, default=Path("exports"), help="a folder (default: exports)")

    summary = "upload a trained model, or its adapter, with its card and scores to the Hugging Face hub"
    command = command_parser(commands, "push", push, summary, _PUSH)
    command.add_argument("model", metavar="BACKBONE/CHAIN")
    command.add_argument("repository", metavar="OWNER/NAME", help="on the hub; it is made if it is not there")
    command.add_argument("--experiment", help="whose card it gets (default: the only one with the model in an arm)")
    command.add_argument("--whole", action="store_true", help="the weights, even if every step trained an adapter")
    command.add_argument("--public", action="store_true", help="make a new repository public")
    command.add_argument("--to", type=Path, metavar="FOLDER", help="write the files there, and upload nothing")


def run(args: argparse.Namespace) -> int:
    """Write a folder for each benchmark and style; the exit status is 0."""
    from reasonome.exports.libraries import WRITERS
    from reasonome.exports.question_set import question_sets

    rewarded = args.to == "verifiers"
    if args.recipe and not rewarded:
        raise InputError("rewards go with --to verifiers", field="--recipe", fix="leave it out")
    exported = question_sets(load_project(args.config, args.set), args.name, args.style, args.recipe, rewarded)
    folders = [args.output / args.to / questions.name for questions in exported]
    for folder in folders:
        if folder.exists():
            fix = f"remove it, or give another --output: rm -r {shlex.quote(str(folder))}"
            raise InputError("this export is there already", file=folder, fix=fix)
    if rewarded and not any(questions.weighted for questions in exported):
        fix = "give a recipe with rewards, such as --recipe grpo.soft"
        raise InputError("nothing says which rewards count", field="--recipe", fix=fix)
    for questions, folder in zip(exported, folders, strict=True):
        if rewarded and not questions.weighted:
            show(f"{questions.name}: left out, as no recipe has rewards for it", file=sys.stderr)
            continue
        with atomic.replacing(folder) as temporary:
            WRITERS[args.to](questions, temporary)
        counts = ", ".join(f"{len(rows):,} {split}" for split, rows in questions.splits.items())
        sealed = f"; {questions.sealed:,} sealed test questions stay here" if questions.sealed else ""
        show(f"{folder}: {counts}{sealed}")
    return 0


def push(args: argparse.Namespace) -> int:
    """Upload a model's files, or write them to a folder; the exit status is 0."""
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", args.repository):
        raise InputError(f"'{args.repository}' is no repository", field="OWNER/NAME", fix="write it as ada/gene-names")
    if args.to and args.to.exists():
        raise InputError("this is there already", file=args.to, field="--to", fix="remove it, or give another folder")
    project = load_project(args.config, args.set)
    backbone, _, chain = args.model.partition("/")
    check_target(project, str(project.results.model(backbone, chain)))
    experiment = _experiment_of(project, backbone, chain, args.experiment)
    files = _pushed(project.results.model(backbone, chain), experiment, args.whole)
    card = files["README.md"].read_text(encoding="utf-8")
    for here in ('"model")  # the folder beside this card', '"model")', '".")  # this folder'):
        card = card.replace(here, f'"{args.repository}")')
    if args.to:
        with atomic.replacing(args.to) as temporary:
            for name, path in files.items():
                (temporary / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, temporary / name)
            (temporary / "README.md").write_text(card, encoding="utf-8")
    else:
        contents = {name: card.encode() if name == "README.md" else path for name, path in files.items()}
        _upload(args.repository, contents, f"{backbone}/{chain} of experiment {experiment}", not args.public)
    show(f"{args.to or args.repository}: {', '.join(files)}")
    return 0


def _experiment_of(project: Project, backbone: str, chain: str, named: str | None) -> str:
    """The experiment whose card a model gets: the one named, or the only one with the model at the end of an arm."""
    able = [name for name in project.experiments if (backbone, chain) in carded(project, name)]
    if named is None and len(able) == 1:
        return able[0]
    if named in able:
        return named
    if not able:
        fix = "give a trained model at the end of an arm, which has a card"
        raise InputError(f"no experiment scores {backbone}/{chain}", field="BACKBONE/CHAIN", fix=fix)
    what = f"{named} does not score this model" if named else "several experiments score this model"
    raise InputError(what, field="--experiment", fix=f"give one of {', '.join(able)}")


def _pushed(model: Path, experiment: str, whole: bool) -> dict[str, Path]:
    """The files of a model by their names on the hub: its card as README.md, and weights or the joined adapter."""
    steps = chains.step_manifests(model)[1:]
    adapters = [step["recipe"].get("adapter") for step in steps]
    if all(adapter and not adapter.get("quantize") for adapter in adapters) and not whole:
        folder = model / f"joined.{experiment}"
        files, target = {name: folder / name for name in _OF_ADAPTER}, folder / "manifest.json"
    else:
        target = model / f"card.{experiment}.md"
        # Snakemake leaves a file in the folder that says when it was made.
        weights = [path for path in (model / "model").rglob("[!.]*") if path.is_file()]
        files = {path.relative_to(model / "model").as_posix(): path for path in weights} | {"README.md": target}
    fix = f"snakemake --cores 2 {shlex.quote(str(target))}"
    if not target.is_file():
        raise InputError("what is to be uploaded was not made yet", file=target, fix=fix)
    described = target.read_text(encoding="utf-8")
    if not all(digest in described for digest in steps[-1]["model"].values()):
        raise InputError("this is of other weights than the model has now", file=target, fix=fix)
    return files


def _upload(repository: str, contents: Mapping[str, Path | bytes], message: str, private: bool) -> None:
    """Commit files to a repository of the hub, which is made if it is not there; InputError where that fails."""
    from huggingface_hub import CommitOperationAdd, HfApi
    from huggingface_hub.errors import HTTPError  # pyright: ignore[reportPrivateImportUsage]  its users need it

    api = HfApi()
    added = [CommitOperationAdd(name, content) for name, content in contents.items()]
    try:
        api.create_repo(repository, private=private, exist_ok=True)
        api.create_commit(repository, added, commit_message=message)
    except (HTTPError, OSError, ValueError) as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        what = f"could not upload to {repository}: {reason}"
        raise InputError(what, fix="check the network, and that HF_TOKEN is a token that may write there") from None
