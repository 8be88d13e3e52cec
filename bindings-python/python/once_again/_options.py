"""Configurations as they are given: a mapping, a preset's name, or fields one by one."""

from __future__ import annotations

from .errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def fields_of(what: str, given: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    """What ``given`` says, a mapping of fields or the name of a preset, changed by ``fields``.

    Raises:
        ConfigError: it is neither.
    """
    if given is None:
        return {**fields}
    if isinstance(given, str):
        return {"preset": given, **fields}
    if not hasattr(given, "keys"):
        raise wrong(what, given, "a mapping of fields, or the name of a preset")
    return {**given, **fields}


def field(fields: Mapping[str, Any], name: str) -> Any:
    """The field of this name, in whichever spelling core has read it."""
    wanted = plain(name)
    return next((value for given, value in fields.items() if plain(str(given)) == wanted), None)


def plain(name: str) -> str:
    """A field's name without case and ``_``, as core compares them."""
    return name.replace("_", "").lower()


def one_config(settings: dict[str, Any], name: str, given: object) -> None:
    """Puts the positional argument ``given`` among the options.

    Raises:
        ConfigError: the option is among them already.
    """
    if given is None:
        return
    if settings.get(name) is not None:
        raise ConfigError(name, "two of them", f"one: as the first argument, or as {name}=")
    settings[name] = given


def flag(field: str, given: object) -> bool:
    """A yes or a no; text is neither, whatever it says.

    Raises:
        ConfigError: it is something else.
    """
    if not isinstance(given, bool):
        raise ConfigError(field, repr(given), "True or False")
    return given


def text(field: str, given: object) -> str:
    """A text.

    Raises:
        ConfigError: it is something else.
    """
    if not isinstance(given, str):
        raise wrong(field, given, "a string")
    return given


def callable_of(field: str, given: Any) -> Any:
    """Something that can be called.

    Raises:
        ConfigError: it cannot.
    """
    if not callable(given):
        raise wrong(field, given, "a function")
    return given


def wrong(field: str, given: object, expected: str) -> ConfigError:
    """The error of an object of the wrong type."""
    return ConfigError(field, f"an object of type {type(given).__name__}", expected)
