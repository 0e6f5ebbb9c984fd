"""Without aiobotocore, which the pinned botocore does not go with, the error names the extra."""

from __future__ import annotations

import importlib.util

import pytest
from cognito_peer import REDIRECT_URI, Peer

from halfday import Cognito, SettingsError


@pytest.mark.skipif(importlib.util.find_spec("aiobotocore") is not None, reason="aiobotocore is installed here")
def test_the_error_names_the_extra(peer: Peer, cognito: Cognito) -> None:
    session = cognito.exchange(peer.issue({}), REDIRECT_URI)
    with pytest.raises(SettingsError) as refused:
        session.aiobotocore()
    assert refused.value.hint == "pip install 'halfday[aiobotocore]'"
