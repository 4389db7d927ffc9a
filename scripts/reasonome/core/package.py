"""Where the package is, and the files that are installed with it."""

from importlib.resources import files
from pathlib import Path

PACKAGE_ROOT = Path(str(files("reasonome"))).resolve()
# Settings and sources for over-representation; in the repository they are links to config/ and resources/.
DATA = PACKAGE_ROOT / "data"
