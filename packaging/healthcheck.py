"""Ends with 0 if the server in this container answers /health, else with 1 and a line that says why.

A server that was told to speak https answers this plain request too, because it comes from its own machine.
"""

import os
import sys
from http.client import HTTPConnection, HTTPException

HERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def main() -> int:
    host, port = os.environ.get("HALFDAY_SERVER_HOST", "127.0.0.1"), os.environ.get("HALFDAY_SERVER_PORT", "4242")
    connection = HTTPConnection(HERE.get(host, host), int(port), timeout=2)
    try:
        connection.request("GET", "/health", headers={"Host": f"localhost:{port}"})
        answered = connection.getresponse().status
    except (OSError, HTTPException) as problem:
        print(f"/health is not answered: {problem}")
        return 1
    if answered != 200:
        print(f"/health is answered {answered}")
    return int(answered != 200)


if __name__ == "__main__":
    sys.exit(main())
