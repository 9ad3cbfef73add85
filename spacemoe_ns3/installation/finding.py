"""What an examination finds."""

from __future__ import annotations

from dataclasses import dataclass

VERDICTS = ("ok", "failed", "absent", "skipped")
"""What to think of what was found.

``ok``
    All is well.
``failed``
    Runs need it, and it is missing or broken.
``absent``
    Runs do without, but they, or something else, would be the better for it.
``skipped``
    Runs need it, and something that it needs has failed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one examination has found.

    Parameters
    ----------
    what
        What was looked at.
    found
        What is there, in words.
    verdict
        One of :data:`VERDICTS`.
    remedy
        What to do, in words; empty if nothing is to be done.

    Raises
    ------
    ValueError
        If there is no such verdict.
    """

    what: str
    found: str
    verdict: str = "ok"
    remedy: str = ""

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"verdict {self.verdict!r} given, must be one of {', '.join(VERDICTS)}")
