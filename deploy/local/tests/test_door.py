"""The front door: what goes in and comes out for each service, and one sign-in for all."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dealerlog.door import application
from dealerlog.fleet import MEMBERS

URLS = {name: f"http://{name}" for name in MEMBERS}


class Services(httpx.AsyncBaseTransport):
    """Answers for every service, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[httpx.Request, bytes]] = []
        self.headers: list[tuple[str, str]] = []
        self.fails: httpx.HTTPError | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.fails:
            raise self.fails
        self.asked.append((request, await request.aread()))

        async def body() -> AsyncIterator[bytes]:
            yield b"one"
            yield b"two"

        return httpx.Response(201, headers=self.headers, content=body())


@pytest.fixture
def services() -> Services:
    return Services()


async def ask(services: Services, method: str, path: str, **options: Any) -> httpx.Response:
    transport = httpx.ASGITransport(application(URLS, services))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8017") as client:
        return await client.request(method, path, **options)


@pytest.mark.parametrize(
    ("path", "reached"),
    [
        ("/", "http://reporting/"),
        ("/dealers?q=%E5%8D%8E+a%2Fb&limit=1", "http://reporting/dealers?q=%E5%8D%8E+a%2Fb&limit=1"),
        ("/events/credit-rating/3/4", "http://reporting/events/credit-rating/3/4"),
        ("/credit-rating/docs", "http://credit-rating/docs"),
        ("/credit-rating/orders/A%2F1", "http://credit-rating/orders/A%2F1"),
        ("/tiering", "http://tiering/"),
        ("/customer-registry/dealers:onboard", "http://customer-registry/dealers:onboard"),
        ("/reporting/x", "http://reporting/reporting/x"),
        ("/credit-ratings", "http://reporting/credit-ratings"),
    ],
)
async def test_a_prefix_leads_to_its_service_and_all_else_to_reporting(
    services: Services, path: str, reached: str
) -> None:
    answer = await ask(services, "GET", path)
    assert (answer.status_code, answer.text) == (201, "onetwo")
    ((request, body),) = services.asked
    assert (str(request.url), body) == (reached, b"")
    assert "transfer-encoding" not in request.headers and "content-length" not in request.headers


async def test_a_write_arrives_as_it_was_sent(services: Services) -> None:
    headers = {"Idempotency-Key": "k-1", "If-Match": '"7"', "Cookie": "dealerlog-session=abc", "X-CSRF-Token": "t"}
    await ask(services, "POST", "/credit-rating/x", headers=headers, content=b'{"a": 1}')
    ((request, body),) = services.asked
    assert body == b'{"a": 1}' and request.headers["content-length"] == "8"
    assert {name: request.headers[name] for name in headers} == headers
    assert request.headers["host"] == "127.0.0.1:8017"


async def test_only_the_door_says_who_asked_and_what_was_taken_off(services: Services) -> None:
    forged = {"X-Forwarded-For": "8.8.8.8", "X-Forwarded-Prefix": "/evil", "Forwarded": "for=8.8.8.8",
              "Connection": "x-secret", "X-Secret": "1"}  # fmt: skip
    await ask(services, "GET", "/tiering/docs", headers=forged)
    await ask(services, "GET", "/dealers", headers=forged)
    (tiering, _), (reporting, _) = services.asked
    assert tiering.headers["x-forwarded-prefix"] == "/tiering" and "x-forwarded-prefix" not in reporting.headers
    assert tiering.headers["x-forwarded-host"] == "127.0.0.1:8017" and tiering.headers["x-forwarded-proto"] == "http"
    assert tiering.headers["x-forwarded-for"] == "127.0.0.1"
    assert "forwarded" not in tiering.headers and "x-secret" not in tiering.headers


async def test_addresses_that_a_service_gives_lead_back_through_the_door(services: Services) -> None:
    services.headers = [("Location", "/rating-runs/1"), ("Link", '</credit-reviews?cursor=a>; rel="next"'),
                        ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Connection", "close")]  # fmt: skip
    answer = await ask(services, "POST", "/credit-rating/rating-runs")
    assert answer.headers["location"] == "/credit-rating/rating-runs/1"
    assert answer.headers["link"] == '</credit-rating/credit-reviews?cursor=a>; rel="next"'
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"] and "connection" not in answer.headers
    assert (await ask(services, "GET", "/login")).headers["location"] == "/rating-runs/1"
    services.headers = [("Location", "https://issuer.example/authorize")]
    assert (await ask(services, "GET", "/tiering/x")).headers["location"] == "https://issuer.example/authorize"


async def test_a_service_that_is_away_is_named_and_the_same_request_may_be_repeated(services: Services) -> None:
    services.fails = httpx.ConnectError("refused")
    answer = await ask(services, "POST", "/credit-rating/x")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["detail"].startswith("credit-rating does not answer") and answer.headers["retry-after"] == "2"
