"""Let a teacher write reasoning for a benchmark's training sets; kept and dropped rows, with reasons.

python scripts/write_reasoning.py --teacher knowledge-given --benchmark demo-go --style demo-names \
    --folder results/prompts/demo-go.demo-names --facts results/facts/demo/facts.parquet \
    --encoder results/encoders/minilm --output results/reasoning/knowledge-given/demo-go.demo-names.jsonl
"""

import argparse
from pathlib import Path

import pandas as pd

from reasonome.benchmarks.rows import held_out_terms, read_rows, read_sets
from reasonome.config import KnowledgeTeacher, OpenAITeacher
from reasonome.config.project import Project
from reasonome.core.errors import lookup, run_program
from reasonome.facts import statements
from reasonome.facts.corpus import read_facts
from reasonome.leaks.audit import drop_naming
from reasonome.prompts.prompts import Prompt
from reasonome.scoring.encoders import load_encoders
from reasonome.tasks.naming import teacher as knowledge
from reasonome.tasks.registry import TASKS
from reasonome.teaching import Proposal, counting, filtering


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, default=Path("config"))
    parser.add_argument("--teacher", required=True)
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--style", required=True)
    parser.add_argument("--folder", type=Path, required=True, help="of the benchmark's rows in this style")
    parser.add_argument("--leave-out", type=Path, nargs="*", default=[], help="folders of further benchmarks")
    parser.add_argument("--facts", type=Path, required=True)
    parser.add_argument("--encoder", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    args = parser.parse_args()

    project = Project(args.config)
    teacher = lookup(project.teachers, args.teacher, "teacher")
    task = TASKS[lookup(project.benchmarks, args.benchmark, "benchmark").task]
    style = project.style(args.benchmark, args.style)
    examples = read_rows(args.folder / "train.jsonl", task.Example)
    prompts = {example.id: task.prompt(example, style) for example in examples}
    if isinstance(teacher, KnowledgeTeacher):
        terms = [term for folder in (args.folder, *args.leave_out) for term in held_out_terms(folder)]
        facts, _ = statements.leave_out(read_facts(args.facts), terms)
        proposals = ask_knowledge(teacher, examples, prompts, facts)
    else:
        template = args.config / "prompts" / f"teacher.{task.name}.txt"
        proposals = ask_endpoint(teacher, examples, prompts, template, args.output)
    proposals = counting.without_contradictions(proposals, prompts)
    encoder = load_encoders(project.encoders, [args.encoder])[args.encoder.name]
    truths = [{"id": example.id, "name": example.name} for example in examples]
    kept, dropped = filtering.keep(proposals, truths, encoder.similarity, teacher.threshold)
    for name, folder in [(args.benchmark, args.folder), *((folder.name, folder) for folder in args.leave_out)]:
        if lookup(project.benchmarks, name, "benchmark").audit.name_in_reasoning == "drop":
            tests = [one.name for one in read_sets(folder / "test.jsonl")]
            kept, naming = drop_naming(kept, name, tests)
            dropped += naming
    filtering.write_reasoning(args.teacher, kept, dropped, args.output)


def ask_knowledge(
    teacher: KnowledgeTeacher, examples: list, prompts: dict[str, Prompt], facts: pd.DataFrame
) -> list[Proposal]:
    """Proposals written out of facts; they speak of the genes that every prompt shows."""
    return knowledge.propose(
        [example.model_dump() for example in examples],
        facts,
        mode=teacher.mode,
        seed=teacher.seed,
        shown_genes=lambda row: prompts[row["id"]].shown,
        steps=teacher.steps,
        genes_per_step=teacher.genes_per_step,
    )


def ask_endpoint(
    teacher: OpenAITeacher, examples: list, prompts: dict[str, Prompt], template: Path, output: Path
) -> list[Proposal]:
    """Proposals of a chat model that is not told the answers."""
    from reasonome.teaching import openai

    answers = openai.ask_beside(teacher, openai.prompts(template, prompts), output)
    return openai.to_proposals([{"id": e.id, "subset": e.subset} for e in examples], answers)


if __name__ == "__main__":
    run_program(main)
