from pathlib import Path

import pytest
from cognito_peer import CLIENT_ID, POOL_ID

from halfday import SettingsError
from halfday.client.settings_loading import load_settings

AWS_DOMAIN = "https://demo.auth.eu-west-1.amazoncognito.com"
IDENTITY_POOL_ID = "us-east-2:11111111-2222-3333-4444-555555555555"


def test_an_argument_wins_over_the_environment_and_that_over_the_profile(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[default]\nhalfday_client_id = wrong\n"
        "[profile demo]\nregion = eu-central-1\ns3 =\n  halfday_client_id = nested\n"
        "halfday_client_id = fromprofile\nhalfday_domain = fromprofile.example.com\n"
        "halfday_identity_pool_id = us-east-2:11111111-2222-3333-4444-555555555555\n"
    )
    environ = {"AWS_CONFIG_FILE": str(config), "AWS_PROFILE": "demo", "HALFDAY_DOMAIN": "fromenv.example.com"}
    settings = load_settings({"client_id": "fromargument"}, environ=environ)
    assert settings.client_id == "fromargument"
    assert settings.domain is not None
    assert settings.domain.origin == "https://fromenv.example.com"
    assert settings.identity_pool_id == IDENTITY_POOL_ID
    assert settings.region == "eu-central-1"
    assert load_settings({}, environ=environ).client_id == "fromprofile"


def test_a_profile_that_was_asked_for_and_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no AWS profile nowhere"):
        load_settings({"profile": "nowhere"}, environ={"AWS_CONFIG_FILE": str(tmp_path / "none")})


def test_regions_are_derived_from_the_ids_and_apis_from_the_regions() -> None:
    environ = {"AWS_REGION": "ap-south-1"}
    settings = load_settings({"domain": AWS_DOMAIN, "identity_pool_id": IDENTITY_POOL_ID}, environ=environ)
    assert settings.idp_endpoint() == "https://cognito-idp.eu-west-1.amazonaws.com"
    assert settings.identity_endpoint() == "https://cognito-identity.us-east-2.amazonaws.com"
    assert settings.sdk_endpoint is None


def test_a_custom_domain_takes_the_region_of_the_pool_id() -> None:
    settings = load_settings({"domain": "auth.example.com", "user_pool_id": "eu-north-1_AbCdEf123"}, environ={})
    assert settings.idp_endpoint() == "https://cognito-idp.eu-north-1.amazonaws.com"


