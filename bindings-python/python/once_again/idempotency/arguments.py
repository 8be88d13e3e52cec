"""What a call is about, and the key it is made under."""

from __future__ import annotations

from once_again.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    KeyOf = str | Callable[..., object] | None


class Arguments:
    """The parameters of a function, to tell its calls apart.

    A call is about its one argument, or the list of them, as in every language. Arguments given by name count at their
    place; those that have none come last, by name.
    """

    __slots__ = ("_about", "_key", "_names", "receives")

    def __init__(self, target: Any, key: KeyOf, about: Callable[..., object] | None) -> None:
        code = getattr(target, "__code__", None)
        names: tuple[str, ...] = () if code is None else code.co_varnames[: code.co_argcount]
        self.receives = _is_method(target, names)
        """Whether the first argument is the object that a method belongs to."""
        # A bound method has its object already.
        self._names = names[1:] if self.receives or hasattr(target, "__self__") else names
        self._about = about
        if isinstance(key, str):
            self._key: Callable[..., object] | None = self._field(key, target)
        elif key is None or callable(key):
            self._key = key
        else:
            expected = "a function of the call's arguments, or the name of a parameter"
            raise ConfigError("key", f"an object of type {type(key).__name__}", expected)

    def key(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
        """The caller's key, if the call has one."""
        given = None if self._key is None else self._key(*args, **kwargs)
        return None if given is None else str(given)

    def about(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """What the call is about, as JSON has it."""
        if self._about is not None:
            return self._about(*args, **kwargs)
        if not kwargs:
            return args[0] if len(args) == 1 else args
        placed, named = list(args), dict(kwargs)
        while len(placed) < len(self._names) and self._names[len(placed)] in named:
            placed.append(named.pop(self._names[len(placed)]))
        if named:
            placed.append(named)
        return placed[0] if len(placed) == 1 and not named else placed

    def _field(self, path: str, target: Any) -> Callable[..., object]:
        """``order.id``: of the parameter `order`, the item or attribute `id`."""
        name, *inner = path.split(".")
        place = self._names.index(name) if name in self._names else None
        code = getattr(target, "__code__", None)
        named = () if code is None else code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        if name not in named or not all(inner):
            raise ConfigError("key", repr(path), "a function, or the name of a parameter, as in `order` or `order.id`")
        defaults = _defaults(target, named)

        def read(*args: Any, **kwargs: Any) -> object:
            if name in kwargs:
                value = kwargs[name]
            elif place is not None and place < len(args):
                value = args[place]
            else:
                value = defaults.get(name)
            for step in inner:
                is_item = type(value) is dict or hasattr(value, "__getitem__")
                value = value[step] if is_item else getattr(value, step)
            return value

        return read


def _defaults(target: Any, named: tuple[str, ...]) -> dict[str, Any]:
    placed = target.__defaults__ or ()
    places = named[: target.__code__.co_argcount]
    return {**dict(zip(places[len(places) - len(placed) :], placed, strict=True)), **(target.__kwdefaults__ or {})}


def _is_method(target: Any, names: tuple[str, ...]) -> bool:
    """Whether a function written in a class takes its object first: its first parameter has the usual name."""
    path: list[str] = getattr(target, "__qualname__", "").split(".")
    if hasattr(target, "__self__"):
        return False
    return names[:1] in (("self",), ("cls",)) and len(path) > 1 and path[-2] != "<locals>"
