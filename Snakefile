"""Reasonome: sources → facts → benchmarks → statements, reasoning → models → answers → scores → report.

snakemake --cores 2                                   the experiments named in config/config.yaml
snakemake --cores 2 results/experiments/NAME/report.html      one experiment
snakemake cards                                       their models' cards
snakemake -n                                          what would run, and why
"""

import gc
import sys
from pathlib import Path

from snakemake.utils import min_version

min_version("9.0")

# What Snakemake has imported stays to the end: walking through it again at each full collection, while jobs are found,
# took a sixth of a large dry-run.
gc.freeze()

sys.path.insert(0, str(Path(workflow.basedir) / "scripts"))


include: "workflow/rules/project.smk"
include: "workflow/rules/jobs.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/weights.smk"
include: "workflow/rules/facts.smk"
include: "workflow/rules/benchmarks.smk"
include: "workflow/rules/backgrounds.smk"
include: "workflow/rules/prompts.smk"
include: "workflow/rules/statements.smk"
include: "workflow/rules/reasoning.smk"
include: "workflow/rules/preferences.smk"
include: "workflow/rules/training.smk"
include: "workflow/rules/answers.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/annotations.smk"
include: "workflow/rules/experiments.smk"


# Of a misspelt target Snakemake says only that no rule makes it; targets are no part of `workflow` yet.
for word in sys.argv[1:]:
    or_stop(references.check_target, PROJECT, word)


# Jobs of a cluster run on machines that nobody can look at from here.
onstart:
    if workflow.local_exec:
        snakemake_lock.note()


localrules:
    all,


rule all:
    default_target: True
    input:
        [RESULTS.experiment(name) / "report.html" for name in PROJECT.settings.experiments],
