"""What the models of an experiment still know after each stage of what any stage taught.

python scripts/measure_forgetting.py results/experiments/demo/forgetting.job.json
"""

from collections.abc import Iterator
from functools import cache

from reasonome.answering.rows import read_answers, texts_by_id
from reasonome.benchmarks.rows import read_rows
from reasonome.config.project.experiments import Asked
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.jobs import Job, read_job
from reasonome.report import forgetting
from reasonome.report.forgetting import UNDER_WAY, Measured
from reasonome.report.settings import ForgettingSettings
from reasonome.tasks import find_task


def main() -> None:
    job = read_job(__doc__, ForgettingSettings)
    settings, reading = job.settings, Reading(job)
    tasks = {benchmark: find_task(named) for benchmark, named in settings.tasks.items()}
    measured: list[Measured] = []
    for asked in settings.asked:
        if asked.kind == "facts":
            rows, read = list(atomic.read_jsonl(asked.path)), reading.exposures(asked.backbone, asked.chain, asked.of)
            measured += forgetting.recalled(asked, rows, read)
            if benchmark := settings.named_by.get(asked.of):
                task = tasks[benchmark]
                questions = read_rows(job.files("named")[asked.of], task.Example)
                measured += forgetting.voted(asked, task, rows, questions, read)
            continue
        task, question = tasks[asked.of], f"{asked.of}.{asked.style}"
        rows = read_rows(job.files("examples")[question], task.Example)
        texts = texts_by_id(read_answers(asked.path))
        measured += forgetting.right(asked, task, task.Style.model_validate(settings.styles[question]), rows, texts)
    for backbone, chain, corpus in settings.under_way:
        measured += reading.under_way(backbone, chain, corpus)
    table = forgetting.forgetting_table(measured)
    atomic.write_tsv(job.output("table"), table)
    print(table.to_string(index=False))


class Reading:
    """How much of a corpus the steps of models read, by their records."""

    def __init__(self, job: Job[ForgettingSettings]):
        self.job = job
        self.facts = cache(self._facts)

    def _facts(self, corpus: str) -> int:
        return forgetting.facts_said(atomic.read_jsonl(self.job.files("statements")[corpus]))

    def _records(self, backbone: str, chain: str) -> tuple[list[dict], dict]:
        folder = self.job.files("models")[f"{backbone}/{chain}"]
        return atomic.read_jsonl(folder / "history.jsonl"), atomic.read_json(folder / "manifest.json")

    def exposures(self, backbone: str, chain: str, corpus: str) -> float:
        """How many statements the steps of a model read for each fact of a corpus."""
        read = 0.0
        for made in self.job.settings.read[chain].get(corpus, ()):
            history, manifest = self._records(backbone, made)
            read += history[-1].get("epoch", 0) * manifest["statements"]
        return read / self.facts(corpus)

    def under_way(self, backbone: str, chain: str, corpus: str) -> Iterator[Measured]:
        """What a warm-up measured while it read."""
        history, manifest = self._records(backbone, chain)
        path = self.job.files("models")[f"{backbone}/{chain}"] / "history.jsonl"
        asked = Asked(backbone, chain, UNDER_WAY, corpus, "", path)
        counts, facts = manifest["recall"], self.facts(corpus)
        yield from forgetting.recalled_under_way(asked, history, counts, facts, manifest["statements"])


if __name__ == "__main__":
    run_program(main)
