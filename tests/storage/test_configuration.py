"""The promises of what is only told back, over every database there is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from databases import Open, race, run
from halfday.server.domain.user_pools.app_clients import AppClient
from halfday.server.domain.user_pools.configuration import (
    Branding,
    LogDelivery,
    ProvisionedLimit,
    Replica,
    RiskConfiguration,
    Terms,
    UiCustomization,
)
from halfday.server.domain.user_pools.pools import Pool, PoolDomain
from halfday.server.storage.errors import Missing, Taken
from halfday.server.storage.store import Store

POOL = "us-east-1_Config001"
pytestmark = pytest.mark.usefixtures("its_pools")
STYLE = Branding(POOL, "b1", "client", False, 1.0, 1.0, {"a": [1, None]}, ({"Category": "FORM_LOGO"},))
TERMS = Terms(POOL, "t1", "client", "terms-of-use", "LINK", "NONE", {"cognito:default": "x"}, 1.0, 1.0)


def test_a_client_has_one_style(store: Store) -> None:
    run(store.brandings.insert(STYLE))
    with pytest.raises(Taken):
        run(store.brandings.insert(replace(STYLE, branding_id="b2")))
    run(store.brandings.insert(replace(STYLE, pool_id="us-east-1_Other")))
    assert run(store.brandings.find(POOL, "b1")) == run(store.brandings.find_by_client(POOL, "client")) == STYLE
    run(store.brandings.change(POOL, "b1", lambda known: replace(known, settings={})))
    assert run(store.brandings.find(POOL, "b1")) == replace(STYLE, settings={})
    assert run(store.brandings.count(POOL)) == 1
    run(store.brandings.delete(POOL, "b1"))
    for gone in (store.brandings.delete(POOL, "b1"), store.brandings.change(POOL, "b1", lambda known: known)):
        with pytest.raises(Missing):
            run(gone)


def test_a_client_has_one_document_of_a_name(store: Store) -> None:
    run(store.terms.insert(TERMS))
    with pytest.raises(Taken):
        run(store.terms.insert(replace(TERMS, terms_id="t2")))
    run(store.terms.insert(replace(TERMS, terms_id="t2", name="privacy-policy")))
    with pytest.raises(Taken):
        run(store.terms.change(POOL, "t2", lambda known: replace(known, name=TERMS.name)))
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


def fill(store: Store, client_id: str) -> None:
    run(store.brandings.insert(replace(STYLE, branding_id=client_id, client_id=client_id)))
    run(store.terms.insert(replace(TERMS, terms_id=client_id, client_id=client_id)))
    run(store.ui_customizations.put(UiCustomization(POOL, client_id, None, "1", "iVBO", 1.0, 1.0)))
    run(store.risk_configurations.put(RiskConfiguration(POOL, client_id, {}, 1.0)))


def kinds(store: Store, client_id: str) -> list[str]:
    """Of what records there are for a client."""
    finding: tuple[Any, ...] = (
        store.brandings.find_by_client(POOL, client_id),
        store.terms.find_by_name(POOL, client_id, "terms-of-use"),
        store.ui_customizations.find(POOL, client_id),
        store.risk_configurations.find(POOL, client_id),
    )
    return [type(found).__name__ for each in finding if (found := run(each)) is not None]


ALL_KINDS = ["Branding", "Terms", "UiCustomization", "RiskConfiguration"]


def test_what_is_an_app_client_s_goes_with_it_and_no_one_else_s_does(store: Store) -> None:
    fill(store, "client")
    fill(store, "other")
    with pytest.raises(Missing):
        run(store.app_clients.delete(POOL, "client"))
    assert kinds(store, "client") == ALL_KINDS, "no such client, nothing deleted"
    run(store.app_clients.insert(AppClient(POOL, "client", "web", 1.0, 1.0)))
    run(store.app_clients.delete(POOL, "client"))
    assert (kinds(store, "client"), kinds(store, "other")) == ([], ALL_KINDS)


def test_all_of_it_goes_with_the_pool(store: Store) -> None:
    fill(store, "client")
    run(store.replicas.insert(Replica(POOL, "eu-west-1", "INACTIVE")))
    run(store.log_deliveries.put(LogDelivery(POOL, ())))
    run(store.pools.delete(POOL))
    assert kinds(store, "client") == []
    assert run(store.replicas.find(POOL, "eu-west-1")) is None
    assert run(store.log_deliveries.find(POOL)) is None


def test_of_two_who_put_at_once_neither_fails(open_store: Open) -> None:
    risks = [RiskConfiguration(POOL, str(number), {}, 1.0) for number in range(10)]
    for risk in risks:
        assert race(open_store, lambda store, r=risk: run(store.risk_configurations.put(r))) == [None, None]


def test_of_two_styles_made_at_once_for_one_client_one_is(open_store: Open) -> None:
    results = race(open_store, lambda store: run(store.brandings.insert(replace(STYLE, branding_id=f"b{id(store)}"))))
    assert set(results) == {None, Taken}


def test_custom_domains_are_counted_by_region_and_a_pool_has_one(store: Store) -> None:
    own = PoolDomain(
        "us-east-1", "auth.example.com", POOL, 1, 1.0, True, "arn:aws:acm:us-east-1:1:certificate/x", "TLS_V1"
    )
    run(store.domains.insert(own))
    run(store.domains.insert(PoolDomain("us-east-1", "prefix", POOL, 1, 1.0)))
    for number, pool_id in enumerate(("us-east-12_Store001", "us-east-2_Store001")):
        run(store.pools.insert(Pool(pool_id, "store", "local", 1.0, 1.0), []))
        region = pool_id.partition("_")[0]
        run(store.domains.insert(replace(own, region=region, domain=f"{number}.example.com", pool_id=pool_id)))
    assert run(store.domains.count_custom("us-east-1")) == 1
    assert [domain.domain for domain in run(store.domains.all_of_pool(POOL))] == ["prefix", "auth.example.com"]
    with pytest.raises(Taken):
        run(store.domains.insert(replace(own, domain="second.example.com")))
    changes = {"certificate_arn": "arn:aws:acm:us-east-1:1:certificate/y", "security_policy": None}
    changed = replace(own, **changes)
    run(store.domains.change(own.domain, own.region, lambda known: replace(known, **changes)))
    assert run(store.domains.find("auth.example.com", "us-east-1")) == changed
