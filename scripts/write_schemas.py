"""Write the JSON schemas that editors use for the files under config/, from the pydantic models.

python scripts/write_schemas.py
"""

import argparse
from pathlib import Path

from reasonome.config.json_schemas import json_schemas
from reasonome.core import atomic
from reasonome.core.errors import run_program
from reasonome.stages import STAGES
from reasonome.tasks import TASKS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("workflow/schemas"))
    args = parser.parse_args()
    for name, schema in json_schemas(TASKS.values(), STAGES).items():
        atomic.write_json(args.output / f"{name}.schema.json", schema)


if __name__ == "__main__":
    run_program(main)
