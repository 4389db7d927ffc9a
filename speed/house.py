"""How large the project is, and how much of it one has to read: a table of figures, each beside its bound.

PYTHONPATH=scripts python speed/house.py [--tests]    --tests counts the tests, too, which takes 20 s
"""

import ast
import re
import subprocess
import sys
import tokenize
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

BOUNDS = {
    "code lines of scripts/, Snakefile and rules": 35_500,
    "lines under scripts/ and workflow/": 53_900,
    "lines under tests/": 44_000,
    "    of them snapshots": 4_500,
    "lines of Python": 96_000,
    "words of Markdown": 58_000,
    "pages under docs/": 40,
    "tokens a code line": 11.6,
    "TRL, transformers: private methods overridden": 9,
    "TRL, transformers: private attributes assigned": 3,
    "Snakemake: names assigned": 1,
}
ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("scripts", "speed", "tests", "resources")
NOT_PYTHON = (".js", ".j2", ".css", ".yaml", ".yml")
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
LIBRARIES = {"trl": "**/*.py", "transformers": "*.py"}  # files whose classes are looked up
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> int:
    rows = [("figure", "now", "bound"), *map(row, figures("--tests" in sys.argv[1:]))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for what, now, bound in rows:
        print(f"{what.ljust(widths[0])}  {now.rjust(widths[1])}  {bound.rjust(widths[2])}")
    return 0


def row(figure: tuple[str, float]) -> tuple[str, str, str]:
    """Cells of the table."""
    what, now = figure
    bound = BOUNDS.get(what)
    return what, f"{now:,}", "" if bound is None else f"{bound:,}{' (over)' if now > bound else ''}"


def figures(with_tests: bool) -> Iterator[tuple[str, float]]:
    """Every line of the table: what is counted, and how much of it there is."""
    scripts = [path for path in tracked("scripts") if path.suffix == ".py"]
    rules = [ROOT / "Snakefile", *(path for path in tracked("workflow/rules") if path.suffix == ".smk")]
    sizes = [code_size(path) for path in [*scripts, *rules]]
    code, tokens = (sum(size) for size in zip(*sizes, strict=True))
    others = [path for path in tracked("scripts") if path.suffix in NOT_PYTHON]
    yield "code lines of scripts/, Snakefile and rules", code + sum(bool(line.strip()) for line in lines(others))
    yield "lines under scripts/ and workflow/", len(lines([*tracked("scripts"), *tracked("workflow")]))
    yield "lines under tests/", len(lines(tracked("tests")))
    yield "    of them snapshots", len(lines([path for path in tracked("tests") if path.suffix == ".ambr"]))
    python = [path for path in tracked(".") if path.suffix == ".py"]
    yield "lines of Python", len(lines(python))
    for folder in FOLDERS:
        yield f"    under {folder}/", len(lines([path for path in python if path.is_relative_to(ROOT / folder)]))
    yield "words of Markdown", sum(len(text(path).split()) for path in tracked(".") if path.suffix == ".md")
    yield "pages under docs/", sum(path.suffix == ".md" for path in tracked("docs"))
    yield "tokens a code line", round(tokens / code, 2)
    methods, attributes = internals(scripts)
    yield "TRL, transformers: private methods overridden", len(methods)
    yield "TRL, transformers: private attributes assigned", len(attributes)
    yield "Snakemake: names assigned", len({name for path in [*scripts, *rules] for name in assigned(path)})
    direct, indirect, members = project_reach(scripts)
    yield "functions that take the project", direct
    yield "    that take what holds it", indirect
    yield "    methods of what holds it", members
    if with_tests:
        yield from zip(("fast tests", "slow tests"), tests(), strict=True)


def tracked(folder: str) -> list[Path]:
    """The files of the repository in a folder."""
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file()]


