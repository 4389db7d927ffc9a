"""Scores of recorded answers by a library that loaded an export; runs in the environment that has the library.

python tests/exports/score_with_library.py verifiers|lm-eval EXPORT ANSWERS.jsonl OUTPUT.json
"""

import asyncio
import json
import sys
from pathlib import Path


def by_verifiers(export: Path, answers: dict[str, str]) -> dict[str, dict]:
    """What each answer earns, and the messages that it is asked with."""
    sys.path.insert(0, str(export))
    import verifiers.v1 as vf
    from verifiers.v1.trace import AgentInfo, TraceTask
    from verifiers.v1.utils.loaders import taskset_class

    taskset = taskset_class(export.name)
    [generic] = [base for base in taskset.__orig_bases__]
    tasks = {task.data.id: task for task in taskset(generic.__args__[1](split="test"))}

    async def score(task: vf.Task, text: str) -> dict:
        kind = type(task).__name__
        trace = vf.Trace(task=TraceTask(type=kind, data=task.data), agent=AgentInfo(config=vf.AgentConfig()))
        trace.root_reply = text
        await task.score(trace)
        asked = [task.data.system_prompt, *(message.content for message in task.data.prompt)]
        return {"asked": asked, "reward": trace.reward, **trace.metrics}

    return {key: asyncio.run(score(tasks[key], text)) for key, text in answers.items()}


def by_lm_eval(export: Path, answers: dict[str, str]) -> dict[str, dict]:
    """What each answer earns, and the messages that it is asked with."""
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    class Recorded(LM):
        tokenizer_name = "recorded"

        def generate_until(self, requests, **settings):
            return [answers[request.doc["id"]] for request in requests]

        def loglikelihood(self, requests, **settings):
            raise NotImplementedError

        loglikelihood_rolling = loglikelihood

        def chat_template(self, name=""):
            return "recorded"

        def apply_chat_template(self, history, add_generation_prompt=True):
            return json.dumps([message["content"] for message in history])

    name = export.name.replace("-", "_")
    done = simple_evaluate(
        model=Recorded(),
        tasks=[name],
        task_manager=TaskManager(include_path=str(export)),
        samples={name: list(range(len(answers)))},
        apply_chat_template=True,
        log_samples=True,
    )
    scores = {}
    for sample in done["samples"][name]:
        values = {metric: sample[metric] for metric in sample["metrics"]}
        scores[sample["doc"]["id"]] = {"asked": json.loads(sample["arguments"][0][0]), **values}
    return scores


if __name__ == "__main__":
    library, export, recorded, output = sys.argv[1:]
    rows = map(json.loads, Path(recorded).read_text(encoding="utf-8").splitlines())
    score = {"verifiers": by_verifiers, "lm-eval": by_lm_eval}[library]
    scored = score(Path(export), {row["id"]: row["text"] for row in rows})
    Path(output).write_text(json.dumps(scored), encoding="utf-8")
