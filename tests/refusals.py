"""A mistake must be told: its place, and how to mend it. The wording of messages stands in test_messages.py alone."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from reasonome.core.errors import InputError


@contextmanager
def refused(
    file: str | Path | None = None, line: int | None = None, field: str | None = None, *, fix: str = ""
) -> Iterator[pytest.ExceptionInfo[InputError]]:
    """A block that must end in an InputError of this place; what is not given may be any.

    `file` is a path or, relative, its end; `fix` is a part of the message's way out.
    """
    with pytest.raises(InputError) as caught:
        yield caught
    error = caught.value
    assert line in (None, error.line) and field in (None, error.field)
    assert file is None or Path(error.file or "").parts[-len(Path(file).parts) :] == Path(file).parts
    assert fix in (error.fix or error.what)
