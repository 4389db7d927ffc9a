"""How large the report of 10,000 answers is, and how soon headless Chromium has its table of answers ready.

python speed/report_size.py                  # needs Debian's chromium and chromium-driver

The experiment is made up, with reasoning of a realistic length, and goes through the real renderer. The page is opened
several times; the median counts, from the start of the navigation. Exit status 1 if a bound is broken.
"""

import argparse
import statistics
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

from chromium import PROGRAMS, chromium, lacking, seconds_to_interactive  # noqa: E402
from measuring import Check, report  # noqa: E402
from rendered_page import render  # noqa: E402
from synthetic_experiment import ARMS  # noqa: E402

SECONDS, MEGABYTES = 3, 30  # at most
SUBSETS = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--answers", type=int, default=10_000, help="at least so many (%(default)s)")
    parser.add_argument("--words", type=int, default=250, help="of reasoning in an answer (%(default)s)")
    parser.add_argument("--times", type=int, default=3, help="how often the page is opened (%(default)s)")
    given = parser.parse_args()
    if lacking():
        print(f"not installed: {', '.join(lacking())}; needed are Debian's {' and '.join(PROGRAMS)}", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        each = -(-given.answers // (len(ARMS) * SUBSETS))
        text, _ = render(Path(folder), per_subset=each, ontology=True, words=given.words, resamples=20)
        page = Path(folder, "report.html")
        page.write_text(text, encoding="utf-8")
        megabytes = page.stat().st_size / 1e6
        seconds = []
        for _ in range(given.times):
            with chromium() as driver:
                seconds.append(seconds_to_interactive(driver, page))
    print(f"{each * len(ARMS) * SUBSETS:,} answers of {given.words} words of reasoning")
    median = statistics.median(seconds)
    checks = [
        Check("page", f"{megabytes:.2f} MB", f"< {MEGABYTES} MB", megabytes < MEGABYTES),
        Check("to interactive", f"{median:.2f} s", f"< {SECONDS} s", median < SECONDS),
    ]
    return report([], checks, None)


if __name__ == "__main__":
    sys.exit(main())
