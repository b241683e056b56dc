"""The campaign is a package below `tests`, as `make faults` runs it."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
