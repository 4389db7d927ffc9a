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
from itertools import pairwise
from pathlib import Path

BOUNDS = {
    "code lines of scripts/, Snakefile and rules": 34_600,
    "lines under scripts/ and workflow/": 52_500,
    "lines under tests/": 44_000,
    "    of them snapshots": 4_500,
    "lines of Python": 96_000,
    "words of Markdown": 58_000,
    "pages under docs/": 40,
    "tokens a code line": 11.6,
    "TRL, transformers: private methods overridden": 6,
    "TRL, transformers: private attributes assigned": 2,
    "Snakemake: names assigned": 1,
    "functions that take the project": 25,
    "    methods of what holds it": 20,
    "a walk of GRPO's job: climbs": 8,
    "`Any` in signatures": 170,
    "bytecode, look-ups by a rule's name, parents[n]": 0,
    "lines of workflow/rules/inputs.smk": 90,
    "code of workflow/, config/ and compile/ together": 3_400,
}
ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("scripts", "speed", "tests", "resources")
NOT_PYTHON = (".js", ".j2", ".css", ".yaml", ".yml")
LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
LIBRARIES = {"trl": "**/*.py", "transformers": "*.py"}  # files whose classes are looked up
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
PLANNING = ("workflow", "scripts/reasonome/config", "scripts/reasonome/compile")
WALKED = "train.main"
MEANT = {"recipe": "reasonome.stages.grpo.GrpoRecipe", "task": "reasonome.task.Task"}  # by what variables are called
LOOK_UPS = r"co_names|\.parents\[\d|getattr\((?:[^(),]|\([^()]*\))*,(?!\s*[\"'])"  # the last: by no literal
Names = dict[str, ast.AST | str | None]  # dotted name → what it is, or is annotated or assigned as, or another name


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
    visited = walk(WALKED, names_under(ROOT / "scripts"))
    rooms = [room(name, layers()) for name in visited]
    yield "a walk of GRPO's job: climbs", climbs(rooms)
    yield "    functions that it visits", len(visited)
    yield "    its stays in rooms", sum(before != after for before, after in pairwise([None, *rooms]))
    yield "`Any` in signatures", untyped(scripts)
    yield "bytecode, look-ups by a rule's name, parents[n]", look_ups([*scripts, *tracked("workflow")])
    yield "lines of workflow/rules/inputs.smk", len(lines(tracked("workflow/rules/inputs.smk")))
    planning = [path for part in PLANNING for path in tracked(part) if path.suffix in (".py", ".smk")]
    yield "code of workflow/, config/ and compile/ together", sum(code_size(path)[0] for path in planning)
    if with_tests:
        yield from zip(("fast tests", "slow tests"), tests(), strict=True)


def tracked(folder: str) -> list[Path]:
    """The files of the repository in a folder."""
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for name in listed.stdout.splitlines() if (path := ROOT / name).is_file() and not path.is_symlink()]


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


def walk(start: str, names: Names) -> list[str]:
    """Our functions in the order in which calls lead to them from one, depth-first, each where it is met first.

    The calls of a function are in the order of its text, with those of functions inside it, whether or not they would
    run. Left out is a call of what `meant` does not know, such as an element of a list, or a function that was handed
    on; and what pydantic, TRL and properties call.
    """
    visited: dict[str, None] = {}
    ahead = [start]
    while ahead:
        name = ahead.pop()
        if name not in visited:
            visited[name] = None
            ahead += reversed(list(calls(name, names)))
    return list(visited)


def climbs(rooms: list[int]) -> int:
    """How often a walk comes to a function in a higher room than that of the function before it.

    The one before calls it, or the walk returns to one that does. All functions count, also helpers, which a walk by
    hand leaves out: 23 climbs were counted by hand where this counts 42.
    """
    return sum(after > before for before, after in pairwise(rooms))


def room(name: str, order: tuple[str, ...]) -> int:
    """The place of a function's room in the order of layers; programs are above all."""
    parts = name.split(".")[1:]
    within = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    return next((order.index(each) for each in within if each in order), len(order))


def layers() -> tuple[str, ...]:
    """The rooms of the library from the lowest to the highest."""
    assignments = [node for node in ast.parse(text(ROOT / "tests/test_layers.py")).body if isinstance(node, ast.Assign)]
    [order] = [node.value for node in assignments if ast.unparse(node.targets[0]) == "LAYERS"]
    return ast.literal_eval(order)


def names_under(folder: Path) -> Names:
    """The names that modules, classes and functions in a folder bind."""
    names: Names = {}
    for path in folder.rglob("*.py"):
        module = ".".join(path.relative_to(folder).with_suffix("").parts).removesuffix(".__init__")
        names[module] = tree = ast.parse(text(path))
        bind(tree, module, names)
    return names


