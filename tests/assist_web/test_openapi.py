"""The REST side against its own OpenAPI document: schemathesis makes up requests, good and bad, for every operation and
every role, and holds each answer against what is documented.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from assist.api.server import WebSettings
from tests.assist_web.kept_house import PASSWORD, KeptHouse, in_kept_house
from tests.fakes import contact_script as script

EXAMPLES = 3
CHECKS = (not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance)
WHO = {"anna": script.SECRET, "carl": PASSWORD, "ada": PASSWORD, "sara": script.SECRET}


@contextmanager
def served() -> Iterator[str]:
    """The web side in a thread of its own; requests come from this one."""
    started: list[str] = []
    ready, done = threading.Event(), threading.Event()

    async def stay(house: KeptHouse) -> None:
        started.append(house.url)
        ready.set()
        await asyncio.to_thread(done.wait)

    generous = WebSettings(port=0, requests_per_s=100_000, burst=100_000)
    thread = threading.Thread(target=in_kept_house, args=(stay, generous), kwargs={"deadline_s": 120.0})
    thread.start()
    try:
        assert ready.wait(20)
        yield started[0]
    finally:
        done.set()
        thread.join()


def test_every_operation_answers_as_documented() -> None:
    with served() as url:
        schema = schemathesis.openapi.from_url(f"{url}/api/openapi.json")
        tokens = {}
        for user, secret in WHO.items():
            answer = httpx.post(f"{url}/api/login", json={"user": user, "secret": secret})
            tokens[user] = answer.json()["token"]
        tried = set()
        for operation in operations(schema):
            tried.add(f"{operation.method.upper()} {operation.path}")
            for token in ("", *tokens.values()):
                hold(operation.as_strategy(), token)
        assert {"POST /api/login", "GET /api/contacts/{contact_id}", "DELETE /api/customers/{customer_id}"} <= tried


def operations(schema: Any) -> list[Any]:
    """Those of the document; it must be readable as a whole."""
    return [found.ok() for found in schema.get_all_operations()]


def hold(strategy: Any, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=strategy)
    def check(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=list(CHECKS))

    check()


def test_a_document_that_lies_is_found_out() -> None:
    """The checks can fail: the answer to a contact that is not there, where the document knows no 404."""
    with served() as url:
        document = httpx.get(f"{url}/api/openapi.json").json()
        del document["paths"]["/api/me"]["get"]["responses"]["401"]
        document["paths"] = {"/api/me": document["paths"]["/api/me"]}
        schema = schemathesis.openapi.from_dict(document)
        schema.config.update(base_url=url)
        (operation,) = operations(schema)
        with pytest.raises(BaseException, match="401"):
            hold(operation.as_strategy(), "")
