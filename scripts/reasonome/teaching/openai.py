"""A teacher behind an OpenAI-compatible endpoint: what it is asked, and what its answers propose."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from reasonome.answering import chat_endpoint
from reasonome.answering.chat_endpoint import ApiAnswer, Message, Question
from reasonome.config import OpenAITeacher, RankingStyle
from reasonome.config.project.prompt_template import read_template
from reasonome.prompts.prompts import Prompt, filled_template
from reasonome.tasks.naming.completion import parse_completion
from reasonome.tasks.ranking.task import RankingTask
from reasonome.teaching import Proposal

_CUT_SHORT = ("length", "content_filter")


def ask(
    teacher: OpenAITeacher,
    messages_by_id: Mapping[str, Sequence[Message]],
    cache_path: str | os.PathLike,
) -> dict[str, ApiAnswer]:
    """The answer to each id's messages, in the order given; raises as `chat_endpoint.ask` does."""
    questions = {row_id: Question(messages) for row_id, messages in messages_by_id.items()}
    return chat_endpoint.ask(teacher, teacher.parameters(), questions, cache_path)


def ask_beside(
    teacher: OpenAITeacher, messages_by_id: Mapping[str, Sequence[Message]], output: Path
) -> dict[str, ApiAnswer]:
    """As `ask`; raw answers are cached beside the output, and tokens and their cost are printed."""
    output.parent.mkdir(parents=True, exist_ok=True)
    answers = ask(teacher, messages_by_id, output.with_suffix(".cache.jsonl"))
    totals = chat_endpoint.token_totals(answers.values())
    print(json.dumps({**totals, "cost": chat_endpoint.cost(teacher.price, **totals)}))
    return answers


def prompts(template: str | os.PathLike, student: Mapping[str, Prompt]) -> dict[str, list[Message]]:
    """Messages for `ask`, from a template file (texts under [system] and [user]) and what each row's prompt shows.

    {genes} are the genes as the student's prompt lists them, and {kind} what it asks for. Nothing else goes in, so the
    teacher cannot see the answer. Raises InputError as `read_template` does.
    """
    texts = read_template(Path(template), headed=False)
    return {
        row_id: [
            {"role": "system", "content": texts.system},
            {"role": "user", "content": filled_template(texts.user, {"{genes}": one.listing, "{kind}": one.kind})},
        ]
        for row_id, one in student.items()
    }


def to_proposals(rows: Sequence[Mapping], answers: Mapping[str, ApiAnswer]) -> list[Proposal]:
    """Read the answers to benchmark rows, one proposal a row; an answer that breaks the contract says how.

    An answer that was cut short has its finish reason ("length", "content_filter") before the codes.
    """
    proposals = []
    for row in rows:
        answer = answers[row["id"]]
        read = parse_completion(answer.text)
        problems = [answer.finish_reason] * (answer.finish_reason in _CUT_SHORT) + read.problems
        proposals.append(Proposal(row["id"], row["subset"], read.name, read.steps, answer.text, ", ".join(problems)))
    return proposals


def to_rankings(
    task: RankingTask, style: RankingStyle, rows: Sequence[Mapping], answers: Mapping[str, ApiAnswer]
) -> list[Proposal]:
    """Read the answers to questions of a ranking, asked in the task's own prompts; else as `to_proposals`.

    A list that repeats genes is no problem: what is learned of it is the reasoning.
    """
    proposals = []
    for row in rows:
        answer = answers[row["id"]]
        read = task.parse(answer.text, style)
        problems = [answer.finish_reason] * (answer.finish_reason in _CUT_SHORT)
        problems += [problem for problem in read.problems if problem != "repeated_genes"]
        listed = ", ".join(read.genes)
        proposals.append(Proposal(row["id"], row["subset"], listed, read.steps, answer.text, ", ".join(problems)))
    return proposals
