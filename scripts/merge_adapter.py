"""Write a backbone that is another one with a LoRA adapter added, in fp32.

python scripts/merge_adapter.py results/models/NAME/base/manifest.job.json
"""

from reasonome.answering.model_files import write_adapted
from reasonome.core.errors import run_program
from reasonome.facts.fetching.settings import AdapterSettings
from reasonome.jobs import read_job


def main() -> None:
    job = read_job(__doc__, AdapterSettings)
    name, weights = job.settings.name, job.settings.weights
    write_adapted(name, weights, job.file("manifest").parent, job.output("manifest").parent)
    print(f"{name}: {weights.backbone} with the adapter in {weights.path}")


if __name__ == "__main__":
    run_program(main)
