"""`reasonome annotate`: what your own gene sets have in common: enriched terms, and a model's words beside them.

reasonome annotate deseq2.csv --contrast "treated vs control" --out my_genes                # enriched terms
reasonome annotate clusters.csv --model models/gemma --context "markers of cells of the kidney" --out my_clusters
reasonome annotate deseq2.csv --model http://localhost:8080/v1 --out my_genes --adjusted-p 0.01 --top 200

--model takes an experiment (its last arm), EXPERIMENT/ARM, a finished model (BACKBONE/CHAIN, or its folder), a backbone
of backbones.yaml, a folder or OWNER/NAME of the hub with weights for transformers, or the address of an
OpenAI-compatible server (ADDRESS#NAME if it serves several models; its key in REASONOME_API_KEY if it asks for one).

SETS are GMT files, files with one gene a line, tables of clusters (Seurat's FindAllMarkers, Scanpy's rank_genes_groups)
or of differential expression (DESeq2, edgeR, limma, Scanpy), which are recognised by their columns. Genes are symbols,
aliases, Entrez, Ensembl or HGNC ids of humans, or with --species mouse those of mice, which are asked about as human
orthologues. Nothing leaves the machine without --upload. A second run uses the answers that it has.
"""

import argparse
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, get_args

from reasonome.apps import checked
from reasonome.commands.options import add_settings, command_parser, folder, option, parse_columns
from reasonome.config.annotations import Annotation, Column
from reasonome.config.project import Project
from reasonome.core.terminal import printable, show
from reasonome.tasks import load_project

if TYPE_CHECKING:
    from reasonome.answering.asked_model import AskedModel

# Settings of config/annotations.yaml that are options by their name.
_OPTIONS = (
    *("kind", "species", "adjusted_p", "log2_fold_change", "contrast", "top", "universe", "context"),
    *("max_new_tokens", "benchmark", "seed"),
)
_LIBRARIES = ("libraries", "only_libraries")  # with commas between

_UPDATE = """\
`reasonome update`: fetch today's HGNC, GO, Reactome and WikiPathways, for `reasonome annotate`.

reasonome update

It needs a network. What is fetched stands in config/sources.lock.yaml: address, day, size and digest of every file.
From then on `reasonome annotate` tests and checks with it; `--benchmark demo-go` goes back to what ships.
"""


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommands' arguments."""
    summary = "enriched terms of your own gene sets, and a model's words on them, with what they cite checked"
    command = command_parser(commands, "annotate", run, summary, __doc__)
    what = "files with gene sets, plain or gzipped; - is standard input"
    command.add_argument("sets", nargs="+", metavar="SETS", help=what)
    names = command.add_mutually_exclusive_group()
    names.add_argument("--model", help="which model is asked; see above (default: none)")
    names.add_argument("--ora-only", action="store_true", help=argparse.SUPPRESS)  # is so without --model
    add_model(command)
    command.add_argument("--out", type=folder, required=True, metavar="DIR", help="folder of the results")
    add_settings(command, Annotation.model_fields, _OPTIONS)
    command.add_argument(
        "--columns",
        default="",
        metavar="KEY=COLUMN,…",
        help="what the columns of tables are called, where they have names of their own: "
        + ", ".join(get_args(Column)),
    )
    command.add_argument("--together", action="store_true", help="genes that go up and down in one set")
    command.add_argument(
        "--gsea",
        action=argparse.BooleanOptionalAction,
        help="GSEA of tables and whole rankings beside the lists (default: with a model)",
    )
    libraries = command.add_mutually_exclusive_group()
    for name in _LIBRARIES:
        said = Annotation.model_fields[name].description
        libraries.add_argument(option(name), metavar="NAME,…", help=said)
    said = Annotation.model_fields["draw"].description
    command.add_argument("--draw", default="", metavar="ID,…", help=said)
    command.add_argument(
        "--preview",
        action="store_true",
        help="check all but the answers, show what sets would be asked, and stop",
    )
    summary = "fetch and pin today's HGNC, GO, Reactome and WikiPathways, which annotate then uses; needs a network"
    command_parser(commands, "update", update, summary, _UPDATE)


def add_model(command: argparse.ArgumentParser) -> None:
    """The options that go with `--model`."""
    command.add_argument("--adapter", type=Path, metavar="DIR", help="a LoRA adapter to merge into the model's weights")
    command.add_argument(
        "--upload", action="store_true", help="let what is asked leave this machine, for a server elsewhere"
    )


def asked_model(project: Project, args: argparse.Namespace) -> "AskedModel":
    """The model of the options."""
    from reasonome.answering.asked_model import find_model

    return find_model(project, args.model, adapter=args.adapter, upload=args.upload)


def update(args: argparse.Namespace) -> int:
    """Fetch, pin and make; print what each file is."""
    from reasonome.apps.annotate import making

    for sentence in making.update(load_project(args.config, args.set)):
        show(sentence)
    show("reasonome annotate uses these from now on")
    return 0


def run(args: argparse.Namespace) -> int:
    """Annotate and print; the exit status is 0 if anything was tested, even if some sets got no answer."""
    from reasonome.apps.annotate import enrichr, job
    from reasonome.apps.annotate.making import annotation_project, made_with_model

    command = printable(f"reasonome {shlex.join(sys.argv[1:])}")
    project = annotation_project(args.config, args.set, args.model)
    settings = parse_settings(args)
    enrichr.fetch(project, settings)
    gene_lists = job.read_lists(project, settings)
    model = made_with_model(project, settings, args.model, lambda _: asked_model(project, args))
    if args.preview:
        job.preview_lists(project, settings, gene_lists, model, args.out)
        return 0
    return 0 if job.annotate_lists(project, settings, gene_lists, model, args.out, command) else 1


def parse_settings(args: argparse.Namespace) -> Annotation:
    """The settings as in config/annotations.yaml; InputError for an invalid one."""
    values = {name: value for name, value in vars(args).items() if name in Annotation.model_fields}
    values |= {
        "sets": ["/dev/stdin" if path == "-" else path for path in args.sets],
        "columns": parse_columns(args.columns),
        "split": not args.together,
    }
    for name in (*_LIBRARIES, "draw"):
        if given := values.pop(name):
            values[name] = given.split(",")
    return checked(Annotation, values, "docs/annotate.md", option)
