"""Where settings come from: arguments, the environment, profiles of the AWS config file."""
