"""Fetch one published table of gene sets and compare it with the benchmark's sha256. Needs a network.

python scripts/fetch_published.py --benchmark my-test --part test --subset bp --output my_test.csv
"""

from reasonome.core.errors import InputError, lookup, run_program
from reasonome.facts.fetching import pins
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "benchmark", "part", "subset", "output")
    benchmark = lookup(project.benchmarks, args.benchmark, "benchmark")
    files = {subset: file for (part, subset), file in benchmark.published_files.items() if part == args.part}
    spec = lookup(files, args.subset, f"subset of the {args.part} files of {args.benchmark}")
    if spec.url is None:
        raise InputError(f"it is at {spec.path}", field=args.subset, fix="there is nothing to fetch")
    with pins.fetching(spec.as_source(), args.output) as fetched:
        spec.check_sha256(fetched.sha256, spec.url)
    print(f"{spec.url}: {fetched.size:,} bytes, sha256 {fetched.sha256}, pinned: {spec.sha256}")


if __name__ == "__main__":
    run_program(main)
