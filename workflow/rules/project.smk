# The validated configuration, the paths, and what every job's shell shares.

from snakemake.exceptions import WorkflowError

from reasonome import chains, experiments
from reasonome.config import NAME, Project, lookup
from reasonome.errors import InputError
from reasonome.manifest import canonical, code_sha256


report: "../report/workflow.rst"


CONFIG = Path(config.get("folder", "config"))
PYTHON = config.get("python", sys.executable)
SCRIPTS = Path(workflow.basedir) / "scripts"

try:
    PROJECT = Project(CONFIG)
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = experiments.Results(PROJECT.settings.results)
ROOT = str(RESULTS.root)

# A log per job that also shows on the terminal. It outlives the signals that stop the program before it.
TEE = " 2>&1 | (trap '' TERM USR1; exec tee -a {log})"

# Compute jobs never reach for the hub. Weights are large blocks that come and go: without these malloc
# settings glibc hands them back to the kernel each time, which costs a fifth of the training speed on CPUs.
shell.prefix(
    "set -euo pipefail; export HF_HUB_OFFLINE=1 TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1"
    " MALLOC_TRIM_THRESHOLD_=-1 MALLOC_TOP_PAD_=268435456 MALLOC_MMAP_MAX_=0; "
)


wildcard_constraints:
    backbone=NAME.strip("^$"),
    encoder=NAME.strip("^$"),
    source=NAME.strip("^$"),
    corpus=NAME.strip("^$"),
    benchmark="|".join(PROJECT.benchmarks),
    teacher="|".join(PROJECT.teachers),
    experiment="|".join(PROJECT.experiments),
    style="[a-z0-9-]+",
    decoding="|".join(PROJECT.decodings),
    chain=chains.CHAIN_PATTERN,


def settings_of(table, kind, name):
    """A config entry as canonical JSON: as a param it reruns a job when a value changes, never for a comment."""
    return canonical(entry(table, kind, name).model_dump(mode="json"))


def entry(table, kind, name):
    """A config entry by wildcard; an unknown name ends the run with the nearest valid one."""
    try:
        return lookup(table, name, kind)
    except InputError as error:
        raise WorkflowError(str(error)) from None


def style_of(benchmark, style):
    """A prompt style of the benchmark's task, as canonical JSON."""
    styles = PROJECT.styles(PROJECT.benchmarks[benchmark].task)
    return settings_of(styles, "style", style)
