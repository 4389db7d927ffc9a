"""Fetch one native file of a knowledge source and compare it with its pin. Needs a network.

python scripts/fetch_source.py --source go --file obo --output results/sources/go/obo/go-basic.obo
"""

from reasonome.core.errors import InputError, lookup, run_program
from reasonome.facts.fetching import pins
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "source", "file", "output")
    source = lookup(project.sources, args.source, "source")
    spec = lookup(source.files, args.file, f"file of source {args.source}")
    if spec.path is not None:
        raise InputError(f"{args.source}/{args.file} is at {spec.path}", fix="there is nothing to fetch")
    pins.check_licence(project, args.source)
    with pins.fetching(spec, args.output) as fetched:
        pinned = pins.check_pinned(pins.native(project, args.source), args.file, fetched)
    state = "as pinned" if pinned else f"{pins.UNPINNED}: `reasonome pin {args.source}` writes down what it is"
    print(f"{args.source}/{args.file}: {fetched.size:,} bytes, sha256 {fetched.sha256}, {state}")


if __name__ == "__main__":
    run_program(main)
