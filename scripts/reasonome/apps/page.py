"""The self-contained page of an application: style, scripts and data are in it, so that it loads nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from markupsafe import Markup
from pydantic import BaseModel

from reasonome.report import page_files
from reasonome.report.card_sources import SourceRead

FOLDER = Path(__file__).with_suffix("")
STYLES = [page_files.FOLDER / "page.css", page_files.FOLDER / "records.css"]


class About(BaseModel):
    """How what a page shows was made; without a model, fields of a model are empty.

    `where` says where the model was asked, and what left the machine. `recipe_steps` has a sentence for each training
    step, `reading` says how the files were read, and `warnings` stand above all.
    """

    model: str = ""
    where: str = "Nothing was uploaded."
    recipe_steps: list[str] = []
    decoding: str = ""
    style: str = ""
    sources: list[SourceRead] = []
    reading: list[str] = []
    versions: dict[str, str] = {}
    command: str
    warnings: list[str] = []


def scripts(folder: Path, modules: Sequence[str]) -> list[Path]:
    """The scripts of a page whose own modules are in `folder`, in their order."""
    return [
        *(page_files.FOLDER / f"{name}.js" for name in ("elements", "paged_table", "handing_over")),
        FOLDER / "kit.js",
        *(folder / f"{name}.js" for name in modules),
        FOLDER / "start.js",
    ]


def render(
    template: Path, script_files: Sequence[Path], about: About, data: Mapping[str, object], **shown: object
) -> str:
    """The page as text: the template, which extends frame.html.j2, with `shown` and with `data` for its scripts."""
    script = page_files.one_script(script_files)
    return (
        page_files.templates(FOLDER, template.parent)
        .get_template(template.name)
        .render(
            about=about,
            style=Markup("".join(style.read_text(encoding="utf-8") for style in STYLES)),
            script=Markup(script),
            script_digest=page_files.script_digest(script),
            data=Markup(page_files.script_data(data)),
            **shown,
        )
    )
