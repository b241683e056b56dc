"""The golden tests share the modules beside them; `stack` and `database` come from `dealerlog.testing`."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
