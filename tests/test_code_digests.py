"""The code digests in the rules name every module that decides a number: an edited one computes it again."""

import ast
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from reasonome.annotation import project_files

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "scripts/reasonome"
# Program → the rule file and what stands before the list of modules whose digest is a param of its rule.
DIGESTS = {
    "score.py": ("scores.smk", "SCORING_CODE = "),
    "score_floors.py": ("scores.smk", "SCORING_CODE = "),
    "score_rankings.py": ("scores.smk", "RANKING_SCORING_CODE = "),
    "score_ranking_floors.py": ("scores.smk", "RANKING_SCORING_CODE = "),
    "vote_rankings.py": ("experiments.smk", "code=code_sha256("),
    "build_background.py": ("backgrounds.smk", "BACKGROUND_CODE = "),
    "summarise.py": ("experiments.smk", "code=code_sha256("),
    "write_paper_tables.py": ("paper.smk", "code=code_sha256("),
}
# What these programs import and no number depends on: messages, files, the config, whose values are params themselves;
# and what reads native files and builds benchmarks, whose outputs are inputs here.
BESIDE = {
    "__init__.py",
    "benchmarks/__init__.py",
    "benchmarks/rows.py",
    "benchmarks/splits.py",
    "facts.py",
    "genes.py",
    "report/__init__.py",
    "sources/__init__.py",
    "statements.py",
    "atomic.py",
    "chains.py",
    "config/__init__.py",
    "errors.py",
    "manifest.py",
    "printed.py",
    "project/__init__.py",
    "prompt_template.py",
    "sources/table.py",
    "sources/textfile.py",
    "yamltext.py",
}
# Likewise, of one program: what comes with modules of which it uses a constant.
BUILT_FROM = {"audit.py", "metrics/__init__.py", "metrics/rouge.py"}
READ_FROM = {"sources/go.py", "sources/source.py", "wording.py"}
# What scoring names needs and scoring rankings does not, which shares the rows of answers, the summary and shuffling.
OF_NAMES = {
    "audit.py",
    "background.py",
    "benchmarks/sets.py",
    "clusters.py",
    "embedding_cache.py",
    "judges.py",
    "metrics/claims.py",
    "metrics/naming.py",
    "metrics/reasoning.py",
    "metrics/terms.py",
    "prompt_neighbours.py",
    "rewards/__init__.py",
    "rewards/naming.py",
    "sources/source.py",
    "wording.py",
}
BESIDE_IN = {
    "score_rankings.py": OF_NAMES | BUILT_FROM,
    "score_ranking_floors.py": OF_NAMES | BUILT_FROM,
    "vote_rankings.py": BUILT_FROM | READ_FROM,
    "build_background.py": {"audit.py", "metrics/__init__.py", "metrics/rouge.py"},
    "summarise.py": BUILT_FROM | READ_FROM,
    "write_paper_tables.py": BUILT_FROM | READ_FROM,
    # Of backgrounds and answers it uses what reads them, of the task no floor and no reward; how models generate is
    # part of no digest.
    "annotate.py": {
        "benchmarks/sets.py",
        "embedding_cache.py",
        "experiments.py",
        "floors/__init__.py",
        "generation/answers.py",
        "generation/engine.py",
        "rewards/__init__.py",
        "rewards/naming.py",
        "scoring.py",
        "sources/go.py",
    },
}


def imported(path: Path) -> set[Path]:
    """Files of the package that a file imports itself, at its top or later."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reasonome"):
            modules = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names if alias.name.startswith("reasonome")]
        else:
            continue
        for module in modules:
            place = PACKAGE.joinpath(*module.split(".")[1:])
            found |= {file for file in (place.with_suffix(".py"), place / "__init__.py") if file.is_file()}
    return found


def closure(program: str) -> set[str]:
    """All modules that a program comes to import, but not those behind modules that decide nothing."""
    seen: set[str] = set()
    waiting = imported(ROOT / "scripts" / program)
    while waiting:
        file = waiting.pop()
        name = file.relative_to(PACKAGE).as_posix()
        if name in seen or name in BESIDE | BESIDE_IN.get(program, set()):
            continue
        seen.add(name)
        waiting |= imported(file)
    return seen


@pytest.mark.parametrize("program", DIGESTS)
def test_a_digest_covers_what_its_program_imports(program):
    file, before = DIGESTS[program]
    text = (ROOT / "workflow/rules" / file).read_text(encoding="utf-8")
    if before.startswith("code="):
        text = text[: text.index(f'"{program}"')]
        listed = text[text.rindex(before) + len(before) :]
    else:
        listed = text[text.index(before) + len(before) :]
    modules = ast.literal_eval(re.match(r"\s*(\[.*?\])", listed, re.DOTALL)[1])
    check_covered(program, modules, file)


def check_covered(program: str, modules: Sequence[str], file: str) -> None:
    for module in modules:
        assert (PACKAGE / module).exists(), f"{module} is no module of the library"
    covered = {
        name for name in closure(program) for module in modules if name == module or name.startswith(f"{module}/")
    }
    missing = sorted(closure(program) - covered)
    assert not missing, f"add to the list in {file}: {missing}"


def test_the_digest_of_annotations_covers_what_their_program_imports():
    check_covered("annotate.py", project_files.CODE, "annotation/project_files.py")
