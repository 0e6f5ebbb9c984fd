"""One file a command, and the table of them: what `halfday NAME` imports, and its line in `halfday --help`."""

COMMANDS = {
    "login": ("halfday.cli.commands.login", "sign in with the browser, and keep the session"),
    "exchange": ("halfday.cli.commands.exchange", "turn a code, or the whole callback URL, into a session"),
    "credentials": ("halfday.cli.commands.credentials", "print AWS credentials, as a credential_process does"),
    "exec": ("halfday.cli.commands.exec", "run a command with AWS credentials in its environment"),
    "env": ("halfday.cli.commands.env", "print AWS credentials as variables of a shell"),
    "console": ("halfday.cli.commands.console", "open the AWS console, signed in"),
    "configure": ("halfday.cli.commands.configure", "write the AWS profile that AWS tools get credentials by"),
    "call": ("halfday.cli.commands.call", "call an API with the right token"),
    "token": ("halfday.cli.commands.token", "print the ID token or the access token"),
    "whoami": ("halfday.cli.commands.whoami", "show who is signed in, from verified claims"),
    "doctor": ("halfday.cli.commands.doctor", "look at a connection, step by step, and say what is wrong"),
    "explain": ("halfday.cli.commands.explain", "say why something was refused, and what to change"),
    "sessions": ("halfday.cli.commands.sessions", "list the sessions that this machine keeps"),
    "logout": ("halfday.cli.commands.logout", "revoke the session and forget it"),
    "serve": ("halfday.cli.commands.serve", "run a Cognito of one's own"),
    "trust": ("halfday.cli.commands.trust", "let this machine's stores trust the server's own certificates"),
    "aws-names": ("halfday.cli.commands.aws_names", "print what makes programs find AWS's names at a local server"),
    "apply": ("halfday.cli.commands.apply", "make on a server what CloudFormation, SAM and CDK templates declare"),
    "import": ("halfday.cli.commands.import_", "bring pools and people from elsewhere into such a server"),
    "export": ("halfday.cli.commands.export", "write what such a server holds into a file that can be read again"),
    "init": ("halfday.cli.commands.init", "write a commented halfday.toml for it"),
    "snippet": ("halfday.cli.commands.snippet", "print a library's configuration for an app client of such a server"),
    "trigger": ("halfday.cli.commands.trigger", "print a sample event of a Lambda trigger, or send one to a function"),
    "policy": ("halfday.cli.commands.policy", "say which statement of a policy allows or denies something"),
    "try": ("halfday.cli.commands.try_", "see the whole path once, on this machine, with no AWS account"),
    "completion": ("halfday.cli.commands.completion", "print a script that completes all this in your shell"),
}

OF_THE_REST = "a server of your own"
GROUPS = {
    "sign in": ("login", "exchange", "whoami", "sessions", "logout", "configure"),
    "use it": ("credentials", "exec", "env", "console", "call", "token"),
    OF_THE_REST: ("serve", "init", "snippet"),
    "help": ("doctor", "explain", "try", "completion"),
}
"""The parts of `halfday --help`. A command that none of them names stands under OF_THE_REST."""
