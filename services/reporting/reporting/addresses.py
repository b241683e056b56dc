"""Where browsers reach the other services' APIs, if the installation says so (`CUSTOMER_REGISTRY_URL`, …)."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class Addresses(BaseSettings):
    """Addresses from the environment; one that is not named is not linked."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    customer_registry_url: str | None = None
    credit_rating_url: str | None = None
    tiering_url: str | None = None

    def apis(self) -> dict[str, str]:
        """Service → the page of its API."""
        named = {
            "customer-registry": self.customer_registry_url,
            "credit-rating": self.credit_rating_url,
            "tiering": self.tiering_url,
        }
        return {name: f"{url.rstrip('/')}/docs" for name, url in named.items() if url} | {"reporting": "/docs"}
