"""Reasonome: sources → facts → benchmarks → statements, reasoning → models → answers → scores → report.

snakemake --cores 2                                   the experiments named in config/config.yaml
snakemake --cores 2 results/experiments/NAME/report.html      one experiment
snakemake cards                                       their models' cards
snakemake -n                                          what would run, and why
"""

import sys
from pathlib import Path

from snakemake.exceptions import WorkflowError
from snakemake.sourcecache import LocalSourceFile
from snakemake.utils import min_version

min_version("9.0")

# The folder of this Snakefile, not that of a workflow that imports it.
if not isinstance(workflow.current_basedir, LocalSourceFile):
    raise WorkflowError(
        "reasonome cannot be imported from a git address: clone its repository and name the path of that Snakefile"
    )
HERE = Path(workflow.current_basedir)
sys.path.insert(0, str(HERE / "scripts"))


include: HERE / "workflow/rules/project.smk"
include: HERE / "workflow/rules/jobs.smk"
include: HERE / "workflow/rules/inputs.smk"
include: HERE / "workflow/rules/weights.smk"
include: HERE / "workflow/rules/facts.smk"
include: HERE / "workflow/rules/benchmarks.smk"
include: HERE / "workflow/rules/backgrounds.smk"
include: HERE / "workflow/rules/prompts.smk"
include: HERE / "workflow/rules/statements.smk"
include: HERE / "workflow/rules/reasoning.smk"
include: HERE / "workflow/rules/preferences.smk"
include: HERE / "workflow/rules/training.smk"
include: HERE / "workflow/rules/answers.smk"
include: HERE / "workflow/rules/scores.smk"
include: HERE / "workflow/rules/annotations.smk"
include: HERE / "workflow/rules/experiments.smk"


# Of a misspelt target Snakemake says only that no rule makes it; targets are no part of `workflow` yet.
for word in sys.argv[1:]:
    or_stop(references.check_target, PROJECT, word)


# A plan for other machines may be read here. Jobs of a cluster run on machines that nobody can look at from here.
onstart:
    if workflow.local_exec:
        snakemake_lock.note()
        if not gpus.has_driver():
            check_gpus(workflow.dag.needrun_jobs())


rule all:
    default_target: True
    input:
        [RESULTS.experiment(name) / "report.html" for name in PROJECT.settings.experiments],
    localrule: True
