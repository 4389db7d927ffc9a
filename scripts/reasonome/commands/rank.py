"""`reasonome rank`: the genes of your own unsolved cases and loci, ranked by phenotypes or distance, or by a model.

reasonome rank patient.json --panel panel.txt --no-model --out my_case
reasonome rank terms.txt --panel panel.txt --model closed-book-ranking --out my_case
reasonome rank loci.tsv --model closed-book-ranking --out my_loci --window-kb 300
reasonome rank --trait "LDL cholesterol" --locus 1:55039974 --model closed-book-ranking --out my_locus

--no-model ranks cases by how well known phenotypes of each gene fit, less what the patient has not and most patients of
its diseases have, and loci by distance. --model takes what `reasonome annotate` takes: an experiment, a finished model,
a backbone, weights or the address of an OpenAI-compatible server; both rankings stand side by side.

FILES are phenopackets (version 1 or 2; JSON, JSON lines or .zip), lists of HPO terms (- or not in front of what
the patient has not), or tables: of cases with present (and absent) phenotypes, of loci with a trait and candidates, or
with trait, chromosome and position (GRCh38), of which the variants of one credible set are one locus. Research use
only: not a diagnosis, not for clinical decisions. Ids and names of files stay on the machine, and without --upload all
does. A second run uses the answers that it has. The exit status is 1 where no case and no locus was ranked.
"""

import argparse
import shlex
import sys
from functools import partial

from reasonome.apps import checked
from reasonome.apps.rank.settings import RankSettings
from reasonome.commands.annotate import add_model, asked_model
from reasonome.commands.options import add_settings, command_parser, folder, option, parse_columns
from reasonome.core.errors import InputError
from reasonome.core.terminal import printable
from reasonome.tasks import load_project

# Settings that are options by their name.
_OF_MODELS = ("style", "samples", "temperature", "top_p", "max_new_tokens", "batch_size", "seed")
_OPTIONS = ("panel", "trait", "locus", "window_kb", "benchmark", *_OF_MODELS)


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "rank the genes of your own unsolved cases and loci; research use only, no diagnosis"
    command = command_parser(commands, "rank", run, summary, __doc__)
    command.add_argument("files", nargs="*", metavar="FILES", help=RankSettings.model_fields["files"].description)
    by = command.add_mutually_exclusive_group(required=True)
    by.add_argument("--model", help="which model is asked; see above")
    by.add_argument("--no-model", action="store_true", help="rank by phenotypes or distance alone: no model is asked")
    add_model(command)
    command.add_argument("--out", type=folder, required=True, metavar="DIR", help="folder of the results")
    add_settings(command, RankSettings.model_fields, _OPTIONS)
    command.add_argument("--columns", default="", metavar="KEY=COLUMN,…", help="what the columns of tables are called")


def run(args: argparse.Namespace) -> int:
    """Rank and print; the exit status is 0 even if some cases got no answer, and 1 where none is ranked."""
    from reasonome.apps.rank import job

    if args.no_model:
        _refuse_options_of_models(args)
    values = {name: value for name, value in vars(args).items() if name in RankSettings.model_fields}
    values["columns"] = parse_columns(args.columns)
    command = printable(f"reasonome {shlex.join(sys.argv[1:])}")
    project = load_project(args.config, args.set)
    settings = checked(RankSettings, values, "docs/rank.md", option)
    find = (lambda: None) if args.no_model else partial(asked_model, project, args)
    records = job.rank_files(project, settings, find, args.out, command)
    return 0 if any(record.firsts for record in records) else 1


def _refuse_options_of_models(args: argparse.Namespace) -> None:
    """InputError for an option that says how a model is asked, where none is."""
    given = {*getattr(args, "given", ()), *(name for name in ("adapter", "upload") if getattr(args, name))}
    if unused := [name for name in (*_OF_MODELS, "adapter", "upload") if name in given]:
        what = "this says how a model is asked, and --no-model asks none"
        raise InputError(what, field=option(unused[0]), fix="leave one of the two out")
