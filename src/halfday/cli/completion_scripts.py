"""The shells' completion scripts, written from the list of commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from halfday.cli.commands.completion import Command, Option

_PROFILES = (
    """sed -n -e 's/^\\[profile  *\\([^] ]*\\) *\\].*/\\1/p' -e 's/^\\[\\(default\\)\\].*/\\1/p' """
    """"${AWS_CONFIG_FILE:-$HOME/.aws/config}" 2>/dev/null"""
)
_FILES = ("file", "dir", "path")
_RUNS_ANOTHER = "exec"

_BASH = """\
# halfday completion for bash: eval "$(halfday completion bash)"
_halfday_profiles() {{ {profiles}; }}
_halfday() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}"
    local command="${{COMP_WORDS[1]}}" words=""
    COMPREPLY=()
    if (( COMP_CWORD == 1 )); then
        COMPREPLY=( $(compgen -W "{names}" -- "$current") )
        return
    fi
    case "$command $previous" in
        *" --profile") COMPREPLY=( $(compgen -W "$(_halfday_profiles)" -- "$current") ); return ;;
{values}
    esac
    case "$command" in
{options}
    esac
    COMPREPLY=( $(compgen -W "$words" -- "$current") )
    if [[ $command == {runs} && $previous == -- ]]; then COMPREPLY=( $(compgen -c -- "$current") ); fi
}}
complete -o default -F _halfday halfday
"""

_ZSH = """\
#compdef halfday
# halfday completion for zsh: eval "$(halfday completion zsh)", after compinit
_halfday_profiles() {{ compadd -- $({profiles}) }}
_halfday_programs() {{ compadd -k commands }}
_halfday() {{
    local -a verbs=(
{names}
    )
    if (( CURRENT == 2 )); then
        _describe command verbs
        return
    fi
    local command="$words[2]"
    shift words
    (( CURRENT-- ))
    case "$command" in
{options}
    esac
}}
if [[ "$funcstack[1]" == _halfday ]]; then _halfday "$@"; else compdef _halfday halfday; fi
"""

_FISH = """\
# halfday completion for fish: halfday completion fish > ~/.config/fish/completions/halfday.fish
function __halfday_profiles
    set -l config ~/.aws/config
    set -q AWS_CONFIG_FILE; and set config $AWS_CONFIG_FILE
    sed -n -e 's/^\\[profile  *\\([^] ]*\\) *\\].*/\\1/p' -e 's/^\\[\\(default\\)\\].*/\\1/p' $config 2>/dev/null
