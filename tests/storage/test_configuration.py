"""The promises of what is only told back, over every database there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from databases import run
from halfday.server.domain.configuration import (
    Branding,
    LogDelivery,
    ProvisionedLimit,
    Replica,
    RiskConfiguration,
    Terms,
    UiCustomization,
)
from halfday.server.storage.database import Missing, Taken
from halfday.server.storage.store import Store

POOL = "us-east-1_Config001"
STYLE = Branding(POOL, "b1", "client", False, 1.0, 1.0, {"a": [1, None]}, ({"Category": "FORM_LOGO"},))
TERMS = Terms(POOL, "t1", "client", "terms-of-use", "LINK", "NONE", {"cognito:default": "x"}, 1.0, 1.0)


def test_a_client_has_one_style(store: Store) -> None:
    run(store.brandings.insert(STYLE))
    with pytest.raises(Taken):
        run(store.brandings.insert(replace(STYLE, branding_id="b2")))
    run(store.brandings.insert(replace(STYLE, pool_id="us-east-1_Other")))
    assert run(store.brandings.find(POOL, "b1")) == run(store.brandings.find_by_client(POOL, "client")) == STYLE
    run(store.brandings.update(replace(STYLE, settings={})))
    assert run(store.brandings.find(POOL, "b1")) == replace(STYLE, settings={})
    assert run(store.brandings.count(POOL)) == 1
    run(store.brandings.delete(POOL, "b1"))
    for gone in (store.brandings.delete(POOL, "b1"), store.brandings.update(STYLE)):
        with pytest.raises(Missing):
            run(gone)


def test_a_client_has_one_document_of_a_name(store: Store) -> None:
    run(store.terms.insert(TERMS))
    with pytest.raises(Taken):
        run(store.terms.insert(replace(TERMS, terms_id="t2")))
    run(store.terms.insert(replace(TERMS, terms_id="t2", name="privacy-policy")))
    with pytest.raises(Taken):
        run(store.terms.update(replace(TERMS, terms_id="t2")))
    assert run(store.terms.find_by_name(POOL, "client", "terms-of-use")) == TERMS
    assert [terms.terms_id for terms in run(store.terms.page(POOL, limit=1, after="t1"))] == ["t2"]
    run(store.terms.delete(POOL, "t1"))
    assert (run(store.terms.find(POOL, "t1")), run(store.terms.count(POOL))) == (None, 1)


def test_what_is_put_takes_the_place_of_what_was(store: Store) -> None:
    for css in ("a", "b"):
        run(store.ui_customizations.put(UiCustomization(POOL, "ALL", css, "1", None, 1.0, 1.0)))
        run(store.risk_configurations.put(RiskConfiguration(POOL, "", {"css": css}, 1.0)))
        run(store.log_deliveries.put(LogDelivery(POOL, ({"css": css},))))
        run(store.provisioned_limits.put(ProvisionedLimit("1", "us-east-1", css, 7)))
    style = run(store.ui_customizations.find(POOL, "ALL"))
    risk, logs = run(store.risk_configurations.find(POOL, "")), run(store.log_deliveries.find(POOL))
    assert style is not None
    assert risk is not None
    assert logs is not None
    assert (style.css, risk.document, logs.configurations) == ("b", {"css": "b"}, ({"css": "b"},))
    assert run(store.ui_customizations.find(POOL, "client")) is None
    assert run(store.provisioned_limits.find("1", "us-east-1", "a")) is not None
    assert run(store.provisioned_limits.find("1", "eu-west-1", "a")) is None


def test_a_region_has_one_replica(store: Store) -> None:
    there = Replica(POOL, "eu-west-1", "INACTIVE", {"a": "b"})
    run(store.replicas.insert(there))
    with pytest.raises(Taken):
        run(store.replicas.insert(there))
    run(store.replicas.set_status(POOL, "eu-west-1", "ACTIVE"))
    assert run(store.replicas.page(POOL, limit=9)) == [replace(there, status="ACTIVE")]
    run(store.replicas.delete(POOL, "eu-west-1"))
    for gone in (store.replicas.delete(POOL, "eu-west-1"), store.replicas.set_status(POOL, "eu-west-1", "ACTIVE")):
        with pytest.raises(Missing):
            run(gone)
