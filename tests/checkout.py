"""The folder of the checkout, in which the tests lie."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
