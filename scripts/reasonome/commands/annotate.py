"""`reasonome annotate`: what your own gene sets have in common: enriched terms, and a model's name beside them.

reasonome annotate deseq2.csv --ora-only --contrast "treated vs control" --out my_genes
reasonome annotate clusters.csv --model smollm2-135m/pretrain.demo-s0+sft.names-s0+grpo.soft-s0 --out my_clusters
reasonome annotate deseq2.csv --model results/models/BACKBONE/CHAIN --out my_genes --adjusted-p 0.01 --top 200

SETS are GMT files, files with one gene a line, tables of clusters (Seurat's FindAllMarkers, Scanpy's rank_genes_groups)
or of differential expression (DESeq2, edgeR, limma, Scanpy), which are recognised by their columns. Genes are symbols,
aliases, Entrez, Ensembl or HGNC ids of humans, or with --species mouse those of mice, which are asked about as human
orthologues. Nothing leaves the machine. Run it in the project's folder; a second run uses the answers that it has.
"""

import argparse
import shlex
import sys
from pathlib import Path
from typing import get_args

from reasonome.annotation.settings import checked_settings
from reasonome.commands.score import parse_columns
from reasonome.config import Annotation
from reasonome.config.annotations import Column
from reasonome.config.project import Project
from reasonome.core import arguments
from reasonome.core.terminal import printable

# Settings of config/annotations.yaml that are options by their name.
_OPTIONS = (
    *("kind", "species", "adjusted_p", "log2_fold_change", "contrast", "top", "universe", "style", "samples"),
    "benchmark",
)


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "enriched terms of your own gene sets, and a model's names for them, checked"
    command = arguments.command_parser(commands, "annotate", run, summary, __doc__)
    command.add_argument("sets", nargs="+", metavar="SETS", help="files with gene sets, plain or gzipped")
    names = command.add_mutually_exclusive_group(required=True)
    names.add_argument("--model", help="BACKBONE/CHAIN below results/models, or its folder")
    names.add_argument("--ora-only", action="store_true", help="enriched terms alone: no model is asked for names")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
    for name in _OPTIONS:
        field = Annotation.model_fields[name]
        default = "" if field.default is None else f" (default: {field.default})"
        command.add_argument(_option(name), default=field.default, help=f"{field.description}{default}")
    command.add_argument(
        "--columns",
        default="",
        metavar="KEY=COLUMN,…",
        help="what the columns of tables are called, where they have names of their own: "
        + ", ".join(get_args(Column)),
    )
    command.add_argument("--together", action="store_true", help="genes that go up and down in one set")
    command.add_argument("--no-gsea", action="store_true", help="no GSEA of tables and rankings, only their lists")
    command.add_argument(
        "--libraries", metavar="NAME,…", help="sources of gene sets to test (default: those of the demo)"
    )
    command.add_argument(
        "--preview",
        action="store_true",
        help="check all but the answers, show what sets would be asked, and stop",
    )


def run(args: argparse.Namespace) -> int:
    """Annotate and print; the exit status is 0 even if some sets got no answer."""
    from reasonome.annotation import job
    from reasonome.annotation.project_files import model_folder

    project = Project(args.config)
    settings = parse_settings(args)
    gene_lists = job.read_lists(settings)
    model = None if args.ora_only else model_folder(project, args.model)
    if args.preview:
        job.preview_lists(project, settings, gene_lists, model, args.out)
        return 0
    command = printable(f"reasonome {shlex.join(sys.argv[1:])}")
    job.annotate_lists(project, settings, gene_lists, model, args.out, command)
    return 0


def parse_settings(args: argparse.Namespace) -> Annotation:
    """The settings as in config/annotations.yaml; InputError for an invalid one."""
    values = {name: value for name, value in vars(args).items() if name in Annotation.model_fields}
    values |= {"columns": parse_columns(args.columns), "split": not args.together, "gsea": not args.no_gsea}
    if args.libraries:
        values["libraries"] = args.libraries.split(",")
    else:
        del values["libraries"]
    return checked_settings(values, _option)


def _option(setting: str) -> str:
    """The name of a setting's option."""
    return "SETS" if setting == "sets" else f"--{setting.replace('_', '-')}"