def bind(node: ast.AST, scope: str, names: Names) -> None:
    """Add the names that are bound within a node; of a name that is bound again, the first meaning stays."""
    for item in ast.iter_child_nodes(node):
        found: Names = {}
        inside = scope
        if isinstance(item, (*FUNCTIONS, ast.ClassDef)):
            found = {item.name: item}
            inside = f"{scope}.{item.name}"
        elif isinstance(item, ast.ImportFrom):
            found = {each.asname or each.name: f"{item.module}.{each.name}" for each in item.names}
        elif isinstance(item, ast.arg):
            found = {item.arg: scope.rpartition(".")[0] if item.arg in ("self", "cls") else item.annotation}
        elif isinstance(item, ast.AnnAssign):
            found = {ast.unparse(item.target): item.annotation}
        elif isinstance(item, ast.Assign):
            found = {ast.unparse(target).replace("self.", "self "): item.value for target in item.targets}
            for attribute in [name.removeprefix("self ") for name in found if name.startswith("self ")]:
                names.setdefault(f"{scope.rpartition('.')[0]}.{attribute}", f"{scope}.self {attribute}")
        for name, meaning in found.items():
            names.setdefault(f"{scope}.{name}", meaning)
        bind(item, inside, names)


def calls(name: str, names: Names) -> Iterator[str]:
    """The functions of ours that a function calls, in the order of its text; of a class, what makes objects."""
    found = [node.func for node in ast.walk(names[name]) if isinstance(node, ast.Call)]  # pyright: ignore
    for node in sorted(found, key=lambda node: (node.end_lineno, node.end_col_offset)):
        called = meant(node, name, names)
        makers = [look_up(f"{called}.{method}", names) for method in ("__init__", "__post_init__")]
        yield from (each for each in (called, *makers) if isinstance(names.get(each), FUNCTIONS))


def meant(node: ast.AST | None, scope: str, names: Names) -> str:
    """The module, class or function that an expression in a function or class stands for; "" if it is not ours.

    An object stands for its class, and what a function returns for the class in its annotation.
    """
    if isinstance(node, ast.Constant) and re.fullmatch(r"[A-Z]\w*(\[.*\])?( \| None)?", str(node.value)):
        node = ast.parse(str(node.value), mode="eval").body  # an annotation in quotes
    if isinstance(node, ast.Subscript):
        return meant(node.value, scope, names)
    if isinstance(node, ast.BinOp):
        return meant(node.left, scope, names)
    if isinstance(node, ast.Call):
        return result(meant(node.func, scope, names), names)
    if not isinstance(node, ast.Name | ast.Attribute):
        return ""
    last = node.id if isinstance(node, ast.Name) else node.attr
    if MEANT.get(last) in names:
        return MEANT[last]
    if isinstance(node, ast.Attribute):
        return look_up(f"{result(meant(node.value, scope, names), names)}.{last}", names)
    return look_up(f"{scope}.{last}", names) or look_up(f"{module_of(scope, names)}.{last}", names)


def result(name: str, names: Names) -> str:
    """The class of what a function or property returns; of a class itself."""
    function = names.get(name)
    return meant(function.returns, name, names) if isinstance(function, FUNCTIONS) else name


def look_up(name: str, names: Names) -> str:
    """What a dotted name stands for, as of `meant`, in a module or class or where that has it from."""
    scope, _, last = name.rpartition(".")
    if name not in names:
        home = look_up(scope, names) if scope else ""
        if home != scope:
            return look_up(f"{home}.{last}", names)
        bases = [meant(base, module_of(home, names), names) for base in getattr(names.get(home), "bases", ())]
        return next(filter(None, (look_up(f"{base}.{last}", names) for base in bases)), "")
    meaning = names[name]
    if isinstance(meaning, str):
        return look_up(meaning, names)
    if isinstance(meaning, (*FUNCTIONS, ast.ClassDef, ast.Module)):
        return name
    names[name] = ""  # a variable may be made of itself
    names[name] = meant(meaning, scope, names)
    return look_up(name, names)


def module_of(name: str, names: Names) -> str:
    """The module that a class or function is in."""
    while not isinstance(names[name], ast.Module):
        name = name.rpartition(".")[0]
    return name


def untyped(paths: list[Path]) -> int:
    """How often annotations of arguments and of what functions return say `Any`."""
    nodes = [node for path in paths for node in ast.walk(ast.parse(text(path)))]
    functions = [node for node in nodes if isinstance(node, FUNCTIONS)]
    given = [node.annotation for each in functions for node in ast.walk(each.args) if isinstance(node, ast.arg)]
    said = [node for each in [*given, *(each.returns for each in functions)] if each for node in ast.walk(each)]
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in said)


def look_ups(paths: list[Path]) -> int:
    """How often code reads names from bytecode, attributes by a name that is computed, or folders so many levels up."""
    return sum(len(re.findall(LOOK_UPS, text(path))) for path in paths if path.suffix in (".py", ".smk"))


def tests() -> tuple[int, int]:
    """How many fast tests pytest finds, and how many slow ones."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "-m", "not slow"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    fast, together = map(int, re.findall(r"(\d+)/(\d+) tests collected", done.stdout)[-1])
    return fast, together - fast


if __name__ == "__main__":
    sys.exit(main())
