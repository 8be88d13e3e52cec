"""What the ASGI and the WSGI middleware have in common: they only carry bytes, and core decides.

`guard` holds a middleware's options and examines requests, `body` undoes their encoding, `run` records how a handler
has answered, and `claim` is what the handler may ask about its run.
"""
