"""A teacher behind an OpenAI-compatible endpoint: its prompts, and its answers as proposals."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from reasonome.answering import chat_endpoint
from reasonome.answering.chat_endpoint import ApiAnswer, Message, Question
from reasonome.config.project.folder import parse_template
from reasonome.config.teachers import OpenAITeacher
from reasonome.prompts.prompts import Prompt, chat_messages, filled_template
from reasonome.task_parts import TeachingJob
from reasonome.teaching.proposals import Proposal

_CUT_SHORT = ("length", "content_filter")
# An answer's text → its proposed answer, steps and problems.
Read = Callable[[str], tuple[str, list[str], list[str]]]


def ask_beside(
    teacher: OpenAITeacher, messages_by_id: Mapping[str, Sequence[Message]], output: Path
) -> dict[str, ApiAnswer]:
    """The answer to each id's messages, in the order given; raises as `chat_endpoint.ask` does.

    Raw answers are cached beside the output, and tokens and their cost are printed.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    questions = {row_id: Question(messages) for row_id, messages in messages_by_id.items()}
    cache = output.with_suffix(".cache.jsonl")
    answers = chat_endpoint.ask(teacher, teacher.parameters(), questions, cache)
    totals = chat_endpoint.token_totals(answers.values())
    print(json.dumps({**totals, "cost": chat_endpoint.cost(teacher.price, **totals)}))
    return answers


def propose(job: TeachingJob, messages_by_id: Mapping[str, Sequence[Message]], read: Read) -> list[Proposal]:
    """A teacher's proposal for each example, whose messages do not have the answer; `read` parses what it writes.

    The `problem` of a proposal lists how it breaks the contract. For an answer that was cut short it begins with its
    finish reason ("length", "content_filter").
    """
    assert isinstance(job.teacher, OpenAITeacher)  # `Checks.teachers` lets no other pass
    answers, proposals = ask_beside(job.teacher, messages_by_id, job.output), []
    for example in job.examples:
        answer = answers[example.id]
        proposed, steps, problems = read(answer.text)
        cut = [answer.finish_reason] * (answer.finish_reason in _CUT_SHORT)
        proposals.append(Proposal(example.id, example.subset, proposed, steps, answer.text, ", ".join(cut + problems)))
    return proposals


def prompts(template: str, student: Mapping[str, Prompt]) -> dict[str, Sequence[Message]]:
    """Messages for `ask`, from a template (texts under [system] and [user]) and what each row's prompt shows.

    {genes} are the genes as the student's prompt lists them, and {kind} what it asks for. Nothing else goes in, so the
    teacher cannot see the answer. Raises InputError as `parse_template` does.
    """
    texts = parse_template(template, None, headed=False)
    return {
        row_id: chat_messages(
            texts.system, filled_template(texts.user, {"{genes}": prompt.listing, "{kind}": prompt.kind})
        )
        for row_id, prompt in student.items()
    }
