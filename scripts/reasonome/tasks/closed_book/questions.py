"""Questions of the closed book."""

from pydantic import BaseModel, ConfigDict

from reasonome.tasks.naming.questions import Example


class Through(BaseModel):
    """The pathway whose genes a question shows, where its parent is asked for."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    name: str


class Question(Example):
    """Genes of a pathway, whose name is asked for, or with `through` that of the pathway's parent."""

    through: Through | None = None
