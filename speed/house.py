"""How large the project is, and how much of it one has to read: a table of figures, each beside its bound.

python speed/house.py
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "scripts/reasonome"
# From the lowest to the highest: a module imports its own layer and those before it. How relations are worded, which is
# data, stands by itself.
LAYERS = (
    "core",
    "facts.wording",
    "config",
    "facts",
    "benchmarks",
    "enrichment",
    "prompts",
    "metrics",
    "rewards",
    "task_parts",
    "task",
    "answering",
    "scoring",
    "teaching",
    "training",
    "stages",
    "leaks",
    "report",
    "cluster",
    "tasks",
    "apps",
    "exports",
    "commands",
    "cli",
)
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in PACKAGE.rglob("*.py")
}
PROGRAM_SUFFIXES = (".py", ".js", ".css", ".j2")
LOOK_UPS = ("import_module", "spec_from_file_location", "__import__")
END_OF_SENTENCE = re.compile(r"(?<=[.!?])[*_)\"”’]*\s+(?=[A-Z0-9`*_\[(\"“])")
LONG_SENTENCE = 40  # words
LOADED = """
import runpy, sys
runpy.run_path(sys.argv[1], run_name="loaded")
if sys.argv[2] == "grpo":
    import reasonome.training.grpo, reasonome.training.rollouts
elif sys.argv[2]:
    from reasonome.tasks import TASKS
    TASKS[sys.argv[2]].scoring
files = {m.__file__ for name, m in list(sys.modules.items()) if name.split(".")[0] == "reasonome" and m.__file__}
print("\\n".join(sorted(files)))
"""


class Figure(NamedTuple):
    """A line of the table; `bound` is in words."""

    what: str
    now: str
    bound: str = ""


def main() -> int:
    rows = [Figure("what", "now", "bound"), *figures()]
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
    return 0


def figures() -> Iterator[Figure]:
    """Every line of the table."""
    sizes = {suffix: lines_of(tracked("scripts", suffix)) for suffix in PROGRAM_SUFFIXES}
    yield Figure("lines under scripts/: Python, JavaScript, styles, templates", f"{sum(sizes.values()):,}")
    yield Figure("lines of tests", f"{lines_of(tracked('tests', '.py')):,}")
    yield Figure("modules of the package", f"{len([path for path in MODULES.values() if path.stat().st_size])}", "340")
    yield Figure("generated lines that are committed", f"{lines_of(tracked('workflow', '.json')):,}", "0")
    yield Figure("imports in a circle", circle() or "none", "none")
    upward = [f"{module} → {other}" for module in MODULES for other in above(module)]
    yield Figure("imports of a higher layer", f"{len(upward)}", "0")
    yield Figure("modules looked up by a string", f"{len(list(look_ups()))}", "2")
    for program, part, bound in (("score.py", "gene_set_naming", "75; 8,500"), ("train.py", "grpo", "70; 8,000")):
        loaded = loaded_files(program, part)
        yield Figure(f"files that {program} loads; lines", f"{len(loaded)}; {lines_of(loaded):,}", bound)
    words = [count for page in [ROOT / "README.md", *tracked("docs", ".md")] for count in sentences(page)]
    yield Figure("words in a sentence of docs", f"{sum(words) / len(words):.1f}", "18")
    yield Figure(f"sentences of more than {LONG_SENTENCE} words", f"{sum(n > LONG_SENTENCE for n in words)}", "20")


def tracked(folder: str, suffix: str) -> list[Path]:
    """The files of the repository in a folder, with this end of their names."""
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.splitlines() if name.endswith(suffix) and (ROOT / name).is_file()]


def lines_of(paths: list[Path]) -> int:
    """The lines of files together."""
    return sum(len(path.read_text(encoding="utf-8").splitlines()) for path in paths)


def imports(module: str) -> set[str]:
    """The modules of the library that a module imports, anywhere and for whatever, or names in a string."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(MODULES[module].read_bytes())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {name for name in found if name in MODULES and name != module}


def layer(module: str) -> int:
    """The place of a module's layer; the longest name that fits counts."""
    parts = module.split(".")[1:]
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return -1 if module == "reasonome" else next(LAYERS.index(name) for name in names if name in LAYERS)


def above(module: str) -> set[str]:
    """The modules of higher layers that a module imports."""
    return {other for other in imports(module) if layer(other) > layer(module)}


def circle() -> str:
    """Modules that import each other in a circle; "" if none do."""
    try:
        TopologicalSorter({module: imports(module) for module in MODULES}).prepare()
    except CycleError as error:
        return " → ".join(error.args[1])
    return ""


def look_ups() -> Iterator[str]:
    """Places where a module is found by a name that is computed."""
    for path in [*MODULES.values(), *(ROOT / "scripts").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and not (node.args and isinstance(node.args[0], ast.Constant)):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in LOOK_UPS:
                    yield f"{path.relative_to(ROOT)}:{node.lineno}"


def loaded_files(program: str, part: str) -> list[Path]:
    """The files of the library that a program loads, with the scoring of a task, or with what trains GRPO."""
    command = [sys.executable, "-c", LOADED, str(ROOT / "scripts" / program), part]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return [Path(line) for line in done.stdout.splitlines()]


def sentences(page: Path) -> Iterator[int]:
    """The number of words of each sentence of a page of Markdown; code, tables and headings have none."""
    for paragraph in paragraphs(page.read_text(encoding="utf-8")):
        text = re.sub(r"`[^`]+`", "code", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", paragraph))
        for sentence in END_OF_SENTENCE.split(text):
            if words := re.findall(r"\w[\w.,'’–-]*", sentence):
                yield len(words)


def paragraphs(text: str) -> list[str]:
    """The paragraphs and items of lists of a page."""
    found: list[str] = []
    in_code = goes_on = False
    for line in text.splitlines():
        if line.lstrip().startswith("```"):
            in_code, goes_on = not in_code, False
        elif in_code or not line.strip() or re.match(r"\s*(\||#|<|!\[)", line) or (line[:4] == "    " and not goes_on):
            goes_on = False
        elif (item := re.match(r"\s*(?:[-*+]|\d+\.)\s+", line)) or not goes_on:
            found.append(line[item.end() :] if item else line.strip())
            goes_on = True
        else:
            found[-1] += f" {line.strip()}"
    return found


if __name__ == "__main__":
    sys.exit(main())
