# The validated configuration, the paths, and what every job's shell shares.

import functools
import re
import shlex

from snakemake.exceptions import WorkflowError
from snakemake.path_modifier import PathModifier
from snakemake_interface_executor_plugins.settings import DeploymentMethod

from reasonome.apps.annotate import project_files
from reasonome.cluster import adapter_targets, lengths, snakemake_lock
from reasonome.answering.jobs import RecallSettings
from reasonome.compile import answers as asking
from reasonome.compile import benchmarks as compiling
from reasonome.compile import building, forgetting, leaks
from reasonome.compile import preferences as preferring
from reasonome.compile import trainings as training
from reasonome.compile.cards import dataset_card_settings
from reasonome.compile.facts import embedding_settings, facts_settings, statement_settings
from reasonome.config import NAME, PART, Settings
from reasonome.config.project import (
    Project,
    Results,
    chains,
    experiments,
    job_resources,
    recipe_references,
    references,
)
from reasonome.config.project.folder import tell_jobs
from reasonome.config.project.results import VALID
from reasonome.config.settings import check_trackers
from reasonome.core.code_digest import code_sha256
from reasonome.core.errors import InputError, lookup
from reasonome.core.manifest import canonical
from reasonome.core.package import PACKAGE_ROOT
from reasonome.facts.fetching.pins import native
from reasonome.facts.fetching.settings import AdapterSettings, WeightsSettings
from reasonome.jobs import Job
from reasonome.report import card_sources
from reasonome.report.settings import CardSettings
from reasonome.task import code_files
from reasonome.task_parts import building_sha256
from reasonome.tasks import load_project
from reasonome.training import gpus


report: "../report/workflow.rst"


# With `--software-deployment-method apptainer`: the image that envs/reasonome.def builds, or another one or its address.
# Without it there is none: Snakemake refuses the path of one in a folder with a space, even if it does not use it.
IMAGE = str(config.get("container", HERE / "envs/reasonome.sif"))


container: IMAGE if DeploymentMethod.APPTAINER in workflow.deployment_settings.deployment_method else None


def literal(text):
    """Text that Snakemake, which formats commands, leaves as it is."""
    return text.replace("{", "{{").replace("}", "}}")


# What `--config` and `--configfile` have beside these is merged over config.yaml, here and in jobs.
OPTIONS = ("container", "folder", "python", "setup")
GIVEN = {key: value for key, value in config.items() if key not in OPTIONS}
# What starts Python in jobs: `--config python=...` (several words may be a container's), the `python` of the environment
# that conda activates or of the image, or the one that runs Snakemake.
DEPLOYED = bool(
    {DeploymentMethod.CONDA, DeploymentMethod.APPTAINER} & workflow.deployment_settings.deployment_method
)
PYTHON = literal(
    str(config["python"]) if "python" in config else "python" if DEPLOYED else shlex.quote(sys.executable)
)
# Without a driver and SLURM the GPUs that jobs ask for are none.
HAS_GPUS = gpus.within_reach()
# What a node's shell needs before that, as `--config setup="module load cuda"`.
SETUP = str(config.get("setup", ":"))
SCRIPTS = HERE / "scripts"


tell_jobs(HERE)


def or_stop(function, *arguments):
    """What a function returns; its InputError ends the run with what to do."""
    try:
        return function(*arguments)
    except InputError as error:
        raise WorkflowError(str(error)) from None


# Without a configuration of ours here, that of this Snakefile's folder: a workflow that imports it may need no other.
CONFIG = Path(config.get("folder", "config"))
if "folder" not in config and not or_stop(references.is_ours, CONFIG):
    CONFIG = HERE / CONFIG
for key in config:
    or_stop(lookup, dict.fromkeys([*OPTIONS, *Settings.model_fields]), key, "key of --config")
PROJECT = or_stop(load_project, CONFIG, GIVEN)
# What an importing workflow gives as `prefix` is put before results here, and before no path by Snakemake: files of the
# project, which rules read too, lie where they lie.
ROOT = str(Path(workflow.modifier.path_modifier.replace_prefix(PROJECT.settings.results)))
workflow.modifier.path_modifier = PathModifier(None, None, workflow)
PROJECT.results = RESULTS = Results(ROOT)

# Of a SLURM job: what its kernels are compiled into lies on the node's disk and goes with the job. By default it lies in the
# home folder, which nodes share, and in which jobs that compile the same write over each other. `setup` may name others.
CACHES = {
    "TRITON_CACHE_DIR": "triton",
    "TORCHINDUCTOR_CACHE_DIR": "inductor",
    "VLLM_CACHE_ROOT": "vllm",
    "FLASHINFER_WORKSPACE_BASE": "flashinfer",
}
OWN_CACHES = (
    'if [ "${SLURM_JOB_ID:-}" ]; then caches=$(mktemp -d "${TMPDIR:-/tmp}/reasonome.XXXXXX"); '
    "trap 'rm -rf \"$caches\"' EXIT; export "
    + " ".join(f'{name}="${{{name}:-$caches/{folder}}}"' for name, folder in CACHES.items())
    + "; fi; "
)
# A cluster signals every process of a job: the shell outlives its program, which saves, or all would end with the shell.
# Compute jobs never reach for the hub, and vLLM, which training starts too, tells nobody that it is used, and samples
# by torch: FlashInfer's sampler would be compiled on the node. Weights are large
# blocks that come and go: without these malloc settings glibc hands them back to the kernel each time, which costs a fifth
# of the training speed on CPUs. Threads that wait for one another sleep after 1,000 rounds, or jobs that share cores hold
# each other up (docs/speed.md).
BEFORE = "".join(
    [
        "trap : TERM USR1; {{ ",
        literal(SETUP),
        "\n}} || exit; set -euo pipefail; export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1",
        " VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 VLLM_USE_FLASHINFER_SAMPLER=0 MALLOC_TRIM_THRESHOLD_=-1 MALLOC_TOP_PAD_=268435456 MALLOC_MMAP_MAX_=0",
        " GOMP_SPINCOUNT=${{GOMP_SPINCOUNT:-1000}}; ",
        literal(OWN_CACHES),
        (
            f"export REASONOME_RESULTS={shlex.quote(ROOT)}; "
            if ROOT != str(Path(PROJECT.settings.results))
            else ""
        ),
    ]
)
# Snakemake has one prefix, which would be that of an importing workflow's jobs too.
if workflow.modifier.is_main_snakefile():
    shell.prefix(BEFORE)
    BEFORE = ""
