"""The files of a config folder: read into models, and where in them a mistake was written."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reasonome.config import NAME, Experiment, Recipe, RecipeFile, TrainingSettings
from reasonome.config.project.validation import named_well, validated
from reasonome.core.errors import InputError, nearest
from reasonome.core.yaml_text import Loc, YamlText

# Two keys that say what a recipe learns from.
LEARNED_FROM = ("benchmark", "mixture")


class ConfigFolder:
    """The YAML files of a config folder. `file` is a path below it, `loc` the path of keys to a value in the file.

    What reads raises InputError for the first mistake in a file.
    """

    def __init__(self, root: Path):
        self.root = root
        self._texts: dict[str, YamlText] = {}

    def read(self, file: str, kind: Any) -> Any:
        """A file as `kind`, which may be any type that pydantic knows."""
        text = self._parsed(file)
        return validated(kind, text.data, text)

    def read_recipes(self, stage: str, model: type[TrainingSettings]) -> dict[str, Recipe]:
        """The recipes of a stage by variant, each its defaults with what the variant changes."""
        name = f"recipes/{stage}.yaml"
        text = self._parsed(name)
        file = validated(RecipeFile, text.data, text)
        merged = {}
        for variant, changes in file.variants.items():
            values = {"stage": stage, **_merged(file.defaults, changes or {})}

            def place(loc: Loc, variant: str = variant) -> Loc:
                return self.place_in_recipe(name, variant, *loc)

            merged[variant] = validated(model, values, text, place)
        return merged

    def read_experiments(self) -> dict[str, Experiment]:
        """Every experiment, by the name of its file."""
        return {
            path.stem: self.read(f"experiments/{path.name}", Experiment)
            for path in sorted((self.root / "experiments").glob("*.yaml"))
            if named_well(path, path.stem, NAME)
        }

    def place_in_recipe(self, file: str, variant: str, *loc: str | int) -> Loc:
        """Where a recipe's value was written: in its variant, or in the defaults that the variant leaves alone."""
        parts = self._texts[file].data
        changes = parts["variants"][variant] or {}
        if loc and loc[0] not in changes and loc[0] in parts["defaults"]:
            return ("defaults", *loc)
        return ("variants", variant, *loc)

    def error(self, file: str, loc: Loc, what: str, fix: str) -> InputError:
        """A mistake in a file that was read, with the line of `loc`."""
        return self._texts[file].error(what, loc, fix)

    def check_known(
        self, file: str, loc: Loc, names: str | Iterable[str], valid: Iterable[str], kind: str = "name"
    ) -> None:
        """InputError for one of `names` (at `loc`: a name, a list, or the keys of a mapping) that is not in `valid`."""
        one, valid = isinstance(names, str), list(valid)
        for position, name in enumerate([names] if one else names):
            if name not in valid:
                below = () if one else (name if isinstance(names, Mapping) else position,)
                raise self.error(file, loc + below, f"unknown {kind} '{name}'", nearest(name, valid))

    def _parsed(self, file: str) -> YamlText:
        self._texts[file] = YamlText.of_file(self.root / file)
        return self._texts[file]


def _merged(defaults: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Defaults with what a variant changes; a variant's mixture takes the place of a benchmark, and the other way."""
    if not changes.keys().isdisjoint(LEARNED_FROM):
        defaults = {key: value for key, value in defaults.items() if key not in LEARNED_FROM}
    return {**defaults, **changes}
