"""`reasonome calibrate`: how far the confidences in a table are from its shares of right answers.

reasonome calibrate TABLE --columns confidence=COLUMN,right=COLUMN

The table has a row per answer. Confidences run from 0 to 1, or to 100 where half or more of them are above 1; `85 %` is
.85 on either scale. Of other scales, such as marks out of 10, --scale says what certain is. An answer is right (1,
true, yes, right, correct) or wrong (0, false, no, wrong, incorrect). Further columns: `answer`, whose distinct values
are counted; `id`, whose rows hang together; `kind`, such as the class that is asked about, whose base rate is
a baseline of its own.
"""

import argparse
import sys
from pathlib import Path

from reasonome.commands.options import check_output, parse_columns, write_output
from reasonome.core import arguments
from reasonome.core.terminal import show


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "calibration of a table's confidences: ECE, Brier score, AUROC, reliability"
    as_written = argparse.RawDescriptionHelpFormatter
    command = commands.add_parser("calibrate", help=summary, description=__doc__, formatter_class=as_written)
    command.set_defaults(run=run)
    command.add_argument("table", type=Path, metavar="TABLE", help="CSV, TSV or JSON, plain or gzipped")
    command.add_argument(
        "--columns",
        default="",
        metavar="KEY=COLUMN,…",
        help="what the columns are called: confidence, right and perhaps answer, id or kind",
    )
    command.add_argument(
        "--bins",
        choices=("left", "right"),
        default="right",
        help="the side on which bins are closed: right (0.1, 0.2], left [0.1, 0.2) (default: %(default)s)",
    )
    command.add_argument(
        "--scale",
        type=arguments.whole(1),
        metavar="N",
        help="the confidence that means certain (default: 1 or 100, by the numbers)",
    )
    command.add_argument("--json", metavar="PATH", help="write the scores there; `-`: to standard output, alone")


def run(args: argparse.Namespace) -> int:
    """Calibrate and print; the exit status is 0."""
    from reasonome.scoring.calibration_table import calibrate_table  # whose libraries take a second to load

    check_output(args.json, [args.table])
    columns = parse_columns(args.columns)
    calibrated = calibrate_table(args.table, columns, args.bins, args.scale)
    show(calibrated.text(), file=sys.stderr if args.json == "-" else sys.stdout)
    write_output(args.json, calibrated.to_json())
    return 0
