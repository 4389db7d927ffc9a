"""Digests of code: they follow imports, and a rule has that of the program that it runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from reasonome.core import code_digest
from reasonome.core.code_digest import code_sha256
from reasonome.task import code_files
from reasonome.task_parts import building_sha256
from reasonome.tasks import TASKS

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"
# Rules whose outputs models learn from or answer with, or that only fetch: editing code never trains again.
WITHOUT = {
    "ask.py",
    "ask_facts.py",
    "build_benchmark.py",
    "build_facts.py",
    "embed_background.py",
    "fetch_published.py",
    "fetch_source.py",
    "fetch_weights.py",
    "generate.py",
    "merge_adapter.py",
    "train.py",
    "write_preferences.py",
    "write_prompts.py",
    "write_reasoning.py",
    "write_recipe.py",
    "write_statements.py",
}


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A program and a small library: it imports a module, which imports another inside a function."""
    library = tmp_path / "reasonome"
    (library / "pages" / "page" / "cards").mkdir(parents=True)
    (library / "pages" / "__init__.py").write_text("")
    (library / "pages" / "page.py").write_text("HERE = __file__\n")
    (library / "pages" / "page" / "page.css").write_text("p {}")
    (library / "pages" / "page" / "cards" / "card.md.j2").write_text("a card")
    (library / "core").mkdir()
    (library / "core" / "errors.py").write_text("class InputError(Exception): ...\n")
    imports = "from reasonome.core import errors\n"
    (library / "scores.py").write_text(f"{imports}def f():\n    from reasonome.pages import page\n")
    (library / "other.py").write_text("")
    path = tmp_path / "score.py"
    path.write_text('"""A program."""\nfrom reasonome.scores import f\nimport json\n')
    monkeypatch.setattr(code_digest, "PACKAGE_ROOT", library)
    # a folder that is not there, as where Python writes no bytecode
    monkeypatch.setattr(code_digest, "KEPT", tmp_path / "__pycache__" / "kept.json")
    yield path
    forget()


def forget():
    """As a new process begins."""
    code_digest._read.cache_clear()
    code_digest._kept.cache_clear()
    code_digest._places.cache_clear()


def digest(*files):
    forget()
    return code_sha256(*files)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("score.py", "from reasonome.scores import f\nimport os\n"),
        ("reasonome/scores.py", "def f():\n    from reasonome.pages import page\n    return 1\n"),
        ("reasonome/pages/page/cards/card.md.j2", "another card"),
    ],
)
def test_what_a_program_comes_to_import_counts(program, file, text):
    before = digest(program)
    (program.parent / file).write_text(text)
    assert digest(program) != before


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("score.py", "# a comment\nfrom reasonome.scores import (\n    f,\n)\nimport json\n"),
        ("reasonome/core/errors.py", "raise SystemExit\n"),
        ("reasonome/other.py", "x = 1\n"),
    ],
)
def test_what_changes_no_number_does_not_count(program, file, text):
    before = digest(program)
    (program.parent / file).write_text(text)
    assert digest(program) == before


def test_files_are_read_once_and_again_when_they_change(program, monkeypatch):
    before = digest(program)
    read = []
    parse = code_digest.parsed
    monkeypatch.setattr(code_digest, "parsed", lambda file: read.append(file.name) or parse(file))
    assert digest(program) == before and read == []
    page = program.parent / "reasonome/pages/page.py"
    page.write_text("HERE = None\n")
    assert digest(program) != before and read == ["page.py"]


TASK = """
from reasonome.tasks.question_answer.building import VerifiedBuilding
from reasonome.tasks.question_answer.task import VerifiedTask

SHORT = {"chromosome": "chr"}

def plain(text):
    return text.casefold()

if SHORT:
    def merged(text):
        return SHORT.get(text, text)

class Mine(VerifiedTask):
    name = "mine"
    columns = ("gene",)

    def verify(self, answer, example):
        return float(plain(answer) == plain(example.answer))

    def kind(self, question):
        return merged(question.answer)

    @property
    def building(self):
        return Own(self)

class Own(VerifiedBuilding):
    def read(self, job):
        return super().read(job)
"""


@pytest.mark.parametrize(
    ("old", "new", "counts"),
    [
        ('("gene",)', '("gene", "name")', True),
        ('"chr"}', '"c"}', True),  # what `merged` reads, which `kind` calls
        ("super().read(job)", "[], []", True),
        ("text.casefold()", "text.lower()", False),
        ("    def kind", "    # The class.\n    def kind", False),
    ],
)
def test_what_builds_a_benchmark_in_a_task_of_ones_own(tmp_path, old, new, counts):
    file = tmp_path / "mine.py"
    file.write_text(TASK)
    before = building_sha256(file)
    file.write_text(TASK.replace(old, new))
    assert TASK.count(old) == 1 and (building_sha256(file) != before) is counts


def test_a_rule_has_the_digest_of_its_program():
    for file in sorted((ROOT / "workflow/rules").glob("*.smk")):
        for rule in re.split(r"(?m)^(?=rule )", file.read_text(encoding="utf-8"))[1:]:
            for program in re.findall(r'(?:program|configured|launched)\(\s*"(\w+\.py)"', rule)[:1]:
                assert (SCRIPTS / program).is_file()
                digests = re.findall(r'code=(?:lambda w: )?code_of(?:_experiment)?\(\s*"(\w+\.py)"', rule)
                assert digests == ([] if program in WITHOUT else [program]), program


def test_a_task_is_scored_by_its_own_code_alone():
    naming, ranking = (
        {file.parent.name for file in code_digest.closure(SCRIPTS / "score.py", *code_files(TASKS[task], "scoring"))}
        for task in ("gene_set_naming", "causal_gene_ranking")
    )
    assert "naming" in naming and "ranking" not in naming
    assert "ranking" in ranking


def test_a_stage_depends_on_its_own_class_and_on_no_other_stage():
    stages = SCRIPTS / "reasonome/stages"
    dpo, sft = (code_digest.closure(stages / f"{name}.py") for name in ("dpo", "sft"))
    assert {stages / "preferring.py", SCRIPTS / "reasonome/training/job.py"} <= dpo
    assert stages / "sft.py" not in dpo
    assert {stages / "sft.py", SCRIPTS / "reasonome/training/sft.py"} <= sft


@pytest.mark.slow
def test_whoever_plans_jobs_imports_no_part_to_find_its_code():
    """The environment that submits has none of what parts compute with."""
    code = """
import sys
from reasonome.task import code_files
from reasonome.task_parts import building_sha256
from reasonome.tasks import load_project
tasks = load_project("config").tasks.values()
parts = ("scoring", "report", "leaks")
print({file.name for task in tasks for part in parts for file in code_files(task, part)})
print([name for name in ("scipy", "sklearn", "torch", "matplotlib") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS.parent, capture_output=True, text=True, check=True)
    found, heavy = done.stdout.splitlines()
    assert "scoring.py" in found and "report.py" in found
    assert heavy == "[]"
