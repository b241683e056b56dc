"""The contract tests share a few modules beside them; nothing here needs Kafka, PostgreSQL or a network."""

import os

os.environ["PACT_DO_NOT_TRACK"] = "true"
