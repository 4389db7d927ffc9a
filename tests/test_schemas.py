"""The JSON schemas for editors: in step with the models, and true of every shipped file."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from reasonome.config.json_schemas import json_schemas

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "workflow" / "schemas"
KINDS = {f"{path.stem}.yaml": path.stem for path in (ROOT / "config").glob("*.yaml")}
KINDS |= {f"recipes/{path.name}": f"recipe.{path.stem}" for path in (ROOT / "config/recipes").glob("*.yaml")}
KINDS |= {f"experiments/{path.name}": "experiment" for path in (ROOT / "config/experiments").glob("*.yaml")}


def shipped_schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))


def test_shipped_schemas_are_in_step_with_the_models():
    expected = json_schemas()
    shipped = {path.name.removesuffix(".schema.json") for path in SCHEMAS.iterdir()}
    stale = sorted(shipped ^ set(expected)) + [
        name
        for name in sorted(shipped & set(expected))
        if shipped_schema(name) != json.loads(json.dumps(expected[name]))
    ]
    assert not stale, f"{', '.join(stale)}: run `python scripts/write_schemas.py` (and remove what it does not write)"


@pytest.mark.parametrize("file", sorted(KINDS))
def test_every_shipped_file_is_valid(file):
    schema = shipped_schema(KINDS[file])
    jsonschema.Draft202012Validator.check_schema(schema)
    data = yaml.safe_load((ROOT / "config" / file).read_text(encoding="utf-8"))
    jsonschema.validate(data, schema, cls=jsonschema.Draft202012Validator)


def test_every_kind_of_file_has_a_shipped_one():
    assert set(KINDS.values()) == set(json_schemas())


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
def test_an_editor_sees_the_mistake(file, path, value):
    data = yaml.safe_load((ROOT / "config" / file).read_text(encoding="utf-8"))
    place = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, shipped_schema(KINDS[file]))


def test_an_editor_accepts_a_teacher_without_temperature():
    data = {"o1": {"kind": "openai", "model": "o1", "encoder": "minilm", "temperature": None, "max_tokens": None}}
    jsonschema.validate(data, shipped_schema("teachers"))
