"""The AWS operations, one function each, in files by family. Someone who knows the operation's name finds it by it."""
