"""The world outside: providers, messages, the AWS behind the front door. Built in `compose`, handed on in Services."""
