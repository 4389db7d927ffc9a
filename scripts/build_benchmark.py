"""Build a benchmark: train, valid and test splits of which nothing leaks into another, and the audit that proves it.

python scripts/build_benchmark.py results/benchmarks/demo-go/audit.job.json
"""

from reasonome.compile.building import BuildingSettings
from reasonome.core.errors import InputError, run_program
from reasonome.facts.fetching.pins import check_usable
from reasonome.jobs import read_job
from reasonome.task_parts import BuildingJob, Built
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BuildingSettings)
    settings, task = job.settings, find_task(job.settings.task)
    check_usable(settings.sources)
    left_out = {name: Built.of(find_task(other.task), other) for name, other in settings.left_out.items()}
    own = {"name": settings.name, "folder": job.output("audit").parent, "unmapped": settings.unmapped}
    try:
        task.building.build(BuildingJob.of(task, job, left_out=left_out, **own))
    except InputError as error:
        if error.file is None:
            error.file = settings.file
            error.field = ".".join(filter(None, [settings.name, error.field]))
        raise


if __name__ == "__main__":
    run_program(main)
