"""The one schema of everything under config/: pydantic models, a module for every kind of file there.

`project/folder.py` reads YAML into them, `schemas.py` writes the JSON schemas that editors use from them.
"""

from reasonome.config.annotations import Annotation
from reasonome.config.backbones import ApiModel, Backbone, RecordedAnswers
from reasonome.config.benchmarks import Benchmark
from reasonome.config.corpora import Corpus
from reasonome.config.decodings import Decoding
from reasonome.config.encoders import Encoder
from reasonome.config.endpoints import Endpoint, Price
from reasonome.config.experiments import Experiment
from reasonome.config.recipes import (
    STAGES,
    Adapter,
    Grader,
    Grading,
    GrpoRecipe,
    PretrainRecipe,
    QuestionRecipe,
    Recipe,
    RecipeFile,
    SftRecipe,
    TrainingSettings,
)
from reasonome.config.resources import CLUSTER_RULES, TRAINING_RULES, Request, Sharding
from reasonome.config.settings import Settings
from reasonome.config.sources import (
    FORMAT_FILES,
    GMT_FORMATS,
    GO_FORMATS,
    ONTOLOGY_FILES,
    LockedFile,
    LockedSource,
    Source,
    SourceFile,
    SourceName,
)
from reasonome.config.strict import NAME, STYLE, Name, Precision, Variant
from reasonome.config.styles import GeneListStyle, Style
from reasonome.config.subsets import is_variant, variant_of_subset
from reasonome.config.teachers import GeneNamesTeacher, KnowledgeTeacher, OpenAITeacher, Teacher
from reasonome.config.weights import HubWeights, PathWeights, PypiWeights

__all__ = [
    "Adapter",
    "Annotation",
    "ApiModel",
    "Backbone",
    "Benchmark",
    "CLUSTER_RULES",
    "Corpus",
    "Decoding",
    "Encoder",
    "Endpoint",
    "Experiment",
    "FORMAT_FILES",
    "GMT_FORMATS",
    "GO_FORMATS",
    "GeneListStyle",
    "GeneNamesTeacher",
    "Grader",
    "Grading",
    "GrpoRecipe",
    "HubWeights",
    "KnowledgeTeacher",
    "LockedFile",
    "LockedSource",
    "NAME",
    "Name",
    "Precision",
    "ONTOLOGY_FILES",
    "OpenAITeacher",
    "PathWeights",
    "PretrainRecipe",
    "Price",
    "PypiWeights",
    "Recipe",
    "RecipeFile",
    "RecordedAnswers",
    "Request",
    "STAGES",
    "STYLE",
    "Settings",
    "QuestionRecipe",
    "SftRecipe",
    "Sharding",
    "Source",
    "SourceFile",
    "SourceName",
    "Style",
    "TRAINING_RULES",
    "Teacher",
    "TrainingSettings",
    "Variant",
    "is_variant",
    "variant_of_subset",
]
