"""Python's answers for tests in other languages: one line of hexadecimal in, one answer out.

``peer.py bodies`` answers the fingerprint of the bytes as a JSON body. ``peer.py values`` answers that of the value
that ``json.loads`` makes of them. ``peer.py keys`` takes the key as JSON and answers whether a manager accepts it.
"""

from __future__ import annotations

import json
import sys

from once_again import IdempotencyManager, fingerprint
from once_again.errors import OnceAgainError

manager = IdempotencyManager()


def accepts(key: str) -> str:
    try:
        manager.peek(key)
    except OnceAgainError as error:
        return error.code
    return "accepted"


ANSWERS = {
    "bodies": lambda text: fingerprint(text),
    "values": lambda text: fingerprint(json.loads(text)),
    "keys": lambda text: accepts(json.loads(text)),
}

answer = ANSWERS[sys.argv[1]]
for line in sys.stdin:
    print(answer(bytes.fromhex(line)))
