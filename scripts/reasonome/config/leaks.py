"""What becomes of training data that leak into test sets."""

from typing import Literal

Policy = Literal["report", "drop", "fail"]