# Of a command that may ask the hub for weights.
ONLINE = "HF_HUB_OFFLINE=0 "


def one_of(names):
    """Regular expression of these names; of none, one that matches nothing (an empty one would match all)."""
    return "|".join(map(re.escape, names)) or "(?!)"


def backbones_of(kind):
    """Regular expression of the backbones whose answers come from weights, an api or recorded files."""
    return one_of(name for name, backbone in PROJECT.backbones.items() if backbone.kind == kind)


wildcard_constraints:
    backbone=NAME.strip("^$"),
    encoder=NAME.strip("^$"),
    source=NAME.strip("^$"),
    corpus=NAME.strip("^$"),
    benchmark=one_of(PROJECT.benchmarks),
    teacher=one_of(PROJECT.teachers),
    experiment=one_of(PROJECT.experiments),
    style="[a-z0-9-]+",
    decoding=one_of(PROJECT.decodings),
    chain=chains.CHAIN_PATTERN,


def settings_of(table, kind, name):
    """A config entry as canonical JSON: as a param it reruns a job when a value changes, never for a comment."""
    return canonical(entry(table, kind, name).model_dump(mode="json"))


def entry(table, kind, name):
    """A config entry by wildcard; an unknown name ends the run with the nearest valid one."""
    return or_stop(lookup, table, name, kind)


@functools.cache
def style_of(benchmark, style):
    """A prompt style of the benchmark's task, as canonical JSON."""
    styles = PROJECT.styles(PROJECT.benchmarks[benchmark].task)
    return settings_of(styles, "style", style)


def reported(output, caption, **options):
    """An output that Snakemake's own report shows, below the experiment's name."""
    return report(output, caption=f"../report/{caption}.rst", category="{experiment}", **options)


def program(script, arguments, variables=""):
    """The command of a job: one program, whose output is kept in the job's log, and shown unless REASONOME_QUIET is set.

    `variables` are those of its environment. `tee` outlives the signals that ask the program to stop, so that the
    program can still say what it did.
    """
    return (
        f"{BEFORE}{variables}{PYTHON} {_path(script)} {arguments} 2>&1 | (trap '' TERM USR1; "
        'if [ "${{REASONOME_QUIET:-}}" ]; then exec cat >> {log}; else exec tee -a {log}; fi)'
    )


@functools.cache
def code_of(script, parts="", *benchmarks):
    """Digest of the code that a program runs, of tasks that of these parts of these benchmarks' alone: as a param it
    reruns a job when that code changes, never for a comment."""
    tasks = [PROJECT.task(benchmark) for benchmark in benchmarks]
    files = [file for task in tasks for file in code_files(task, *parts.split())]
    return code_sha256(SCRIPTS / script, *files)


def code_of_experiment(script, experiment):
    """The same of a program that reports an experiment, by what its task has for reports."""
    return code_of(script, "report metrics", PROJECT.experiments[experiment].benchmarks[0])


def configured(script, *wildcards, **options):
    """The command of a program that reads the configuration: with options called as wildcards are, and others."""
    words = [f"--config {literal(shlex.quote(str(CONFIG)))}"]
    words += [f"--set {literal(shlex.quote(f'{key}={canonical(value)}'))}" for key, value in GIVEN.items()]
    words += [f"--{name} {{wildcards.{name}}}" for name in wildcards]
    words += [f"--{name.replace('_', '-')} {value}" for name, value in options.items()]
    return program(script, " ".join(words))


def compiled(script, output, variables=""):
    """The command of a program that reads its job.json alone, which is kept beside an output."""
    return program(script, '"$job"', _written_job(output) + variables)


def launched(script, output):
    """The same of a training program: on as many nodes and processes as the job was given."""
    return program(
        "launch.py",
        "--nodes {resources.nodes} --processes {resources.processes} --cpus {threads}"
        " --gpus {resources.gpus_per_node}"
        f' --sharding {{resources.sharding}} {_path(script)} "$job"',
        _written_job(output),
    )


def _written_job(output):
    return (
        f'job={output}; name="${{{{job##*/}}}}"; job="${{{{job%/*}}}}/${{{{name%.*}}}}.job.json"; '
        'printf %s {params.job:q} > "$job"; '
    )


def _path(script):
    return literal(shlex.quote(str(SCRIPTS / script)))