@pytest.mark.parametrize(
    ("arguments", "environ", "idp", "identity"),
    [
        ({"domain": "http://localhost:4242/login"}, {}, "http://localhost:4242", "http://localhost:4242"),
        ({"domain": "demo.localhost:4242"}, {}, "http://demo.localhost:4242", "http://demo.localhost:4242"),
        ({"domain": "127.0.0.1:4242"}, {}, "http://127.0.0.1:4242", "http://127.0.0.1:4242"),
        ({"domain": AWS_DOMAIN, "endpoint_url": "https://aws.test/"}, {}, "https://aws.test", "https://aws.test"),
        ({"domain": AWS_DOMAIN}, {"AWS_ENDPOINT_URL": "http://l:1"}, "http://l:1", "http://l:1"),
        (
            {"domain": AWS_DOMAIN},
            {"AWS_ENDPOINT_URL": "http://l:1", "AWS_ENDPOINT_URL_COGNITO_IDENTITY": "http://l:2"},
            "http://l:1",
            "http://l:2",
        ),
        (
            {"domain": AWS_DOMAIN, "endpoint_url": "http://l:3"},
            {"AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": "http://l:1"},
            "http://l:3",
            "http://l:3",
        ),
        (
            {"domain": AWS_DOMAIN},
            {"AWS_ENDPOINT_URL": "http://l:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://cognito-idp.eu-west-1.amazonaws.com",
            "https://cognito-identity.us-east-2.amazonaws.com",
        ),
    ],
)
def test_where_the_apis_answer(arguments: dict[str, str], environ: dict[str, str], idp: str, identity: str) -> None:
    settings = load_settings({"identity_pool_id": IDENTITY_POOL_ID, **arguments}, environ=environ)
    assert (settings.idp_endpoint(), settings.identity_endpoint()) == (idp, identity)


@pytest.mark.parametrize(
    "domain",
    ["https://localhost:4242", "https://127.0.0.1:4242", "https://demo.auth.localhost:4242", "https://[::1]:4242"],
)
def test_a_domain_on_this_machine_answers_for_every_api_whatever_the_scheme(domain: str) -> None:
    """Else a name and a password meant for a server here would go to AWS."""
    settings = load_settings({"domain": domain, "identity_pool_id": IDENTITY_POOL_ID}, environ={})
    answers = settings.idp_endpoint(POOL_ID), settings.identity_endpoint(), settings.sdk_endpoint
    assert set(answers) == {domain}


def test_a_plain_http_domain_beyond_loopback_is_refused() -> None:
    with pytest.raises(SettingsError, match="in the clear"):
        load_settings({"domain": "http://auth.example.com"}, environ={})


@pytest.mark.parametrize(
    "text",
    [
        "eu-west-1_AbCdEf123",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123",
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEf123/.well-known/openid-configuration",
    ],
)
def test_a_user_pool_where_its_domain_belongs_is_told_where_it_goes(text: str) -> None:
    with pytest.raises(SettingsError, match="a user pool, not its domain") as refused:
        load_settings({"domain": text}, environ={})
    assert "user_pool_id = eu-west-1_AbCdEf123" in refused.value.hint


@pytest.mark.parametrize(
    ("name", "value"),
    [("user_pool_id", "AbCdEf123"), ("identity_pool_id", "11111111"), ("client_id", "a b"), ("region", "Ireland")],
)
def test_a_malformed_setting_names_where_it_came_from(name: str, value: str) -> None:
    variable = f"HALFDAY_{name.upper()}"
    with pytest.raises(SettingsError, match=name) as refused:
        load_settings({}, environ={variable: value})
    assert variable in refused.value.hint


def test_one_connection_has_one_key_however_its_domain_is_written() -> None:
    spellings = [AWS_DOMAIN, AWS_DOMAIN + "/", AWS_DOMAIN.removeprefix("https://"), AWS_DOMAIN + "/login?client_id=1"]
    keys = {load_settings({"domain": text, "client_id": "c"}, environ={}).key for text in spellings}
    assert len(keys) == 1


def test_the_client_secret_is_in_no_repr() -> None:
    assert "hush" not in repr(load_settings({"client_secret": "hush"}, environ={}))


@pytest.mark.parametrize("around", ["{}\n", "{}\r\n", " {}", "\t{} ", "{}\u2028"], ids=ascii)
@pytest.mark.parametrize("name", ["client_secret", "client_id", "identity_pool_id", "user_pool_id"])
def test_what_stands_around_a_secret_or_an_id_is_left_out_and_that_is_told(around: str, name: str) -> None:
    """As a secret that was read from a file has it: nobody sees it, and the token endpoint says invalid_client."""
    values = {
        "identity_pool_id": IDENTITY_POOL_ID,
        "user_pool_id": POOL_ID,
        "client_id": CLIENT_ID,
        "client_secret": "s3cret",
    }
    given = {**values, name: around.format(values[name])}
    with pytest.warns(UserWarning, match=f"{name} had a blank or a line end around it") as warned:
        found = load_settings(given)
    assert getattr(found, name) == values[name]
    assert "s3cret" not in str(warned[0].message)
    assert found.key == load_settings(values).key


@pytest.mark.parametrize("inside", ["\n", "\r", "\x00", "\u2028", "\x1b", "\u200b"], ids=ascii)
def test_a_secret_with_a_line_end_in_the_middle_is_refused_and_not_shown(inside: str) -> None:
    with pytest.raises(SettingsError, match="client_secret") as refused:
        load_settings({"client_secret": f"s3cret{inside}more"})
    assert "s3cret" not in str(refused.value) + refused.value.hint


@pytest.mark.parametrize(
    ("key", "told"),
    [("halfday_domian", "did you mean halfday_domain?"), ("halfday_x", "there are halfday_domain, halfday_client_id,")],
)
def test_a_misspelt_key_of_the_profile_is_never_ignored(tmp_path: Path, key: str, told: str) -> None:
    config = tmp_path / "config"
    config.write_text(f"[profile me]\nhalfday_client_id = x\n{key} = y\n")
    with pytest.raises(SettingsError, match=f"{key} of the AWS profile me is no setting") as refused:
        load_settings({"profile": "me"}, environ={"AWS_CONFIG_FILE": str(config)})
    assert told in refused.value.hint


def test_keys_of_web_applications_and_of_aws_stay(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text(
        "[profile me]\nhalfday_client_id = x\nhalfday_web_secret = y\nregion = eu-west-1\noutput = json\n"
    )
    assert load_settings({"profile": "me"}, environ={"AWS_CONFIG_FILE": str(config)}).client_id == "x"


def test_a_variable_that_is_nearly_a_setting_is_warned_of() -> None:
    told = "HALFDAY_CLIENTID is no setting, and counts for nothing: did you mean HALFDAY_CLIENT_ID"
    with pytest.warns(UserWarning, match=told):
        load_settings({}, environ={"HALFDAY_CLIENTID": "x", "AWS_CONFIG_FILE": "/nowhere"})


def test_variables_that_are_not_meant_for_a_connection_are_nobody_s_business(recwarn: pytest.WarningsRecorder) -> None:
    names = (
        "HALFDAY_PASSWORD",
        "HALFDAY_NEW_PASSWORD",
        "HALFDAY_WEB_SECRET",
        "HALFDAY_CACHE_DIR",
        "HALFDAY_SERVER_REGION",
    )
    load_settings({}, environ={**dict.fromkeys((*names, "HALFDAY_MY_OWN"), "x"), "AWS_CONFIG_FILE": "/nowhere"})
    assert not recwarn.list


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[profile me\nhalfday_client_id = x\n", "where line 1 begins with [ and has no ]"),
        (b"[me]\nhalfday_client_id = x\n", "where it is called [me]: the config file wants [profile me]"),
        (b"\xff\xfe[p", "which is not UTF-8 text"),
        (b"", "AWS_CONFIG_FILE can name another file"),
        (None, "which cannot be read: No such file or directory"),
    ],
)
def test_a_profile_that_is_not_found_says_where_it_was_looked_for_and_what_is_wrong_there(
    tmp_path: Path, text: bytes | None, why: str
) -> None:
    config = tmp_path / "config"
    if text is not None:
        config.write_bytes(text)
    with pytest.raises(SettingsError, match="there is no AWS profile me") as refused:
        load_settings({"profile": "me"}, environ={"AWS_CONFIG_FILE": str(config)})
    assert str(config) in refused.value.hint
    assert why in refused.value.hint
