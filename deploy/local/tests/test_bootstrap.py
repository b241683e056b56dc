"""Databases, roles and topics on a real PostgreSQL and Kafka."""

import asyncpg
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from dealerlog.addresses import Addresses
from dealerlog.databases import ROLES, create_databases
from dealerlog.problem import Problem
from dealerlog.testing import MakeDatabase, parse_stack
from dealerlog.topics import create_topics


async def test_each_role_logs_in_and_none_can_bypass_row_security(database: MakeDatabase) -> None:
    urls = await database()
    for role in ROLES:
        connection = await asyncpg.connect(getattr(urls, role))
        might = await connection.fetchrow(
            "SELECT current_user AS name, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS mighty "
            "FROM pg_roles WHERE rolname = current_user"
        )
        await connection.close()
        assert dict(might) == {"name": f"{urls.name}_{role}", "mighty": False}


async def test_a_reader_creates_nothing_and_the_app_role_creates_only_schemas_of_its_own(
    database: MakeDatabase,
) -> None:
    urls = await database()
    reader, app = await asyncpg.connect(urls.reader), await asyncpg.connect(urls.app)
    try:
        for statement in ("CREATE SCHEMA mine", "CREATE TABLE public.mine (a int)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await reader.execute(statement)
        await app.execute("CREATE SCHEMA projection; CREATE TABLE projection.dealer (id int)")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await app.execute("CREATE TABLE public.mine (a int)")
    finally:
        await reader.close()
        await app.close()


async def test_the_login_of_one_service_does_not_open_the_database_of_another(database: MakeDatabase) -> None:
    one, other = await database("one"), await database("other")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(one.app.removesuffix(one.name) + other.name)


async def test_creating_databases_again_changes_nothing_but_the_password(
    database: MakeDatabase, stack: Addresses
) -> None:
    urls = await database()
    owner = await asyncpg.connect(urls.owner)
    await owner.execute("CREATE TABLE kept (a int)")
    await owner.close()
    again = await create_databases(stack.admin_url, lambda _: "it's new", names=[urls.name])
    owner = await asyncpg.connect(again[urls.name].owner)
    assert await owner.fetchval("SELECT count(*) FROM kept") == 0
    await owner.close()


async def test_a_wrong_administrator_is_one_line_without_the_password(stack: Addresses) -> None:
    wrong = stack.admin_url.rpartition("@")[2]
    with pytest.raises(Problem, match="does not let the administrator in") as told:
        await create_databases(f"postgresql://nobody_known:hush@{wrong}", lambda _: "x")
    assert "hush" not in str(told.value)


async def test_topics_are_created_as_declared_once_and_another_partition_count_is_refused(
    stack: Addresses, topic_prefix: str
) -> None:
    name = f"{topic_prefix}sales"
    declared = [(name, 3, {"retention.ms": "-1"})]
    assert await create_topics(stack.kafka, declared) == 1
    assert await create_topics(stack.kafka, declared) == 0
    with pytest.raises(Problem, match="has 3 partitions and is declared with 12"):
        await create_topics(stack.kafka, [(name, 12, {})])


async def test_a_batch_of_one_mebibyte_goes_through_and_comes_back(stack: Addresses, topic_prefix: str) -> None:
    name, value = f"{topic_prefix}large", b"x" * 2**20
    await create_topics(stack.kafka, [(name, 1, {})])
    producer = AIOKafkaProducer(bootstrap_servers=stack.kafka.bootstrap_servers, max_request_size=2 * 2**20)
    await producer.start()
    await producer.send_and_wait(name, value)
    await producer.stop()
    consumer = AIOKafkaConsumer(
        name, bootstrap_servers=stack.kafka.bootstrap_servers, auto_offset_reset="earliest", enable_auto_commit=False
    )
    await consumer.start()
    record = await consumer.getone()
    await consumer.stop()
    assert record.value == value


@pytest.mark.parametrize("text", ["", "kafka=localhost:1", "pg=postgresql://x"])
def test_a_half_named_test_stack_is_refused(text: str) -> None:
    with pytest.raises(Problem, match="must read kafka="):
        parse_stack(text)
