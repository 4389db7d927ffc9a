"""The JSON schemas for editors: every shipped file names its own in its first line, and is valid by it."""

import json
import os
import re
from pathlib import Path

import jsonschema
import pytest
import yaml

import write_schemas
from reasonome.stages import STAGES

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "config").rglob("*.y*ml"))
MODELINE = "# yaml-language-server: $schema="


def kind(file):
    """The name of a file's schema."""
    _, *folder, name = Path(file).with_suffix("").parts
    return {"experiments": "experiment", "recipes": f"recipe.{name}"}[folder[0]] if folder else name


@pytest.fixture(scope="module")
def schemas(tmp_path_factory):
    """The schemas that the program writes where it stands, by their path from there."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("sys.argv", ["write_schemas.py"])
        write_schemas.main()
    return {path.relative_to(folder).as_posix(): json.loads(path.read_bytes()) for path in folder.rglob("*.json")}


def schema_of(schemas, file):
    return schemas[f"workflow/schemas/{kind(file)}.schema.json"]


@pytest.mark.parametrize("file", FILES)
def test_every_shipped_file_names_its_schema_and_is_valid(schemas, file):
    text = (ROOT / file).read_text(encoding="utf-8")
    modeline = text.partition("\n")[0]
    assert modeline.startswith(MODELINE)
    named = os.path.normpath(Path(file).parent / modeline.removeprefix(MODELINE))
    assert named == f"workflow/schemas/{kind(file)}.schema.json"
    jsonschema.Draft202012Validator.check_schema(schemas[named])
    jsonschema.validate(yaml.safe_load(text), schemas[named], cls=jsonschema.Draft202012Validator)


def test_every_schema_is_of_a_shipped_file(schemas):
    assert {f"workflow/schemas/{kind(file)}.schema.json" for file in FILES} == set(schemas)


def test_the_page_of_training_lists_the_keys_of_every_stage():
    text = (ROOT / "docs/training.md").read_text(encoding="utf-8")
    listed = {stage: [] for stage in STAGES}
    for row in re.search(r"## All keys\n(.*?)\n## ", text, re.DOTALL)[1].splitlines():
        stages, keys = ([*re.findall(r"`(\w+)`", cell)] for cell in [*row.split("|"), "", ""][1:3])
        for stage in stages or STAGES if keys else ():
            listed[stage] += keys
    for stage in STAGES:
        assert sorted(listed[stage]) == sorted({*STAGES[stage].model_fields} - {"stage", "graders"})  # an old word


@pytest.mark.parametrize(
    ("file", "path", "value"),
    [
        ("recipes/sft.yaml", ("defaults", "stage"), "sft"),
        ("recipes/sft.yaml", ("defaults", "learning_rate"), "fast"),
        ("recipes/grpo.yaml", ("variants", "Not A Name"), {}),
        ("backbones.yaml", ("smollm2-135m", "weights", "source"), "pipy"),
        ("experiments/demo.yaml", ("arms", "KW+RA"), "sft.names"),
        ("sources.yaml", ("go", "files", "obo"), {"url": "https://me:pw@x.org/a.obo"}),
        ("recipes/grpo.yaml", ("defaults", "rewards", "format"), -1),
    ],
)
def test_an_editor_sees_the_mistake(schemas, file, path, value):
    file = f"config/{file}"
    data = yaml.safe_load((ROOT / file).read_text(encoding="utf-8"))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema_of(schemas, file))


def test_an_editor_accepts_a_teacher_without_temperature(schemas):
    data = {"o1": {"kind": "openai", "model": "o1", "encoder": "minilm", "temperature": None, "max_tokens": None}}
    jsonschema.validate(data, schema_of(schemas, "config/teachers.yaml"))
