"""A task for lm-evaluation-harness: our prompts, our parser, and each reward as a metric."""

from dataclasses import replace
from pathlib import Path

from reasonome.exports.question_set import QuestionSet
from reasonome.exports.rewarded import RewardedQuestions
from reasonome.exports.templates import write_filled


def write(questions: QuestionSet, folder: Path) -> None:
    """Write the task's YAML, its functions and its data into a folder.

    No metric is a weighted sum, and none needs an encoder.
    """
    unweighted = questions.description.model_copy(update={"rewards": {}, "pooling": {}})
    questions = replace(questions, description=unweighted)
    questions.write(folder / "data")
    metrics = RewardedQuestions(folder / "data").metrics
    module = questions.name.replace("-", "_")
    names = {"task.yaml": f"{module}.yaml", "functions.py": f"{module}_functions.py", "README.md": "README.md"}
    write_filled("lm_eval", folder, names, questions, metrics=metrics)
