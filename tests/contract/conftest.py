"""The contract tests share a few modules beside them; nothing here needs Kafka, PostgreSQL or a network."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
os.environ["PACT_DO_NOT_TRACK"] = "true"
