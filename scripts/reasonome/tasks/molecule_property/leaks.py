"""The leak audit of questions on molecules, which give nothing away of those of other tasks."""

from reasonome.tasks.verified.leaks import FIXES, findings, same_sources

__all__ = ["FIXES", "findings", "same_sources"]
