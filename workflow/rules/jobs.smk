# What jobs ask a machine for, as config/resources.yaml says, and the environment that they run in.


def requested(rule, wildcards):
    """What config/resources.yaml asks for a job."""
    data = job_resources.data_of(PROJECT, wildcards)
    return _requested(rule, wildcards.get("backbone"), wildcards.get("chain"), data)


@functools.cache
def _requested(rule, backbone, chain, data):
    """The same for each of the job's resources: Snakemake asks for one at a time. What cannot be trained so ends it."""
    trains = rule in PROJECT.stages
    if trains:
        or_stop(job_resources.check_training, PROJECT, backbone, chain)
        or_stop(adapter_targets.check, PROJECT, backbone, chain)
    if trains and not (DEPLOYED or "python" in config):  # else nothing is known of what is installed there
        or_stop(check_trackers, PROJECT.settings.trackers)
    return job_resources.requested(PROJECT, rule, backbone, chain, data)


def check_gpus(jobs):
    """End the run before its first job if one of the jobs can only run on a GPU."""
    for job in jobs:
        about = [job.wildcards.get(name) for name in ("backbone", "chain")]
        if mistake := job_resources.without_gpu(PROJECT, job.rule.name, *about):
            raise WorkflowError(str(mistake))


def environment(rule):
    """The conda environment of jobs that may compute on GPUs; chosen for each where Snakemake makes environments."""

    def job_environment(wildcards):
        gpus = requested(rule, wildcards).gpus if HAS_GPUS else 0
        return "../../envs/gpu.yaml" if gpus else "../../envs/cpu.yaml"

    return job_environment if DEPLOYED else "../../envs/cpu.yaml"


def cpus(rule):
    """The threads of a rule's jobs; Snakemake gives no more than the machine has."""
    return lambda wildcards: requested(rule, wildcards).cpus


def asks(rule):
    """The resources of a rule's jobs: what an executor for clusters asks for, and what the launcher spreads."""

    def resource(name):
        return lambda wildcards, attempt: requested(rule, wildcards).resources(attempt)[name]

    return {name: resource(name) for name in job_resources.names(PROJECT, rule)}
