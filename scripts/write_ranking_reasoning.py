"""Let a teacher write reasoning for a ranking benchmark's training questions; kept and dropped rows, with reasons.

python scripts/write_ranking_reasoning.py --teacher gene-names --benchmark demo-loci --style short \
    --folder results/prompts/demo-loci.short --output results/reasoning/gene-names/demo-loci.short.jsonl
"""

import argparse
from pathlib import Path

from reasonome.benchmarks.rows import read_rows
from reasonome.config import GeneNamesTeacher, OpenAITeacher, RankingStyle
from reasonome.config.project import Project
from reasonome.core.errors import lookup, run_program
from reasonome.prompts.prompts import Prompt
from reasonome.tasks.ranking import teacher as gene_names
from reasonome.tasks.ranking.task import RankingTask
from reasonome.tasks.registry import TASKS
from reasonome.teaching import Proposal, counting, filtering


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the benchmark's rows in this style")
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    teacher = lookup(project.teachers, args.teacher, "teacher")
    task = TASKS[lookup(project.ranking_benchmarks, args.benchmark, "benchmark of rankings").task]
    style = project.style(args.benchmark, args.style)
    examples = read_rows(args.folder / "train.jsonl", task.Example)
    prompts = {example.id: task.prompt(example, style) for example in examples}
    if isinstance(teacher, GeneNamesTeacher):
        proposals = gene_names.propose(examples, prompts, task.plain_reasoning, genes=teacher.genes, seed=teacher.seed)
    else:
        proposals = ask_endpoint(teacher, task, style, examples, prompts, args.output)
    kept, dropped = filtering.keep_right_first(counting.without_contradictions(proposals, prompts), examples)
    filtering.write_reasoning(args.teacher, kept, dropped, args.output)


def ask_endpoint(
    teacher: OpenAITeacher,
    task: RankingTask,
    style: RankingStyle,
    examples: list,
    prompts: dict[str, Prompt],
    output: Path,
) -> list[Proposal]:
    """Proposals of a chat model that is not told the answers."""
    from reasonome.teaching import openai

    answers = openai.ask_beside(teacher, {id: prompt.messages for id, prompt in prompts.items()}, output)
    return openai.to_rankings(task, style, [{"id": e.id, "subset": e.subset} for e in examples], answers)


if __name__ == "__main__":
    run_program(main)
