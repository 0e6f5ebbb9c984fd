"""The attack: programs that try to break a running server and the web adapters from outside. See README.md."""
