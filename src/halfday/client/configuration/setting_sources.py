"""Where a connection's settings come from: arguments, then HALFDAY_* variables, then halfday_* keys of an AWS profile.

This module is loaded for kept credentials, before every AWS CLI call. So it imports os only (not `__future__` either,
see `cache_files`), and reads the AWS config file by hand. It checks nothing; `settings` does.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

NAMES = (
    "domain",
    "client_id",
    "client_secret",
    "identity_pool_id",
    "user_pool_id",
    "region",
    "redirect_uri",
    "scopes",
    "endpoint_url",
    "role_arn",
    "credentials_flow",
    "duration_s",
    "token_store",
    "logout_uri",
    "callback_certificate",
    "callback_key",
    "timeout",
)
"""Every setting. `redirect_uri` and `scopes` may hold several words, separated by blanks."""


OF_A_SIGN_IN = ("client_secret", "redirect_uri", "scopes", "logout_uri", "callback_certificate", "callback_key")
"""Settings that only a sign-in needs."""
OF_ONE_CALL = ("timeout",)
"""Settings that change nothing of what is kept."""
NO_VARIABLE_OF_AWS = "AWS_ENDPOINT_URL_COGNITO_IDP"
"""Nobody reads it, AWS's SDKs no more than Halfday. Theirs is AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER."""
_OTHER_VARIABLES = ("password", "new_password", "web_secret", "cache_dir", "log")
"""HALFDAY_* variables that are no settings of a connection."""
OTHER_KEYS = ("web_secret",)
"""Their like in an AWS profile."""


class SettingSources:
    """What was found: `values` by name, `origins` (where each came from), and the keys of the AWS profile.

    `service_keys`: NAME.KEY of the `services` section that the profile names; None when there is no such section.
    `trimmed`: the names of ids and secrets that had a blank or a line end around them, as values from files often do.
    """

    __slots__ = (
        "environ", "origins", "profile", "profile_is_missing", "profile_keys", "service_keys", "trimmed", "values"
    )  # fmt: skip

    def __init__(self, profile: str, profile_keys: dict[str, str] | None, environ: "Mapping[str, str]") -> None:
        self.profile = profile
        self.profile_is_missing = profile_keys is None
        self.profile_keys = profile_keys or {}
        self.service_keys: dict[str, str] | None = {}
        self.environ = environ
        self.values: dict[str, str] = {}
        self.origins: dict[str, str] = {}
        self.trimmed: list[str] = []


def gather(arguments: "Mapping[str, object]", *, environ: "Mapping[str, str] | None" = None) -> SettingSources:
    """Reads every source. `arguments` may hold `profile` beside the NAMES; None in it means not given."""
    environ = os.environ if environ is None else environ
    profile = str(arguments.get("profile") or profile_name(environ))
    sources = SettingSources(profile, read_profile(config_path(environ), profile), environ)
    if "services" in sources.profile_keys:
        sources.service_keys = read_services(config_path(environ), sources.profile_keys["services"])
    for name in NAMES:
        _find(name, arguments, sources)
    _spell_domain_out(sources)
    return sources


def made_of(sources: SettingSources) -> dict[str, str]:
    """All that a connection's settings are made of, but the client secret. Two that are equal make equal settings."""
    found = {name: value for name, value in sources.values.items() if name != "client_secret"}
    for variable, value in sources.environ.items():
        if variable.startswith(("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_IGNORE_CONFIGURED_")):
            found[variable] = value
    for key, value in sources.profile_keys.items():
        if key in ("region", "endpoint_url", "services", "ignore_configured_endpoint_urls"):
            found[f"the profile's {key}"] = value
    for key, value in (sources.service_keys or {}).items():
        found[f"the services' {key}"] = value
    return found


def are_sound(made: "Mapping[str, str]", before: object) -> bool:
    """Whether settings made of these are sound, because those made of what was there `before` were.

    What only a sign-in needs may be missing now: a session is often kept by a call with more options.
    """
    if not isinstance(before, dict) or any(before.get(name) != value for name, value in made.items()):
        return False
    return all(name in made or name in OF_A_SIGN_IN or name in OF_ONE_CALL for name in before)


def are_plain(sources: SettingSources) -> bool:
    """Whether nothing has to be said about where the settings come from: no name is unknown, and nothing was trimmed.

    It is asked where `are_sound` has told that the values are.
    """
    known = all(key[8:] in (*NAMES, *OTHER_KEYS) for key in sources.profile_keys if key.startswith("halfday_"))
    secret = sources.values.get("client_secret", "")
    return known and not sources.trimmed and is_a_secret(secret) and all(map(is_known_variable, sources.environ))


def is_a_secret(text: str) -> bool:
    """Whether it may be a client secret: one word, without a line end in it."""
    return text.isprintable() and " " not in text


def is_known_variable(name: str) -> bool:
    """Whether it is a setting's variable, another one that Halfday reads, or none of Halfday's."""
    if name == NO_VARIABLE_OF_AWS:
        return False
    ours = name[8:].lower() if name.startswith("HALFDAY_") else "server_"
    return ours.startswith("server_") or ours in NAMES or ours in _OTHER_VARIABLES


def profile_name(environ: "Mapping[str, str]") -> str:
    return environ.get("AWS_PROFILE") or environ.get("AWS_DEFAULT_PROFILE") or "default"


