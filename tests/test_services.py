"""The tests' own services harm nobody else's data."""

import pytest
import redis

from tests.services import RedisDatabase, with_database


@pytest.mark.parametrize(
    ("url", "other"),
    [
        ("postgres://user:word@127.0.0.1:5432/protocol", "postgres://user:word@127.0.0.1:5432/test"),
        ("postgres:///protocol?host=/var/run/postgresql", "postgres:///test?host=/var/run/postgresql"),
    ],
)
def test_another_database_of_the_same_server(url: str, other: str):
    assert with_database(url, "test") == other


def test_two_claims_get_two_databases(redis_url: str):
    first, second = RedisDatabase(redis_url), RedisDatabase(redis_url)
    assert len({first.url, second.url, redis_url}) == 3
    first.release()
    second.release()


def test_a_database_with_someones_data_is_left_alone(redis_url: str):
    probe = RedisDatabase(redis_url)
    probe.release()
    with redis.Redis.from_url(probe.url) as somebody:
        somebody.set("theirs", "1")
    claimed = RedisDatabase(redis_url)
    with redis.Redis.from_url(probe.url) as somebody:
        assert (claimed.url != probe.url, somebody.get("theirs")) == (True, b"1")
        somebody.flushdb()
    claimed.release()
