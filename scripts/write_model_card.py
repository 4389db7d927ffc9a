"""Write the card of a trained model: what it is, what it learned from, and what it scored beside baselines.

python scripts/write_model_card.py results/models/smollm2-135m/sft.closedbook-s0/card.closed-book.job.json
"""

from reasonome.config.project import chains
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import read_job
from reasonome.report.model_card import render_card
from reasonome.report.model_scores import scores_of
from reasonome.report.settings import CardSettings
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, CardSettings)
    settings, target = job.settings, job.output("card")
    base, *steps = chains.step_manifests(target.parent)
    # The licence as it is corrected, which fetches no weights again.
    licence = {"licence": settings.licence} if settings.licence else {}
    card = render_card(
        scores_of(job.file("plan").parent, settings.backbone, settings.chain, find_task),
        manifests=[base | {"weights": base["weights"] | licence}, *steps],
        leaks=atomic.read_json(job.file("audit")),
        sources=settings.sources,
        decodings=settings.decodings,
        target=target.as_posix(),
        judges={
            step: chains.step_manifests(target.parent.with_name(judge))[1:] for step, judge in settings.judges.items()
        },
    )
    atomic.write_text(target, card)


if __name__ == "__main__":
    run_program(main)
