"""The one schema of everything under config/: pydantic models, a module for every kind of file there.

Here is what most code needs of them; other models come from their own modules. `project/folder.py` reads YAML into
them, `scripts/write_schemas.py` makes of them the JSON schemas that editors use.
"""

# ruff: noqa: F401

from reasonome.config.recipes import (
    PART,
    Adapter,
    QuestionRecipe,
    Recipe,
    RecipeFile,
    Rows,
    RowsRecipe,
    ValidatedRecipe,
)
from reasonome.config.rewarded_samples import Grading, OwnFunction, RewardedSamples
from reasonome.config.rollouts import JUDGE, OVERLONG, OwnReward, RolloutRecipe
from reasonome.config.settings import Decoding, Settings
from reasonome.config.strict import NAME, STYLE, Name, Precision, Variant
from reasonome.config.styles import GeneListStyle, Style
from reasonome.config.task_settings import ASKED, Benchmark, is_variant, variant_suffix