end
complete -c halfday -f
{names}
{options}
"""


_POWERSHELL = """\
# halfday completion for PowerShell: halfday completion powershell | Out-String | Invoke-Expression   (in $PROFILE)
Register-ArgumentCompleter -Native -CommandName halfday -ScriptBlock {{
    param($wordToComplete, $commandAst, $cursorPosition)
    $commands = [ordered]@{{
{names}
    }}
    $options = @{{
{options}
    }}
    $values = @{{
{values}
    }}
    $typed = @($commandAst.CommandElements | Where-Object {{ $_.Extent.EndOffset -lt $cursorPosition }} |
        ForEach-Object {{ $_.ToString() }})
    $command = if ($typed.Count -gt 1) {{ $typed[1] }} else {{ '' }}
    $previous = $typed[-1]
    $found = if ($typed.Count -le 1) {{ $commands.Keys }}
    elseif ($previous -eq '--profile') {{
        $config = if ($env:AWS_CONFIG_FILE) {{ $env:AWS_CONFIG_FILE }} else {{ Join-Path $HOME '.aws/config' }}
        if (Test-Path $config) {{
            Select-String -Path $config -Pattern '^\\[(?:profile +)?([^\\] ]+) *\\]' |
                ForEach-Object {{ $_.Matches[0].Groups[1].Value }}
        }}
    }}
    elseif ($values.ContainsKey("$command $previous")) {{ $values["$command $previous"] }}
    else {{ $options[$command] }}
    $found | Where-Object {{ $_ -like "$wordToComplete*" }} | ForEach-Object {{
        $told = if ($commands.Contains($_) -and $typed.Count -le 1) {{ $commands[$_] }} else {{ $_ }}
        [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $told)
    }}
}}
"""


def bash(commands: Sequence[Command]) -> str:
    values = [
        f"        {_bash_case(command, option)}) {_bash_values(option)}; return ;;"
        for command in commands
        for option in command.options
        if option.value and option.flags != ("--profile",)
    ]
    options = [
        f'        {command.name}) words="{" ".join((*command.values, *_flags(command)))}" ;;' for command in commands
    ]
    return _BASH.format(
        profiles=_PROFILES,
        names=" ".join(command.name for command in commands),
        values="\n".join(values),
        options="\n".join(options),
        runs=_RUNS_ANOTHER,
    )


def zsh(commands: Sequence[Command]) -> str:
    names = [f"        {shlex.quote(f'{command.name}:{command.summary}')}" for command in commands]
    options = []
    for command in commands:
        specs = [_zsh_option(option) for option in command.options]
        if command.values:
            specs.append(f"'1:{command.name}:({' '.join(command.values)})'")
        rest = (
            "'1:command:_halfday_programs' '*::argument: _normal'"
            if command.name == _RUNS_ANOTHER
            else "'*:file:_files'"
        )
        options.append(f"        {command.name}) _arguments -S {' '.join([*specs, rest])} ;;")
    return _ZSH.format(profiles=_PROFILES, names="\n".join(names), options="\n".join(options))


def fish(commands: Sequence[Command]) -> str:
    first = "complete -c halfday -n __fish_use_subcommand"
    names = [f"{first} -a {command.name} -d {_fish_quoted(command.summary)}" for command in commands]
    options = []
    for command in commands:
        here = f"complete -c halfday -n '__fish_seen_subcommand_from {command.name}'"
        options += [f"{here} {_fish_option(option)}" for option in command.options]
        if command.values:
            options.append(f"{here} -a '{' '.join(command.values)}'")
        if command.name == _RUNS_ANOTHER:
            options.append(f"{here} -a '(__fish_complete_subcommand --fcs-skip=2)'")
    return _FISH.format(names="\n".join(names), options="\n".join(options))


def powershell(commands: Sequence[Command]) -> str:
    names = [f"        {_ps(command.name)} = {_ps(command.summary)}" for command in commands]
    options = [f"        {_ps(command.name)} = {_ps_list((*command.values, *_flags(command)))}" for command in commands]
    values = [
        f"        {_ps(f'{command.name} {flag}')} = {_ps_list(option.values)}"
        for command in commands
        for option in command.options
        for flag in option.flags
        if option.value and option.flags != ("--profile",)
    ]
    return _POWERSHELL.format(names="\n".join(names), options="\n".join(options), values="\n".join(values))


SCRIPTS: Mapping[str, Callable[[Sequence[Command]], str]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
    "powershell": powershell,
    "pwsh": powershell,
}


def _flags(command: Command) -> list[str]:
    return [flag for option in command.options for flag in option.flags]


def _bash_case(command: Command, option: Option) -> str:
    return "|".join(f'"{command.name} {flag}"' for flag in option.flags)


def _bash_values(option: Option) -> str:
    if option.values:
        return f'COMPREPLY=( $(compgen -W "{" ".join(option.values)}" -- "$current") )'
    return 'COMPREPLY=( $(compgen -f -- "$current") )' if option.value in _FILES else "COMPREPLY=()"


def _zsh_option(option: Option) -> str:
    """'(-d --data)'{-d,--data}'[help]:value:action', with the characters escaped that _arguments would interpret."""
    told = re.sub(r"([\[\]:\\])", r"\\\1", option.help)
    action = f":{option.value}:{_zsh_action(option)}" if option.value else ""
    spec = shlex.quote(f"[{told}]{action}")
    if len(option.flags) == 1:
        return f"{option.flags[0]}{spec}"
    return f"'({' '.join(option.flags)})'{{{','.join(option.flags)}}}{spec}"


def _zsh_action(option: Option) -> str:
    if option.values:
        return f"({' '.join(option.values)})"
    if option.flags == ("--profile",):
        return "_halfday_profiles"
    return "_files" if option.value in _FILES else " "


def _fish_option(option: Option) -> str:
    flags = [f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.flags]
    if option.values:
        flags.append(f"-xa '{' '.join(option.values)}'")
    elif option.flags == ("--profile",):
        flags.append("-xa '(__halfday_profiles)'")
    elif option.value:
        flags.append("-rF" if option.value in _FILES else "-x")
    return f"{' '.join(flags)} -d {_fish_quoted(option.help)}"


def _ps_list(words: Sequence[str]) -> str:
    return f"@({', '.join(map(_ps, words))})"


def _ps(text: str) -> str:
    """Between single quotes, where PowerShell reads nothing but quotes, typographic ones too (about_Quoting_Rules)."""
    return "'" + re.sub("(['‘’‚‛])", r"\1\1", text) + "'"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
