"""`reasonome score`: scores of a table of answers, beside baselines.

reasonome score ANSWERS --benchmark BENCHMARK                                  against the test split of a benchmark
reasonome score ANSWERS --task TASK --columns answer=COLUMN,gold=COLUMN        anywhere: the table has the truth
reasonome score ANSWERS --task TASK --columns answer=COLUMN,gold=COLUMN,candidates=COLUMN    likewise, of ranked lists

--track says how ranked lists are read: strict (one closed list, genes compared as genes) or as-published (split at
commas, compared character for character); docs/scoring.md has both.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from reasonome.commands.options import check_output, command_parser, parse_columns, write_output
from reasonome.config.project import Project
from reasonome.config.project.references import is_ours
from reasonome.core import arguments
from reasonome.core.errors import InputError, lookup
from reasonome.core.terminal import show
from reasonome.tasks import TASKS, load_project

if TYPE_CHECKING:
    from reasonome.scoring.table_scores import Scored

_DEFAULT_ENCODER = "minilm"
_AUTHORITY = "hgnc-demo"


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "score a table of answers: a benchmark's, or any with the truth in a column"
    command = command_parser(commands, "score", run, summary, __doc__)
    command.add_argument("answers", type=Path, metavar="ANSWERS", help="CSV, TSV or JSON, plain or gzipped")
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--benchmark", help="of benchmarks.yaml; built with snakemake")
    what.add_argument("--task", help="of a table that holds the truth itself: " + ", ".join(TASKS))
    command.add_argument(
        "--columns",
        default="",
        metavar="KEY=COLUMN,…",
        help="what the columns are called; with --task: answer, gold and perhaps id, genes, candidates or confidence; "
        "with --benchmark: id, answer, confidence, where they have other names",
    )
    command.add_argument("--style", help="with --benchmark: the prompt style that the answers were asked in")
    command.add_argument("--background", type=Path, help="with --task and genes=: a table of results/backgrounds/")
    command.add_argument(
        "--track",
        choices=("strict", "as-published"),
        help="with --task of ranked lists: how they are read, see above",
    )
    command.add_argument(
        "--genes",
        metavar="PATH",
        help="with --task of ranked lists, track strict: HGNC's complete set, whose aliases are known; `none`: without "
        f"(default: the project's {_AUTHORITY}, if it is there)",
    )
    command.add_argument(
        "--encoders",
        metavar="NAME,…",
        help=f"for similarity, of encoders.yaml; `none`: without (default: the benchmark's, with --task "
        f"{_DEFAULT_ENCODER}; none unless all of them were fetched)",
    )
    command.add_argument("--json", metavar="PATH", help="write the scores there; `-`: to standard output, alone")
    command.add_argument("--seed", type=arguments.SEED, help="with --task: of what baselines draw (default: 0)")


def run(args: argparse.Namespace) -> int:
    """Score and print; the exit status is 0."""
    check_output(args.json, [args.answers, args.background, args.genes])
    scored = _on_benchmark(args) if args.benchmark else _table(args)
    show(scored.text(), file=sys.stderr if args.json == "-" else sys.stdout)
    write_output(args.json, scored.to_json())
    return 0


def _table(args: argparse.Namespace) -> "Scored":
    from reasonome.scoring.answer_tables import score_table

    if args.style:
        raise InputError("a style goes with a benchmark", field="--style", fix="give --benchmark in place of --task")
    columns = parse_columns(args.columns)
    project = load_project(args.config, args.set) if is_ours(args.config) else None
    task = lookup(project.tasks if project else TASKS, args.task, "task")
    part, encoders = task.tables, {}
    folders = _encoders(args, project, [_DEFAULT_ENCODER]) if part.compares_texts else []
    if project and folders:
        from reasonome.scoring.encoders import load_encoders  # whose library takes seconds to load

        encoders = load_encoders(project.encoder_folders(folder.name for folder in folders))
    if not part.compares_texts and args.encoders not in (None, "none"):
        raise InputError(f"answers to {args.task} have no similarity", field="--encoders", fix="leave it out")
    genes = _authority(args, project) if part.tracks else args.genes
    return score_table(args.answers, columns, task, encoders, args.background, args.seed or 0, args.track, genes)


def _authority(args: argparse.Namespace, project: Project | None) -> Path | None:
    """The file of genes with aliases; None without, and a printed note if the project should have had one."""
    if args.genes is not None:
        return None if args.genes == "none" else Path(args.genes)
    if args.track == "as-published":
        return None
    source = project.sources.get(_AUTHORITY) if project else None
    path = source.files["table"].path if source else None
    if path is None or not Path(path).is_file():
        show("aliases are unknown: there is no list of genes here; --genes PATH gives one", file=sys.stderr)
        return None
    return Path(path)


def _on_benchmark(args: argparse.Namespace) -> "Scored":
    for option in ("background", "track", "genes", "seed"):
        if getattr(args, option) is not None:
            raise InputError(f"--{option} goes with --task", field=f"--{option}", fix="leave it out")
    project = load_project(args.config, args.set)
    spec = lookup(project.benchmarks, args.benchmark, "benchmark")
    encoded = project.tasks[spec.task].scoring.by_encoders
    if not encoded and args.encoders not in (None, "none"):
        raise InputError(f"answers to {spec.task} are scored by no encoder", field="--encoders", fix="leave it out")
    from reasonome.scoring.benchmark_answers import score_on_benchmark

    columns = parse_columns(args.columns)
    encoders = _encoders(args, project, spec.encoders) if encoded else []
    return score_on_benchmark(args.answers, project, args.benchmark, args.style, columns, encoders)


def _encoders(args: argparse.Namespace, project: Project | None, default: list[str]) -> list[Path]:
    """Folders of the requested encoders; else of the default ones if all are fetched, or none, with a printed note."""
    if args.encoders == "none":
        return []
    if project is None and args.encoders is None:
        show("no similarity: encoders are those of a project, and here is none", file=sys.stderr)
        return []
    if project is None:
        fix = "run it in a project's folder, or give --config or --encoders none"
        what = "encoders are those of a project, and here is none"
        raise InputError(what, file=args.config / "encoders.yaml", fix=fix)
    names = default if args.encoders is None else args.encoders.split(",")
    if args.encoders is not None:
        for name in names:
            lookup(project.encoders, name, "encoder")
    folders = [project.results.encoder(name) for name in names]
    missing = [str(folder / "manifest.json") for folder in folders if not (folder / "manifest.json").is_file()]
    fetch = f"snakemake --cores 1 {' '.join(missing)}"
    if missing and args.encoders is None:
        show(f"no similarity: `{fetch}` fetches its encoders", file=sys.stderr)
        return []
    if missing:
        raise InputError("this encoder was not fetched yet", file=missing[0], field="--encoders", fix=fetch)
    return folders
