"""While sets are annotated nothing reaches for a model hub, from the command line and from Python alike."""

from collections.abc import Iterator
from contextlib import contextmanager

from huggingface_hub import constants


@contextmanager
def offline() -> Iterator[None]:
    """Within the block every request to the Hugging Face hub is an error; afterwards all is as before.

    The hub's client reads HF_HUB_OFFLINE once, when it is imported, which in somebody's Python was long ago: so its
    own switch is set, and not the variable.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = True
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
