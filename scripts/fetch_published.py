"""Fetch one published table of gene sets and compare it with the benchmark's sha256. Needs a network.

python scripts/fetch_published.py results/published/my-test/test.bp/my_test.job.json
"""

from reasonome.core.errors import InputError, run_program
from reasonome.facts.fetching import pins
from reasonome.jobs import read_job
from reasonome.tasks.naming.settings import PublishedFile


def main() -> None:
    job = read_job(__doc__, PublishedFile)
    spec, target = job.settings, job.output("file")
    if spec.url is None:
        raise InputError(f"it is at {spec.path}", field=target.parent.name, fix="there is nothing to fetch")
    with pins.fetching(spec.as_source(), target) as fetched:
        spec.check_sha256(fetched.sha256, spec.url)
    print(f"{spec.url}: {fetched.size:,} bytes, sha256 {fetched.sha256}, pinned: {spec.sha256}")


if __name__ == "__main__":
    run_program(main)
