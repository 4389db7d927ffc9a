"""Fetch a backbone's or encoder's weights as safetensors, checked against their sha256. Needs a network.

python scripts/fetch_weights.py results/models/smollm2-135m/base/manifest.job.json
"""

from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.core.manifest import folder_sha256
from reasonome.facts.fetching import weights
from reasonome.facts.fetching.settings import WeightsSettings
from reasonome.jobs import read_job


def main() -> None:
    job = read_job(__doc__, WeightsSettings)
    settings, model = job.settings, job.output("model")
    fetched = weights.fetch(settings.weights, model, settings.field)
    pooling = {"pooling": settings.pooling} if settings.pooling else {}
    manifest = {"name": settings.name, **pooling, "weights": fetched, "model": folder_sha256(model)}
    atomic.write_json(job.output("manifest"), manifest)
    print(f"{settings.name}: {fetched['source']} weights, sha256 {fetched['sha256']}")


if __name__ == "__main__":
    run_program(main)
