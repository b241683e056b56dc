"""How every older version of a shipped type becomes the next."""

import re
from typing import Any

from events.upcasting import upcast


@upcast("VisitLogged", from_version=1)
def participants_become_a_list(data: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """Version 1 wrote the participants as one text, separated by 、 or a comma of either width."""
    names = (name.strip() for name in re.split("[、,，]", data.get("participants") or ""))
    return {**data, "participants": [name for name in names if name]}
