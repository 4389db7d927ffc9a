"""Text files of exports, filled in from templates."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from reasonome.core import atomic
from reasonome.exports.question_set import QuestionSet

_FILES = Path(__file__).with_name("files")


def write_filled(kind: str, folder: Path, names: dict[str, str], questions: QuestionSet, **values: Any) -> None:
    """Write the templates of a kind of export into a folder: `names` has the path of each file by its template."""
    environment = Environment(
        loader=FileSystemLoader([_FILES / kind, _FILES]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for template, name in names.items():
        text = environment.get_template(f"{template}.j2").render(
            set=questions, said=questions.description, module=questions.name.replace("-", "_"), **values
        )
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        atomic.write_text(folder / name, text)
