"""Write the JSON schemas that editors use for the files under config/, from the pydantic models.

python scripts/write_schemas.py
"""

import argparse
from pathlib import Path

from pydantic import TypeAdapter
from pydantic.json_schema import JsonSchemaValue

from reasonome.config import Decoding, Name, Settings, Variant
from reasonome.config.annotations import Annotation
from reasonome.config.backbones import Backbone, Encoder
from reasonome.config.experiments import Experiment
from reasonome.config.preferences import Preferences
from reasonome.config.project import any_benchmark
from reasonome.config.resources import Request
from reasonome.config.sources import Corpus, LockedSource, Source
from reasonome.config.teachers import Teacher
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.stages import STAGES
from reasonome.tasks import TASKS

FILES = {
    "config": Settings,
    "backbones": dict[Name, Backbone],
    "encoders": dict[Name, Encoder],
    "sources": dict[Name, Source],
    "sources.lock": dict[Name, LockedSource],
    "corpora": dict[Name, Corpus],
    "decodings": dict[Name, Decoding],
    "annotations": dict[Name, Annotation],
    "teachers": dict[Name, Teacher],
    "preferences": dict[Name, Preferences],
    "resources": list[Request],
    "experiment": Experiment,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("workflow/schemas"))
    args = parser.parse_args()
    for name, schema in json_schemas().items():
        atomic.write_json(args.output / f"{name}.schema.json", schema)


def json_schemas() -> dict[str, JsonSchemaValue]:
    """A schema per kind of file, by name: config, backbones, benchmarks of the tasks that ship, …, recipe.<stage>."""
    kinds = FILES | {"benchmarks": dict[Name, any_benchmark(TASKS.values())]}
    schemas = {name: TypeAdapter(kind).json_schema() for name, kind in kinds.items()}
    arms = schemas["experiment"]["properties"]["arms"]["additionalProperties"]
    steps = {"type": "array", "items": {"type": "string"}}
    schemas["experiment"]["properties"]["arms"]["additionalProperties"] = {"anyOf": [steps, arms]}
    for stage, model in STAGES.items():
        schemas[f"recipe.{stage}"] = _recipe_file(model)
    return schemas


def _recipe_file(model: type) -> JsonSchemaValue:
    """The schema of a recipe file. Defaults and variants each hold some of the settings, so neither requires any."""
    schema = TypeAdapter(model).json_schema()
    definitions = schema.pop("$defs", {})
    settings = {key: value for key, value in schema["properties"].items() if key != "stage"}
    part = {"type": "object", "properties": settings, "additionalProperties": False}
    variants = {
        "type": "object",
        "additionalProperties": {"anyOf": [part, {"type": "null"}]},
        "propertyNames": TypeAdapter(Variant).json_schema(),
    }
    return {
        "$defs": definitions,
        "type": "object",
        "properties": {"defaults": part, "variants": variants},
        "required": ["defaults", "variants"],
        "additionalProperties": False,
    }


if __name__ == "__main__":
    run_program(main)
