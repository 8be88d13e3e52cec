"""Who this process is among its like."""

from __future__ import annotations

import os

from . import _core

# By process: a server that forks gives its children the memory of their parent.
_own: tuple[int, str] = (0, "")


def instance_name() -> str:
    """A name drawn once for this process: the ``instance`` of a policy that was given none."""
    global _own
    process = os.getpid()
    if _own[0] != process:
        _own = (process, _core.generate_key(os.urandom(16)))
    return _own[1]
