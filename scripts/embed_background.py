"""Embed the names of a background once, into the encoder's cache, so that no two scoring jobs do it at a time.

python scripts/embed_background.py results/backgrounds/demo-go.minilm.job.json
"""

from reasonome.config.backbones import EncoderFolder
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import BenchmarkSettings, read_job
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, BenchmarkSettings)
    names = find_task(job.settings.task).background.candidate_names(job.file("background"))
    [pooling] = job.settings.encoders.values()
    [encoder] = load_encoders([EncoderFolder(job.file("manifest").parent, pooling)]).values()
    encoder.embed(names)
    atomic.write_json(job.output("embedded"), {"names": len(names)})
    print(f"{len(names):,} names")


if __name__ == "__main__":
    run_program(main)
