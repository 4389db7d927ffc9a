"""Fetch one native file of a knowledge source and compare it with its pin. Needs a network.

python scripts/fetch_source.py results/sources/go/obo/go-basic.job.json
"""

from reasonome.config.sources import NativeSource
from reasonome.core.errors import InputError, run_program
from reasonome.facts.fetching import pins
from reasonome.jobs import read_job


def main() -> None:
    job = read_job(__doc__, NativeSource)
    source, target = job.settings, job.output("file")
    key = target.parent.name
    spec = source.entry.files[key]
    if spec.path is not None:
        raise InputError(f"{source.name}/{key} is at {spec.path}", fix="there is nothing to fetch")
    pins.check_licence(source)
    with pins.fetching(spec, target) as fetched:
        pinned = pins.check_pinned(source, key, fetched)
    state = "as pinned" if pinned else f"{pins.UNPINNED}: `reasonome pin {source.name}` writes down what it is"
    print(f"{source.name}/{key}: {fetched.size:,} bytes, sha256 {fetched.sha256}, {state}")


if __name__ == "__main__":
    run_program(main)
