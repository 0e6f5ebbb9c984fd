"""A Cognito for tests: `Server` for any runner, and a pytest plugin (`halfday.pytest_plugin`) that comes with it.

    with Server() as server:
        pool = server.pool()
        client = pool.client()
        ada = pool.user("ada")
        tokens = ada.sign_in(client)

A server is ephemeral: nothing is written, and it takes a free port. It needs `halfday[server]`, and boto3 for what is
made by it here.
"""

from halfday.testing.clock import ServerClock as ServerClock
from halfday.testing.codes import Codes as Codes
from halfday.testing.environment import aws_environment as aws_environment
from halfday.testing.environment import environment_of as environment_of
from halfday.testing.pools import AppClient as AppClient
from halfday.testing.pools import Pool as Pool
from halfday.testing.pools import Tokens as Tokens
from halfday.testing.pools import User as User
from halfday.testing.server import Server as Server
