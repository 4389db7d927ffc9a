"""The settings of a ranking, as the command line passes them."""

from typing import Annotated, Literal

from pydantic import Field

from reasonome.config.annotations import AnyPath
from reasonome.config.strict import Name, Seed, Strict

Kind = Literal["case", "locus"]
# Of an answer with the list alone, and with reasoning of at most 200 words or of any length.
NEW_TOKENS = {"none": 256, "short": 640, "long": 2048}


class RankSettings(Strict):
    """A user's cases or loci, and how a model is asked about them."""

    files: list[AnyPath] = Field(
        [], description="phenopackets, lists of HPO terms, or tables of cases or loci, plain or gzipped"
    )
    columns: dict[str, str] = Field({}, description="of tables: what their columns are called")
    panel: AnyPath | None = Field(
        None, description="the genes that may be the answer to cases, one a line; any human gene if not given"
    )
    trait: str | None = Field(
        None, description="of one locus, with --locus, or of the loci of a table that has none in their rows"
    )
    locus: str | None = Field(None, description="CHROMOSOME:POSITION of one lead variant, GRCh38, with --trait")
    window_kb: Annotated[int, Field(ge=1, le=100_000)] | None = Field(
        None,
        description="of loci without candidates: kilobases on either side in which candidate genes lie; if not given "
        "the benchmark's",
    )
    benchmark: Name | None = Field(
        None,
        description="whose genes, gene locations and phenotypes are used; if not given demo-cases or demo-loci",
    )
    style: Name | None = Field(
        None, description="of the prompts; if not given that of the model's training, else short, which has reasons"
    )
    samples: Annotated[int, Field(ge=1, le=1000)] = Field(
        5, description="answers for each question, with the candidates in other orders where the style shuffles them"
    )
    temperature: Annotated[float, Field(gt=0)] = Field(0.7, description="of answers, if there are several")
    top_p: Annotated[float, Field(gt=0, le=1)] = Field(0.95, description="likewise")
    max_new_tokens: Annotated[int, Field(ge=16)] | None = Field(
        None,
        description="of an answer; if not given 256, and 640 or 2048 with short or long reasoning; 4096 more for a "
        "model behind an endpoint, which may think first",
    )
    batch_size: Annotated[int, Field(ge=1)] = Field(32, description="questions that a local model answers at once")
    seed: Seed = Field(0, description="of the answers that are drawn; orders go by the style's")
