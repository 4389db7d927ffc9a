"""teachers.yaml: the writers of the reasoning that models are fine-tuned on."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Discriminator, Field

from reasonome.config.backbones import Endpoint
from reasonome.config.reference import CorpusRef, EncoderRef
from reasonome.config.sources import Relations
from reasonome.config.strict import Strict


class KnowledgeTeacher(Strict):
    """Writes reasoning from facts, offline; it knows the true name."""

    kind: Literal["knowledge"]
    genes_per_step: Annotated[int, Field(ge=1, le=16)] = 3
    seed: int = 0
    encoder: EncoderRef
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7


class OpenAITeacher(Endpoint):
    """A teacher behind any OpenAI-compatible endpoint; its reasoning on rankings is kept if its first gene is right."""

    kind: Literal["openai"]
    temperature: Annotated[float, Field(ge=0)] | None = Field(0.0, description="null: not sent")
    max_tokens: Annotated[int, Field(ge=1)] | None = Field(512, description="null: not sent")
    encoder: EncoderRef
    threshold: Annotated[float, Field(ge=0, lt=1)] = 0.7
    grounded: bool = Field(
        True, description="reasoning on gene sets is kept only if it follows from facts, as the knowledge teacher's is"
    )

    def parameters(self) -> dict[str, Any]:
        """All parameters of a request except the messages; also part of the cache key."""
        sampling = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        sent = {name: value for name, value in sampling.items() if value is not None}
        return {"model": self.model, **sent, **self.extra_body}


class RecallTeacher(Strict):
    """Recites what a corpus' statements say of the genes that a prompt shows, offline; it knows the true name.

    For a model that has read the statements, in a style with the reasoning before the name.
    """

    newer: ClassVar = ("genes_per_step",)

    kind: Literal["recall"]
    corpus: CorpusRef
    relations: Annotated[Relations, Field(min_length=1)] = Field(
        ["has_name"], description="of which one fact each is recited of a gene, in this order"
    )
    genes: Annotated[int, Field(ge=1)] = Field(6, description="the first of the shown genes, at most")
    genes_per_step: Annotated[int, Field(ge=1)] = Field(
        1, description="of which one step tells; a pathway that leads to the answer counts as one"
    )


Teacher = Annotated[KnowledgeTeacher | OpenAITeacher | RecallTeacher, Discriminator("kind")]
