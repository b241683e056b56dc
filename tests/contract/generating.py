"""A client of a service, generated from its OpenAPI document as a stranger would generate it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import openapi_python_client as generator
from openapi_python_client.config import Config, ConfigFile, MetaType


class Generated(NamedTuple):
    """The package that was written, and what the generator could not make anything of."""

    folder: Path
    warnings: list[str]


def generated_client(document: Path, folder: Path) -> Generated:
    """Generate a client into `folder`; the lines of the logs, which services of ours read, are text to it."""
    settings = ConfigFile(content_type_overrides={"application/x-ndjson": "text/plain"}, post_hooks=[])
    config = Config.from_sources(settings, MetaType.NONE, document, "utf-8", True, output_path=folder)
    found = generator.generate(config=config)
    return Generated(folder, [f"{each.header} {each.detail} {getattr(each, 'data', '')}" for each in found])
