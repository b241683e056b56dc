"""Law 1 for append, publish and consume together: every interleaving of a few writers, publishers, workers and faults.

The whole protocol holds in every state of every scene. Without one of its mechanisms the exploration finds what that
mechanism is there for: a loss, a double, a reordering, a fork that nobody notices. The steps stand for the code that
their docstrings name; `Reached.judge` is the code itself. What a scene bounds it bounds hard: one partition, commands
of one event, a consumer's own database is never restored.
"""

from __future__ import annotations

import pytest

from .laws import Wrong
from .protocol import explored
from .state import Faults, Mechanism, Scene

M = Mechanism
TWO_PUBLISHERS = frozenset([M.LEASE])
"""The worst case of a lease: two hold it."""

SCENES = {
    "two writers repeat two commands, with lost connections, a cut and a clock set back": Scene(
        commands=2, writers=2, cuts=True, faults=Faults(rollbacks=2, steps_back=1)
    ),
    "two writers while a publisher reads": Scene(commands=2, writers=2, publishers=1),
    "two publishers with failures, a late batch and one that lands twice": Scene(
        prior=2, publishers=2, without=TWO_PUBLISHERS, faults=Faults(losses=2, late_batches=1, resends=1)
    ),
    "a topic is deleted and created under its publisher": Scene(
        commands=3, writers=1, publishers=1, faults=Faults(losses=1, recreations=1)
    ),
    "two workers on one partition, killed and given it at any time": Scene(
        prior=4, published=4, consumers=2, faults=Faults(assignments=6)
    ),
    "two workers behind two publishers": Scene(
        prior=2, publishers=2, consumers=2, without=TWO_PUBLISHERS, faults=Faults(assignments=2)
    ),
    "a replica that lags is promoted, or an older copy restored, and adopts": Scene(
        prior=1, commands=2, writers=1, publishers=1, faults=Faults(copies=1, promotions=1)
    ),
    "the same, and a batch of a publisher that was killed is late": Scene(
        prior=1, commands=1, writers=1, publishers=1,
        faults=Faults(copies=1, promotions=1, late_batches=1, losses=1),
    ),
    "the same under a reader, with an event that the copy has and the topic lacks": Scene(
        prior=3, copied=2, published=1, applied=1, commands=1, writers=1, publishers=1, consumers=1,
        faults=Faults(promotions=1, assignments=1),
    ),
    "a reader, a batch that is late, and a copy that has what the topic has": Scene(
        prior=2, copied=1, published=1, applied=1, commands=1, writers=1, publishers=1, consumers=1, batch=1,
        faults=Faults(promotions=1, losses=1, late_batches=1),
    ),
    "two promotions, one after the other": Scene(
        prior=2, copied=1, published=1, commands=1, writers=1, publishers=1, faults=Faults(copies=1, promotions=2)
    ),
    "topic and last event lost together, and a batch under way lands in the new topic": Scene(
        prior=2, copied=1, published=2, commands=1, writers=1, publishers=1,
        faults=Faults(promotions=1, recreations=1),
    ),
    "topic and last events lost together: a reader has seen three, the log goes on behind one": Scene(
        prior=3, published=3, applied=3, copied=1, promoted=True, commands=1, writers=1, publishers=1, consumers=1,
        faults=Faults(recreations=1, assignments=1),
    ),
    "topic and last events lost together: a reader has seen three, the log goes on behind two": Scene(
        prior=3, published=3, applied=3, copied=2, promoted=True, commands=2, writers=1, publishers=1, consumers=1,
        faults=Faults(recreations=1),
    ),
    "all of it at once": Scene(
        commands=2, writers=2, publishers=1, consumers=2, batch=1, faults=Faults(rollbacks=1, losses=1, assignments=2)
    ),
}  # fmt: skip
REPEATS, READS, PUBLISHES, RECREATED, SHARED, _, PROMOTED, *_, BEHIND_ONE, BEHIND_TWO, _ = SCENES
LEAST = 200_000

