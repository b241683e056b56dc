"""Creates the databases and, for each, three login roles that can do no more than their part.

Per database: `<db>_owner` runs migrations and owns the tables; `<db>_app` is the worker's connection (it appends and
projects, in schemas of its own); `<db>_reader` serves requests and exports. None is a superuser or bypasses row level
security: a superuser sees every row in spite of FORCE ROW LEVEL SECURITY. Rights on tables are the migrations' part.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

from dealerlog.problem import Problem

SERVICES = ("customer_registry", "credit_rating", "tiering", "reporting")
ROLES = ("owner", "app", "reader")
ADVISORY_LOCK = 0x6465616C  # "deal": roles belong to the whole cluster, and two test workers may create at once

CREATE_DATABASE = "CREATE DATABASE {db} OWNER {db}_owner ENCODING 'UTF8' TEMPLATE template0"
ALLOW = """
    REVOKE ALL ON DATABASE {db} FROM PUBLIC;
    GRANT CONNECT, TEMPORARY ON DATABASE {db} TO {db}_owner, {db}_app, {db}_reader;
    GRANT CREATE ON DATABASE {db} TO {db}_app;
"""
FORBIDDEN_POWERS = "SELECT rolname FROM pg_roles WHERE rolname = ANY($1) AND (rolsuper OR rolbypassrls)"


@dataclass(frozen=True)
class DatabaseUrls:
    """One database's name, and its address for each of the three roles."""

    name: str
    owner: str = field(repr=False)
    app: str = field(repr=False)
    reader: str = field(repr=False)


async def create_databases(
    admin_url: str,
    password_of: Callable[[str], str],
    *,
    prefix: str = "",
    names: Iterable[str] = SERVICES,
) -> dict[str, DatabaseUrls]:
    """Create what is missing, set the roles' passwords, and return the addresses by service.

    `password_of` maps a role's name to its password: `installation.secret` does. Running it again changes nothing.
    """
    async with _admin(admin_url) as admin:
        made = {}
        for name in names:
            made[name] = await _create(admin, admin_url, f"{prefix}{name}", password_of)
        return made


async def drop_databases(admin_url: str, names: Iterable[str]) -> None:
    """Drop the databases of these full names with their roles, ending open sessions."""
    async with _admin(admin_url) as admin:
        for name in map(_checked, names):
            await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            for role in ROLES:
                await admin.execute(f"DROP ROLE IF EXISTS {name}_{role}")


async def databases_like(admin_url: str, prefix: str) -> list[str]:
    """The databases whose names begin so."""
    async with _admin(admin_url) as admin:
        rows = await admin.fetch("SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY 1", prefix)
        return [row["datname"] for row in rows]


def with_login(url: str, *, database: str, user: str, password: str) -> str:
    """The same server and options, another database and login."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{place}", path=f"/{database}"))


async def _create(
    admin: asyncpg.Connection[asyncpg.Record], admin_url: str, name: str, password_of: Callable[[str], str]
) -> DatabaseUrls:
    _checked(name)
    urls = {}
    for role in ROLES:
        login = f"{name}_{role}"
        password = password_of(login)
        known = await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", login)
        statement = "ALTER ROLE" if known else "CREATE ROLE"
        await admin.execute(f"{statement} {login} LOGIN PASSWORD {await _literal(admin, password)}")
        urls[role] = with_login(admin_url, database=name, user=login, password=password)
    logins = [f"{name}_{role}" for role in ROLES]
    if too_mighty := await admin.fetch(FORBIDDEN_POWERS, logins):
        raise Problem(f"role {too_mighty[0]['rolname']} is a superuser or bypasses row level security: alter the role")
    if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", name):
        if not await admin.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
            await admin.execute(
                f"GRANT {name}_owner TO CURRENT_USER WITH SET TRUE"
            )  # managed servers give no superuser
        await admin.execute(CREATE_DATABASE.format(db=name))
    await admin.execute(ALLOW.format(db=name))
    return DatabaseUrls(name, **urls)


@asynccontextmanager
async def _admin(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    try:
        connection = await asyncpg.connect(url, timeout=10)
    except (OSError, asyncpg.PostgresError, TimeoutError) as error:
        place = urlsplit(url).netloc.rpartition("@")[2]
        raise Problem(
            f"PostgreSQL at {place} does not let the administrator in: {error or type(error).__name__}"
        ) from error
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", ADVISORY_LOCK)
        yield connection
    finally:
        await connection.close()


async def _literal(admin: asyncpg.Connection[asyncpg.Record], text: str) -> str:
    """Let the server quote: CREATE ROLE takes no parameters."""
    return str(await admin.fetchval("SELECT quote_literal($1::text)", text))


def _checked(name: str) -> str:
    """A name that needs no quotes, and room for the longest role's ending in PostgreSQL's 63 bytes."""
    if not (name.replace("_", "").isalnum() and name.isascii() and name == name.lower() and len(name) <= 56):
        raise Problem(f"{name!r} is no name for a database: use at most 56 of a-z, 0-9 and _")
    return name
