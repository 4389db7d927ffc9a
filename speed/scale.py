"""All measurements of speed at scale in one run on one machine: a table of theirs, the plain way and ours, and checks.

make demo                                    # makes the inputs
python speed/scale.py                        # or only some parts: python speed/scale.py rewards grpo

Each part is a program of its own beside this one, which says what its ways are. Parts run one after another, each in
its own process; run it on a quiet machine. Exit status 1 if a bound is missed, 2 if a part failed.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from measuring import print_tables, read

from reasonome.core.errors import run_program

PARTS = ("rewards", "generation", "training", "grpo")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all if none is given")
    parser.add_argument("--folder", type=Path, default=Path("."), help="where the demo was run: it has results/")
    given = parser.parse_args()
    unknown = set(given.parts) - set(PARTS)
    if unknown:
        parser.error(f"no part is called {', '.join(sorted(unknown))}; parts are {', '.join(PARTS)}")
    speeds, checks, failed = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for part in given.parts or PARTS:
            print(f"--- {part}", flush=True)
            rows = Path(folder, f"{part}.json")
            program = Path(__file__).with_name(f"{part}.py")
            subprocess.run([sys.executable, program, "--results", given.folder / "results", "--rows", rows])
            if rows.is_file():
                found = read(rows)
                speeds, checks = speeds + found[0], checks + found[1]
            else:
                failed.append(part)
    print_tables(speeds, checks)
    if failed:
        print(f"\nfailed: {', '.join(failed)}", file=sys.stderr)
        return 2
    return int(not all(row.kept for row in [*speeds, *checks]))


if __name__ == "__main__":
    run_program(main)
