"""What the models of an experiment still know after each stage of what any stage taught.

python scripts/measure_forgetting.py --experiment demo --output results/experiments/demo/forgetting.tsv
"""

from collections.abc import Iterator
from functools import cache

from reasonome.answering.rows import read_answers, texts_by_id
from reasonome.benchmarks.rows import read_rows, read_splits
from reasonome.config.project import Project, chains, experiments
from reasonome.config.project.experiments import Asked
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.report import forgetting
from reasonome.report.forgetting import UNDER_WAY, Measured
from reasonome.stages.pretrain import PretrainRecipe
from reasonome.tasks import arguments_and_project


def main() -> None:
    args, project = arguments_and_project(__doc__, "experiment", "output")
    reading = Reading(project)
    measured: list[Measured] = []
    for asked in experiments.asked_again(project, args.experiment):
        if asked.kind == "facts":
            rows, read = list(atomic.read_jsonl(asked.path)), reading.exposures(asked.backbone, asked.chain, asked.of)
            measured += forgetting.recalled(asked, rows, read)
            if (only := project.corpora[asked.of].only) and only.answers_of:
                folder, task = project.results.benchmark(only.answers_of), project.task(only.answers_of)
                measured += forgetting.voted(asked, task, rows, read_splits(folder, task.Example, "test"), read)
            continue
        task = project.task(asked.of)
        rows = read_rows(project.results.prompts(asked.of, asked.style) / "train.jsonl", task.Example)
        texts = texts_by_id(read_answers(asked.path))
        measured += forgetting.right(asked, task, project.style(asked.of, asked.style), rows, texts)
    for model in experiments.trained_steps(project, args.experiment):
        measured += reading.under_way(*model)
    table = forgetting.forgetting_table(measured, project.settings.seed, project.settings.bootstrap)
    atomic.write_tsv(args.output, table)
    print(table.to_string(index=False))


class Reading:
    """How much of a corpus the steps of models read, by their records."""

    def __init__(self, project: Project):
        self.project = project
        self.facts = cache(self._facts)

    def _facts(self, corpus: str) -> int:
        path = self.project.results.statements(corpus) / "train.jsonl"
        return forgetting.facts_said(atomic.read_jsonl(path))

    def _records(self, backbone: str, chain: str) -> tuple[list[dict], dict]:
        folder = self.project.results.model(backbone, chain)
        return atomic.read_jsonl(folder / "history.jsonl"), atomic.read_json(folder / "manifest.json")

    def exposures(self, backbone: str, chain: str, corpus: str) -> float:
        """How many statements the steps of a model read for each fact of a corpus."""
        read = 0.0
        for made in experiments.corpora_read(self.project.recipes, chain).get(corpus, ()):
            history, manifest = self._records(backbone, made)
            read += history[-1].get("epoch", 0) * manifest["statements"]
        return read / self.facts(corpus)

    def under_way(self, backbone: str, chain: str) -> Iterator[Measured]:
        """What a warm-up measured while it read, if it did."""
        recipe = chains.last_step(chain).recipe(self.project.recipes)
        if isinstance(recipe, PretrainRecipe) and recipe.recall:
            history, manifest = self._records(backbone, chain)
            path = self.project.results.model(backbone, chain) / "history.jsonl"
            asked = Asked(backbone, chain, UNDER_WAY, recipe.corpus, "", path)
            counts, facts = manifest["recall"], self.facts(recipe.corpus)
            yield from forgetting.recalled_under_way(asked, history, counts, facts, manifest["statements"])


if __name__ == "__main__":
    run_program(main)
