"""sizes.yaml: how much data there will be, before they are built."""

from typing import Annotated

from pydantic import Field

from reasonome.config.strict import STYLE, Name, Strict

Style = Annotated[str, Field(pattern=STYLE)]
Count = Annotated[int, Field(ge=1)]


class Sizes(Strict):
    """Sizes that `reasonome plan` takes for data that are not built yet."""

    rows: dict[Name, Count] = Field({}, description="benchmark -> training questions")
    tokens: dict[Name, Count] = Field({}, description="corpus -> tokens of its training statements")
    lengths: dict[Style, Count] = Field({}, description="prompt style -> tokens of a question with its answer")
