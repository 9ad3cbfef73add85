"""The ``config.json`` of a Hugging Face repository, its fields checked as they are read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spacemoe_ns3.checks import check_kind, check_whole
from spacemoe_ns3.errors import ScenarioError, require


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """Fields of a file. Each method raises a ScenarioError that names file, field and rule.

    Parameters
    ----------
    path
        The file.
    fields
        What it holds.
    """

    path: Path
    fields: dict[str, Any]

    def has(self, name: str) -> bool:
        """Return whether a field is there, and not null."""
        return self.fields.get(name) is not None

    def whole(self, *names: str, least: int = 1) -> int:
        """Return the first field of these names that is there: a whole number."""
        for name in names:
            if self.has(name):
                value = self.fields[name]
                check_whole(f"{self.path}: {name}", value, least=least)
                return int(value)
        raise ScenarioError(
            f"{self.path}: {' or '.join(names)} is missing, and its architecture needs it; take the whole "
            "config.json of the model"
        )

    def truth(self, name: str, *, default: bool) -> bool:
        """Return a field: true or false."""
        value = self.fields.get(name, default)
        check_kind(f"{self.path}: {name}", value, bool, "true or false")
        return bool(value)

    def list_of(self, name: str) -> list[Any]:
        """Return a field: a list, empty if it is not there."""
        value = self.fields.get(name)
        check_kind(f"{self.path}: {name}", value, (list, type(None)), "a list")
        return value or []

    def require_one(self, name: str) -> None:
        """Raise unless a field, if it is there, says that every layer has experts once they begin."""
        value = self.fields.get(name, 1)
        require(
            value == 1,
            f"{self.path}: {name}: {value!r} given, must be 1: the layers with experts follow one another; "
            "layers that alternate are not modelled",
        )


def read_config(path: Path) -> ConfigFile:
    """Read a file; a ScenarioError with file and line if it is no JSON object."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ScenarioError(f"{path}: cannot be read ({reason}); name a config.json") from error
    try:
        fields = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScenarioError(f"{path}:{error.lineno}: not valid JSON: {error.msg}") from error
    except RecursionError as error:
        raise ScenarioError(f"{path}: nested too deeply; name a config.json") from error
    require(isinstance(fields, dict), f"{path}: holds no JSON object; name a config.json")
    return ConfigFile(path, fields)
