"""The steps of an examination by name, in their order: later ones use what earlier ones found."""

from __future__ import annotations

from collections.abc import Mapping

from halfday.doctor.steps.app_client import check_sign_in_page, check_token_endpoint
from halfday.doctor.steps.examination import Check
from halfday.doctor.steps.settings_and_pool import (
    check_clock,
    check_connections,
    check_discovery,
    check_keys,
    check_names,
    check_settings,
)
from halfday.doctor.steps.way_to_aws import check_aws_profile, check_credentials, check_identity_pool, check_session

CHECKS: Mapping[str, Check] = {
    "settings": check_settings,
    "names": check_names,
    "connections": check_connections,
    "user pool": check_discovery,
    "keys": check_keys,
    "clock": check_clock,
    "sign-in page": check_sign_in_page,
    "token endpoint": check_token_endpoint,
    "session": check_session,
    "identity pool": check_identity_pool,
    "credentials": check_credentials,
    "AWS profile": check_aws_profile,
}
