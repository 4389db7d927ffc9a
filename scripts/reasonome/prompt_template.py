"""Prompt templates under config/prompts/: texts under [system] and [user], in a style's file below a YAML head."""

import re
from pathlib import Path
from typing import NamedTuple

from reasonome.errors import InputError
from reasonome.yamltext import read_text

_TEXTS = r"\[system\]\n(?P<system>.*?)\n\[user\]\n(?P<user>.*)"


class PromptTemplate(NamedTuple):
    """The parts of a template; `user` holds {genes} once. `head` is YAML, from line 2 on, or "" without one."""

    head: str
    system: str
    user: str


def read_template(path: Path, headed: bool) -> PromptTemplate:
    """Read a template, with a head between two `---` lines if `headed`.

    Raises InputError for a missing file, missing sections, and {genes} not exactly once under [user].
    """
    text = read_text(path)
    head = r"---\n(?P<head>.*?)\n---\n" if headed else "(?P<head>)"
    match = re.fullmatch(head + _TEXTS, text, re.DOTALL)
    if match is None:
        above = "a YAML head between two --- lines" if headed else "nothing"
        fix = f"write a text under [system], then one under [user], and above them {above}"
        raise InputError("not a prompt template", file=path, fix=fix)
    if match["user"].count("{genes}") != 1:
        line = text[: match.start("user")].count("\n") + 1
        raise InputError("the [user] text needs {genes} exactly once", file=path, line=line, field="user")
    return PromptTemplate(match["head"], match["system"].strip(), match["user"].strip())
