"""A package for `verifiers`: the questions as a taskset, our parser, and the rewards of a recipe."""

from pathlib import Path

from reasonome.core.errors import InputError
from reasonome.exports.question_set import QuestionSet
from reasonome.exports.templates import write_filled


def write(questions: QuestionSet, folder: Path) -> None:
    """Write the package into a folder; InputError where nothing says which rewards count."""
    if not (questions.description.rewards or questions.description.graders):
        fix = "give a recipe with rewards, such as --recipe grpo.demo"
        raise InputError("nothing says which rewards count", field="--recipe", fix=fix)
    module = questions.name.replace("-", "_")
    files = ("pyproject.toml", "README.md")
    names = {name: name for name in files} | {name: f"{module}/{name}" for name in ("__init__.py", "taskset.py")}
    write_filled("verifiers", folder, names, questions)
    questions.write(folder / module / "data")
