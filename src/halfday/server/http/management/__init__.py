"""The side door, on a port of its own: for tests, and for whoever sits at this machine.

`messages` are what was sent to people, `triggers` the functions that were invoked, `policies` says what somebody may
do, `controls` are the server's clock and its way back to the start, `transfers` carry pools out
and in. `access` says who is let in. `described` is the OpenAPI description of
it all.
"""

from halfday.server.http.management.app import make_management as make_management