def text(path: Path) -> str:
    """The content of a file; "" of one that is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def lines(paths: list[Path]) -> list[str]:
    """The lines of files together."""
    return [line for path in paths for line in text(path).splitlines()]


def statements(path: Path) -> Iterator[list[tokenize.TokenInfo]]:
    """The tokens of each logical line, without comments and layout. Rules of Snakemake have such lines, too."""
    statement: list[tokenize.TokenInfo] = []
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type == tokenize.NEWLINE and statement:
                yield statement
                statement = []
            elif token.type not in LAYOUT and token.type != tokenize.ENCODING:
                statement.append(token)


def code_size(path: Path) -> tuple[int, int]:
    """How many lines of code a file has, without docstrings and imports, and how many tokens they hold."""
    others = [statement for statement in statements(path) if statement[0].string not in ("import", "from")]
    code = [statement for statement in others if {token.type for token in statement} != {tokenize.STRING}]
    tokens = [token for statement in code for token in statement]
    return len({line for token in tokens for line in range(token.start[0], token.end[0] + 1)}), len(tokens)


def internals(paths: list[Path]) -> tuple[set[str], set[str]]:
    """Private names of TRL and transformers: methods that classes of ours override, and attributes they assign."""
    folders = {package: find_spec(package).submodule_search_locations[0] for package in LIBRARIES}  # pyright: ignore
    theirs = classes([file for package, files in LIBRARIES.items() for file in Path(folders[package]).glob(files)])
    ours = classes(paths)
    names = {node.name: {*methods_of(node), *stored(node)} for node in theirs}
    bases = {node.name: {base.id for base in node.bases if isinstance(base, ast.Name)} for node in [*theirs, *ours]}
    methods: set[str] = set()
    attributes: set[str] = set()
    for node in ours:
        inherited = {name for each in ancestors(node.name, bases) for name in names.get(each, ())}
        methods |= methods_of(node) & inherited
        attributes |= stored(node) & inherited
    known = set().union(*names.values())
    for tree in [ast.parse(text(path)) for path in paths if re.search("(from|import) (trl|transformers)", text(path))]:
        attributes |= stored(tree, "trainer") & known
        if any(isinstance(node, ast.Call) and ast.unparse(node.func) == "setattr" for node in ast.walk(tree)):
            texts = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
            attributes |= set(filter(re.compile(r"_[a-zA-Z]\w*").fullmatch, texts))
    return methods, attributes


def classes(paths: list[Path]) -> list[ast.ClassDef]:
    """The classes of files."""
    return [node for path in paths for node in ast.walk(ast.parse(text(path))) if isinstance(node, ast.ClassDef)]


def ancestors(name: str, bases: dict[str, set[str]]) -> set[str]:
    """The classes that a class derives from, directly or not."""
    found: set[str] = set()
    while more := {base for each in (name, *found) for base in bases.get(each, ())} - found:
        found |= more
    return found


def methods_of(node: ast.ClassDef) -> set[str]:
    """The private methods of a class."""
    return {item.name for item in node.body if isinstance(item, FUNCTIONS) and item.name[0] == "_" != item.name[1]}


def stored(tree: ast.AST, owner: str = "self") -> set[str]:
    """The private attributes of an object that code assigns."""
    nodes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)]
    return {node.attr for node in nodes if node.attr[0] == "_" and ast.unparse(node.value) == owner}


def assigned(path: Path) -> set[str]:
    """What a file assigns to modules and classes of Snakemake, by whatever name."""
    theirs: set[str] = set()
    found: set[str] = set()
    for statement in statements(path):
        words = [token.string for token in statement]
        if words[0] == "from" and words[1] == "snakemake":
            theirs |= set(words[words.index("import") :]) - {"import", "as", ",", "(", ")"}
        elif words[0] in theirs and "=" in words and "(" not in words[: words.index("=")]:
            found.add("".join(words[: words.index("=")]))
    return found


def project_reach(paths: list[Path]) -> tuple[int, int, int]:
    """Functions that take the project; others that take an object which holds it; other methods of such classes."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(text(path)))]
    functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
    made = [node for node in nodes if isinstance(node, ast.ClassDef)]
    direct = {function for function in functions if takes(function, {"Project"})}
    holders: set[str] = set()
    while more := {each.name for each in made if holds(each, holders | {"Project"})} - holders:
        holders |= more
    indirect = {function for function in functions if takes(function, holders)} - direct
    members = {item for each in made if each.name in holders for item in each.body if isinstance(item, FUNCTIONS)}
    return len(direct), len(indirect), len(members - direct - indirect)


def takes(function: ast.FunctionDef | ast.AsyncFunctionDef, kinds: set[str]) -> bool:
    """Whether a parameter is of these kinds; one that is called `project` is the project."""
    given = [node for node in ast.walk(function.args) if isinstance(node, ast.arg)]
    return any(of(each.annotation, kinds) or (each.arg == "project" and "Project" in kinds) for each in given)


def holds(node: ast.ClassDef, kinds: set[str]) -> bool:
    """Whether a class has a field of these kinds, or is made of one."""
    return any(
        (isinstance(item, ast.AnnAssign) and of(item.annotation, kinds))
        or (isinstance(item, FUNCTIONS) and item.name == "__init__" and takes(item, kinds))
        for item in node.body
    )


def of(annotation: ast.expr | None, kinds: set[str]) -> bool:
    """Whether an annotation names one of these kinds."""
    return annotation is not None and bool(set(re.findall(r"\w+", ast.unparse(annotation))) & kinds)


def tests() -> tuple[int, int]:
    """How many fast tests pytest finds, and how many slow ones."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    fast, together = map(int, re.findall(r"(\d+)/(\d+) tests collected", done.stdout)[-1])
    return fast, together - fast


if __name__ == "__main__":
    sys.exit(main())