NEEDED = [
    (REPEATS, [M.LOCK], Wrong.MOVED_CUT),
    (REPEATS, [M.FLOOR], Wrong.MOVED_CUT),
    (REPEATS, [M.DENSE], Wrong.HOLE),
    (READS, [M.LOCK, M.DENSE], Wrong.LOST_ON_THE_WAY),
    (REPEATS, [M.LOCK, M.KEYS], Wrong.TWICE_IN_LOG),
    (REPEATS, [M.LOOK_UP, M.KEYS], Wrong.TWICE_IN_LOG),
    (PUBLISHES, [M.ONE_IN_FLIGHT], Wrong.NEEDLESS_STOP),
    (PUBLISHES, [M.ONE_IN_FLIGHT, M.READ_ON], Wrong.LOST_ON_THE_WAY),
    (PUBLISHES, [M.ONE_IN_FLIGHT, M.BASE_OFFSET], Wrong.REORDERED),
    (RECREATED, [M.BASE_OFFSET], Wrong.LOST_ON_THE_WAY),
    (RECREATED, [M.READ_ON], Wrong.LOST_ON_THE_WAY),
    (SHARED, [M.COMPARE_AND_SET], Wrong.APPLIED_TWICE),
    (SHARED, [M.ONE_TRANSACTION], Wrong.APPLIED_TWICE),
    (PROMOTED, [M.LINEAGE], Wrong.SECOND_HISTORY),
    (PROMOTED, [M.FENCE], Wrong.SECOND_HISTORY),
    (PROMOTED, [M.FENCE], Wrong.UNHEALED),
    (PROMOTED, [M.FENCE_FIRST], Wrong.UNHEALED),
    (PROMOTED, [M.STAMP], Wrong.LOST_ON_THE_WAY),
    (PROMOTED, [M.ONE_LINEAGE], Wrong.UNHEALED),
    (PROMOTED, [M.LINEAGE, M.ROW_AT_MARK], Wrong.PUBLISHED_FORK),
    (BEHIND_ONE, [M.COVERING], Wrong.SKIPPED_FORK),
    (BEHIND_TWO, [M.PREVIOUS], Wrong.APPLIED_FORK),
]
SECOND_LINE = [
    (REPEATS, [M.KEYS], "the lock and the look-up leave nothing for the keys to refuse"),
    (REPEATS, [M.LOOK_UP], "the keys refuse what the look-up would have answered, for ever"),
    (PUBLISHES, [M.READ_ON], "while nobody replaces the topic, its last record tells enough"),
    (PROMOTED, [M.ROW_AT_MARK], "a log that adopted holds what its topic holds"),
]


@pytest.mark.slow
def test_the_whole_protocol_holds_in_every_state():
    """And there are many of them: a scene whose bounds were cut down would prove less."""
    states = 0
    for name, scene in SCENES.items():
        found = explored(scene)
        print(f"{found.states:>9,} states, {found.steps:>9,} steps: {name}")
        assert found.wrong is None, (name, found.wrong, *found.trace)
        states += found.states
    assert states > LEAST


@pytest.mark.parametrize(("name", "without", "wrong"), NEEDED, ids=lambda each: _id(each))
def test_what_each_mechanism_is_there_for_is_found_without_it(name, without, wrong):
    found = explored(_without(name, without), wrong)
    assert found.wrong is wrong
    print(wrong.value, *found.trace, sep="\n  ")


@pytest.mark.parametrize(("name", "without", "why"), SECOND_LINE, ids=lambda each: _id(each))
def test_a_second_line_is_not_needed_while_the_first_one_holds(name, without, why):
    assert explored(_without(name, without)).wrong is None, why


def test_a_lease_is_thrift_unless_the_topic_is_replaced_at_that_moment():
    """Two batches under way land in the new topic, the second where its publisher expects it: said at the next open."""
    alone = Scene(prior=2, publishers=2, faults=Faults(losses=1, recreations=1))
    assert explored(alone).wrong is None
    found = explored(alone._replace(without=TWO_PUBLISHERS))
    assert found.wrong is Wrong.LOST_ON_THE_WAY


def _without(name: str, mechanisms: list[Mechanism]) -> Scene:
    scene = SCENES[name]
    return scene._replace(without=scene.without.union(mechanisms))


def _id(each: object) -> str | None:
    match each:
        case list():
            return "+".join(one.name.lower() for one in each)
        case Wrong():
            return each.name.lower()
    return str(each)[:40]