def config_path(environ: "Mapping[str, str]") -> str:
    return os.path.expanduser(environ.get("AWS_CONFIG_FILE") or os.path.join("~", ".aws", "config"))


def read_profile(path: str, profile: str) -> dict[str, str] | None:
    """The keys of one profile; None when the file has no such profile. Nested blocks are left out.

    Lines end where AWS's tools end them: at \\n, \\r\\n and \\r, and at none of Unicode's other separators.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = list(file)
    except (OSError, UnicodeDecodeError):
        return None
    keys: dict[str, str] | None = None
    inside = False
    for line in lines:
        if line.startswith("["):
            inside = names_profile(line, profile)
            keys = {} if inside and keys is None else keys
        elif inside and keys is not None and not line.startswith((" ", "\t", "#", ";")):
            name, equals, value = line.partition("=")
            if equals:
                keys[name.strip()] = value.strip()
    return keys


def read_services(path: str, name: str) -> dict[str, str] | None:
    """SERVICE.KEY of `[services NAME]`, whose services are nested blocks; None when the file has no such section."""
    try:
        with open(path, encoding="utf-8") as file:
            lines = list(file)
    except (OSError, UnicodeDecodeError):
        return None
    found: dict[str, str] | None = None
    inside, service = False, ""
    for line in lines:
        if line.startswith("["):
            title = line[1:].partition("]")[0].strip()
            inside = title.startswith(("services ", "services\t")) and title[9:].strip().strip("\"'") == name
            found = {} if inside and found is None else found
        elif inside and found is not None and line.strip() and not line.lstrip().startswith(("#", ";")):
            key, equals, value = line.partition("=")
            if not line.startswith((" ", "\t")):
                service = key.strip()
            elif equals:
                found[f"{service}.{key.strip()}"] = value.strip()
    return found


def session_key(values: "Mapping[str, str]") -> str:
    """The key of a kept session: where the person signs in, and the app client."""
    place = values.get("domain") or values.get("user_pool_id") or values.get("endpoint_url") or ""
    return f"{host_of(place)} {values.get('client_id', '')}"


def credentials_place(values: "Mapping[str, str]") -> str:
    """The key of AWS credentials: identity pool, flow, role and duration that they were asked for with."""
    chosen = (values.get("identity_pool_id"), values.get("credentials_flow"), values.get("role_arn"))
    return " ".join(word for word in (*chosen, values.get("duration_s")) if word)


def host_of(place: str) -> str:
    """HOST[:PORT] of a domain in any spelling, so that one connection has one key.

    It agrees with `protocol.urls` on every domain that `protocol.urls` accepts.
    """
    before, separator, after = place.strip().partition("://")
    host = after if separator else before
    for delimiter in "/?#":
        host = host.partition(delimiter)[0]
    return host.lower()


def names_profile(line: str, profile: str) -> bool:
    """Whether `[default]`, `[profile NAME]` or `[profile "NAME"]` names this profile."""
    title, bracket, _ = line[1:].partition("]")
    title = title.strip()
    if not bracket:
        return False
    if title.startswith(("profile ", "profile\t")):
        return title[8:].strip().strip("\"'") == profile
    return title == profile == "default"


def _find(name: str, arguments: "Mapping[str, object]", sources: SettingSources) -> None:
    variable, key = f"HALFDAY_{name.upper()}", f"halfday_{name}"
    given = arguments.get(name)
    if given is not None:
        sources.values[name] = given if isinstance(given, str) else _join(given)
        sources.origins[name] = f"the argument {name}"
    elif sources.environ.get(variable):
        sources.values[name], sources.origins[name] = sources.environ[variable], variable
    elif sources.profile_keys.get(key):
        sources.values[name] = sources.profile_keys[key]
        sources.origins[name] = f"{key} of the AWS profile {sources.profile}"
    _trim(name, sources)


def _spell_domain_out(sources: SettingSources) -> None:
    """A prefix becomes the whole domain, where the region is known. So a connection has one key in both spellings."""
    domain = sources.values.get("domain", "")
    if not domain or "." in domain or ":" in domain:
        return
    from halfday.protocol.prefix_domains import is_prefix, spelt_out

    if is_prefix(domain):
        sources.values["domain"] = spelt_out(domain, region_found(sources)) or domain


def region_found(sources: SettingSources) -> str:
    """The user pool's region as far as the sources tell, unchecked. The ids know it better than what is set."""
    values, environ = sources.values, sources.environ
    of_ids = (values.get("user_pool_id", "").rpartition("_")[0], values.get("identity_pool_id", "").partition(":")[0])
    of_aws = (environ.get("AWS_REGION"), environ.get("AWS_DEFAULT_REGION"), sources.profile_keys.get("region"))
    return next((one for one in (of_ids[0], values.get("region"), *of_aws, of_ids[1]) if one), "")


def _trim(name: str, sources: SettingSources) -> None:
    value = sources.values.get(name, "")
    if value != value.strip():
        sources.values[name] = value.strip()
        if name.endswith(("_id", "_secret")):
            sources.trimmed.append(name)


def _join(words: object) -> str:
    """A list of redirect URIs or scopes, as one text."""
    return " ".join(map(str, words)) if isinstance(words, (list, tuple, set, frozenset)) else str(words)
