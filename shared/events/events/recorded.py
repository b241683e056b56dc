"""Texts as events hold them: bounded, and nothing more, so that whatever was recorded once is read for ever.

What comes in is held to `events.fields`, which asks more of the same names.
"""

from typing import Annotated

from pydantic import Field

Code = Annotated[str, Field(min_length=1, max_length=64)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Text = Annotated[str, Field(max_length=2000)]
Said = Annotated[str, Field(min_length=1, max_length=2000)]
