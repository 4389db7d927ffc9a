"""`reasonome prompts`: what an experiment's models will learn from and be asked, word for word, before any training.

reasonome prompts demo                      of each arm: a row of every step, and a question as it is asked
reasonome prompts demo --show 3

Questions are of the valid set, where there is one. Sealed ones are not shown.
"""

import argparse
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from reasonome.benchmarks.rows import drawn, read_rows, unsealed
from reasonome.commands.options import command_parser
from reasonome.config import QuestionRecipe, RolloutRecipe, RowsRecipe
from reasonome.config.project import Project, chains
from reasonome.config.project.experiments import cells
from reasonome.core import arguments, atomic
from reasonome.core.errors import InputError, check_made, lookup, nearest
from reasonome.core.terminal import show
from reasonome.prompts.chat_template import load_tokenizer, render
from reasonome.task import Task
from reasonome.tasks import load_project
from reasonome.teaching.proposals import read_proposals

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


class Part(NamedTuple):
    """Rows that are learned from or asked, the files that they are read from, and their texts, which read these."""

    title: str
    files: Sequence[Path]
    texts: Iterator[str]


def add(commands: argparse._SubParsersAction) -> None:
    """The subcommand's arguments."""
    summary = "what an experiment's models will learn from and be asked, word for word, before anything is trained"
    command = command_parser(commands, "prompts", run, summary, __doc__)
    command.add_argument("experiment", metavar="EXPERIMENT", help="of config/experiments/")
    command.add_argument("--show", type=arguments.whole(1), default=1, metavar="N", help="rows of each (default: 1)")
    command.add_argument("--backbone", help="whose chat template writes them (default: the first with weights)")


def run(args: argparse.Namespace) -> int:
    """Print the rows, those of several arms once; the exit status is 0."""
    project = load_project(args.config, args.set)
    experiment = lookup(project.experiments, args.experiment, "experiment")
    able = [name for name in experiment.backbones if project.backbones[name].weights]
    if not able:
        fix = "name an experiment with such a backbone"
        raise InputError(f"no backbone of {args.experiment} has weights, and so a chat template", fix=fix)
    backbone = args.backbone or able[0]
    if backbone not in able:
        what = f"'{backbone}' is no backbone of the experiment with weights, and so with a chat template"
        raise InputError(what, field="--backbone", fix=nearest(backbone, able))
    shown = Shown(project, backbone, args.show)
    arms = {arm: list(shown.arm(args.experiment, arm)) for arm in experiment.arms}
    files = [shown.base / "manifest.json", *(file for parts in arms.values() for part in parts for file in part.files)]
    check_made(files, "what this is made of was not built yet")
    said: dict[str, str] = {}
    for arm, parts in arms.items():
        show(f"=== {arm}\n")
        for title, _, texts in parts:
            if (first := said.setdefault(title, arm)) != arm:
                show(f"--- {title}: as of {first}\n")
            else:
                show("\n\n".join([f"--- {title}", *texts]) + "\n")
    return 0


class Shown:
    """Up to `count` rows of everything that models learn from and are asked, by the chat template of a backbone."""

    def __init__(self, project: Project[Task], backbone: str, count: int):
        self.project, self.backbone, self.count = project, backbone, count
        self.base = project.results.model(backbone, chains.BASE)

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        return load_tokenizer(self.base / "model")

    def arm(self, experiment: str, arm: str) -> Iterator[Part]:
        """What the steps of an arm learn from, and what its models are asked."""
        steps = self.project.experiments[experiment].arms[arm].steps
        for place, step in enumerate(steps):
            yield from self._learned(step, chains.arm_chain(steps[:place], 0))
        runs = [run for run in cells(self.project, experiment) if (run.arm, run.backbone) == (arm, self.backbone)]
        for benchmark, style in dict.fromkeys((run.benchmark, run.style) for run in runs):
            folder = self.project.examples(benchmark, style)
            files = [folder / "valid.jsonl", folder / "test.jsonl"]
            yield Part(f"asked: {benchmark}, style {style}", files, self._asked(benchmark, style, *files))

    def _learned(self, step: str, parent: str) -> Iterator[Part]:
        """What a step learns from, as far as it is there before the model that it continues is trained."""
        recipe, model = self.project.recipe(step), (self.backbone, parent)
        for corpus in recipe.corpora:
            path = self.project.results.statements(corpus) / "train.jsonl"
            yield Part(f"{step}: statements of {corpus}", [path], self._statements(path))
        for part in recipe.parts if isinstance(recipe, QuestionRecipe) else ():
            files = part.files(self.project.results, self.project.preferences, model)
            title = f"{step}: {part.question[0]}, style {part.question[1]}"
            if isinstance(part, RowsRecipe):
                read = {kind: files[kind] for kind in ("examples", "reasoning") if kind in files}
                yield Part(title, list(read.values()), self._questions(part, **read))
            elif part.answers_of(self.project.results, self.project.preferences, model):
                yield Part(f"{title}: pairs of the model's own answers, which do not exist yet", [], iter(()))
            else:
                yield Part(title, [files["preferences"]], self._pairs(files["preferences"]))

    def _statements(self, file: Path) -> Iterator[str]:
        for row in islice(atomic.read_jsonl(file), self.count):
            yield row["text"]

    def _pairs(self, file: Path) -> Iterator[str]:
        for pair in islice(atomic.read_jsonl(file), self.count):
            yield self._said(pair["id"], pair["messages"], better=pair["chosen"], worse=pair["rejected"])

    def _questions(self, recipe: RowsRecipe, examples: Path, reasoning: Path | None = None) -> Iterator[str]:
        """Training questions with what is learned of them: targets, or right answers where rewards compare."""
        task, style = self.project.task(recipe.question[0]), self.project.style(*recipe.question)
        proposals = read_proposals(reasoning) if reasoning else None
        rows = drawn(read_rows(examples, task.Example), recipe.part(), examples)
        taught = (row for row in rows if proposals is None or row.id in proposals)
        for row in islice(taught, self.count):
            prompt = task.prompt(row, style)
            completion = task.completion(row, prompt, style, proposals[row.id] if proposals else None)
            if isinstance(recipe, RolloutRecipe):
                yield self._said(row.id, prompt.messages, right=completion or "none")
            else:
                yield self._said(row.id, prompt.messages, target=completion or "none: it is left out")

    def _asked(self, benchmark: str, style_name: str, valid: Path, test: Path) -> Iterator[str]:
        task, style = self.project.task(benchmark), self.project.style(benchmark, style_name)
        rows = read_rows(valid, task.Example)
        rows = rows or unsealed(read_rows(test, task.Example), self.project.benchmarks[benchmark].sealed, final=False)
        for row in rows[: self.count]:
            yield self._said(row.id, task.prompt(row, style).messages)

    def _said(self, name: str, messages: Sequence[Mapping[str, str]], **answers: str) -> str:
        """A prompt as models read it, with its number of tokens, and the answers below it, each behind its kind."""
        text = render(self.tokenizer, messages)
        tokens = len(self.tokenizer(text, add_special_tokens=False)["input_ids"])
        return "\n".join([f"[{name}: {tokens} tokens]", text, *(f"[{kind}]\n{said}" for kind, said in answers.items())])
