"""The one schema of everything under config/: pydantic models, a module for every kind of file there.

`project/folder.py` reads YAML into them, `scripts/write_schemas.py` makes of them the JSON schemas that editors use.
"""

# ruff: noqa: F401

from reasonome.config.annotations import Annotation
from reasonome.config.backbones import (
    AdapterWeights,
    ApiModel,
    Backbone,
    Encoder,
    Endpoint,
    HubWeights,
    PathWeights,
    Price,
    PypiWeights,
    RecordedAnswers,
)
from reasonome.config.experiments import Experiment
from reasonome.config.preferences import Preferences, SamplePreferences, TablePreferences, TierPreferences
from reasonome.config.recipes import PART, Adapter, QuestionRecipe, Recipe, RecipeFile, Rows, RowsRecipe
from reasonome.config.resources import CLUSTER_RULES, Request, Sharding
from reasonome.config.rollouts import JUDGE, Grader, Grading, RewardedSamples, RolloutRecipe
from reasonome.config.settings import Decoding, Settings, Sizes
from reasonome.config.sources import (
    FORMAT_FILES,
    GMT_FORMATS,
    GO_FORMATS,
    ONTOLOGY_FILES,
    Corpus,
    LockedFile,
    LockedSource,
    Source,
    SourceFile,
    SourceName,
)
from reasonome.config.strict import NAME, STYLE, Name, Precision, Variant
from reasonome.config.styles import GeneListStyle, Style
from reasonome.config.task_settings import Benchmark, is_variant, variant_suffix
from reasonome.config.teachers import GeneNamesTeacher, KnowledgeTeacher, OpenAITeacher, RecallTeacher, Teacher
