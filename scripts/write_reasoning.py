"""Let a teacher write reasoning for a benchmark's training sets; kept and dropped rows, with reasons.

python scripts/write_reasoning.py --teacher knowledge-given --benchmark demo-go --style names \
    --folder results/benchmarks/demo-go --facts results/facts/demo/facts.parquet \
    --encoder results/encoders/minilm --output results/reasoning/knowledge-given/demo-go.names.jsonl
"""

import argparse
import json
from pathlib import Path

from reasonome import atomic, statements
from reasonome.benchmarks import held_out_terms, read_rows
from reasonome.config import KnowledgeTeacher, OpenAITeacher, Project, Style, lookup
from reasonome.encoders import load_encoders
from reasonome.errors import run_program
from reasonome.facts import read_facts
from reasonome.prompts import conservative_count
from reasonome.tasks import TASKS
from reasonome.tasks.task import Task
from reasonome.teachers import Proposal, filtering, knowledge


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the benchmark")
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    teacher = lookup(project.teachers, args.teacher, "teacher")
    task = TASKS[lookup(project.benchmarks, args.benchmark, "benchmark").task]
    style = project.style(args.benchmark, args.style)
    examples = read_rows(args.folder / "train.jsonl", task.Example)
    if isinstance(teacher, KnowledgeTeacher):
        facts, _ = statements.leave_out(read_facts(args.facts), held_out_terms(args.folder))
        proposals = ask_knowledge(teacher, task, style, examples, facts)
    else:
        template = args.config / "prompts" / f"teacher.{task.name}.txt"
        proposals = ask_endpoint(teacher, task, style, examples, template, args.output)
    encoder = load_encoders(project, [args.encoder])[args.encoder.name]
    truths = [{"id": example.id, "name": example.name} for example in examples]
    kept, dropped = filtering.keep(proposals, truths, encoder.similarity, teacher.threshold)
    atomic.write_jsonl(args.output.with_suffix(".dropped.jsonl"), dropped)
    atomic.write_jsonl(args.output, kept)
    print(f"{args.teacher}: {len(kept)} kept, {len(dropped)} dropped")


def ask_knowledge(teacher: KnowledgeTeacher, task: Task, style: Style, examples: list, facts) -> list[Proposal]:
    """Proposals written out of facts; they speak of the genes that every prompt shows."""
    shown = {e.id: task.prompt(e, style, conservative_count).shown for e in examples}
    return knowledge.propose(
        [example.model_dump() for example in examples],
        facts,
        mode=teacher.mode,
        seed=teacher.seed,
        shown_genes=lambda row: shown[row["id"]],
        steps=teacher.steps,
        genes_per_step=teacher.genes_per_step,
    )


def ask_endpoint(
    teacher: OpenAITeacher, task: Task, style: Style, examples: list, template: Path, output: Path
) -> list[Proposal]:
    """Proposals of a chat model that is not told the answers; its raw answers are cached beside the output."""
    from reasonome.teachers import openai

    shown = {e.id: task.prompt(e, style, conservative_count).shown for e in examples}
    listings = {e.id: style.separator.join(_entries(e, style, shown[e.id])) for e in examples}
    output.parent.mkdir(parents=True, exist_ok=True)
    answers = openai.ask(teacher, openai.prompts(template, listings), output.with_suffix(".cache.jsonl"))
    print(json.dumps(openai.token_totals(answers)))
    return openai.to_proposals([{"id": e.id, "subset": e.subset} for e in examples], answers)


def _entries(example, style: Style, shown: list[str]) -> list[str]:
    names = {gene.symbol: gene.name for gene in example.genes}
    return [style.gene.format(symbol=symbol, name=names[symbol] or "name unknown") for symbol in shown]


if __name__ == "__main__":
    run_program(main)
