"""`reasonome rank`: the genes of your own unsolved cases and loci, ranked by a model and held against facts.

reasonome rank patient.json --model demo-ranking --out my_case
reasonome rank terms.txt --panel panel.txt --model demo-ranking --out my_case --style short
reasonome rank loci.tsv --model demo-ranking --out my_loci --window-kb 300
reasonome rank --trait "LDL cholesterol" --locus 1:55039974 --model demo-ranking --out my_locus

--model takes what `reasonome annotate` takes: an experiment, a finished model, a backbone, weights, a .gguf file or the
address of an OpenAI-compatible server.

FILES are phenopackets (version 2, JSON, JSON lines or .zip), lists of HPO terms (one a line; - or not in front of what
the patient has not), or tables: of cases with present (and absent) phenotypes, of loci with a trait and candidates, or
with trait, chromosome and position (GRCh38). Research use only: not a diagnosis, not for clinical decisions. Ids and
names of files stay on the machine, and without --upload all does. A second run uses the answers that it has.
"""

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path

from reasonome.commands.annotate import add_model, asked_model
from reasonome.commands.columns import parse_columns
from reasonome.config.checked import checked
from reasonome.config.project import Project
from reasonome.config.project.working_folder import project_folder
from reasonome.core import arguments
from reasonome.core.terminal import printable
from reasonome.prioritisation.settings import Prioritisation

# Settings that are options by their name.
_OPTIONS = (
    *("kind", "panel", "trait", "locus", "window_kb", "benchmark", "style", "samples", "temperature", "top_p"),
    *("max_new_tokens", "batch_size", "seed"),
)


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "rank the genes of your own unsolved cases and loci with a model; research use only, no diagnosis"
    command = arguments.command_parser(commands, "rank", run, summary, __doc__)
    command.add_argument("files", nargs="*", metavar="FILES", help=Prioritisation.model_fields["files"].description)
    command.add_argument("--model", required=True, help="which model is asked; see above")
    add_model(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the results")
    arguments.add_settings(command, Prioritisation.model_fields, _OPTIONS)
    command.add_argument("--columns", default="", metavar="KEY=COLUMN,…", help="what the columns of tables are called")


def run(args: argparse.Namespace) -> int:
    """Rank and print; the exit status is 0 even if some cases got no answer."""
    from reasonome.prioritisation import job

    values = {name: value for name, value in vars(args).items() if name in Prioritisation.model_fields}
    values["columns"] = parse_columns(args.columns)
    command = printable(f"reasonome {shlex.join(sys.argv[1:])}")
    with project_folder(args.config) as place:
        project = Project(args.config)
        settings = checked(Prioritisation, values, "docs/rank.md", _option).placed(place)
        job.rank_files(project, settings, partial(asked_model, project, args, place), Path(place(args.out)), command)
    return 0


def _option(setting: str) -> str:
    """The name of a setting's option."""
    return "FILES" if setting == "files" else arguments.option(setting)
