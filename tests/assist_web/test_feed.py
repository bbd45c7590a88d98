from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assist.desk_events import ContactAssigned, NoteSaved, QueueLine, QueuesChanged, StationChanged
from assist.feed import Feed, FeedConnection, FeedMessage, HopelessConsumerError, Outbox, UnknownAgentError
from tests.assist_web.goldens import partial
from tests.fakes.clock import VirtualClock
from voice.events import UnknownTypeError, WorkerLost

NOTE = NoteSaved("n")


def new_feed(**limits: int) -> Feed:
    feed = Feed(VirtualClock(), start=100, **limits)
    feed.add_agent("anna", "Anna")
    return feed


def drain(connection: FeedConnection) -> Iterator[FeedMessage]:
    while (message := connection.outbox.take()) is not None:
        yield message


def message(seq: int, key: str | None = None) -> FeedMessage:
    return FeedMessage("t", f"m{seq}", None, seq, 0.0, {}, key)


def test_a_new_page_gets_the_whole_desk_and_then_what_happens() -> None:
    feed = new_feed()
    feed.publish("anna", StationChanged(True))
    connection = feed.connect("anna", None)
    feed.publish("anna", NOTE, "c1")
    snapshot, note = drain(connection)
    assert (snapshot.type, snapshot.seq, snapshot.data["station"]["connected"]) == ("snapshot", 101, True)
    assert (note.type, note.seq, note.contact_id) == ("desk.note", 102, "c1")
    assert not connection.resumed


def test_the_wire_has_the_agreed_fields() -> None:
    feed = new_feed()
    connection = feed.connect("anna", 100)
    feed.publish("anna", NOTE, "c1", at=5.0, event_id="e1")
    wire = json.loads(next(drain(connection)).wire())
    assert wire == {"type": "desk.note", "id": "e1", "contact_id": "c1", "seq": 101, "at": 5.0, "data": {"text": "n"}}


@pytest.mark.parametrize("resume_from", [99, 102, 10_000])
def test_a_seq_the_ring_cannot_vouch_for_means_a_snapshot(resume_from: int) -> None:
    feed = new_feed()
    feed.publish("anna", NOTE)
    assert not feed.connect("anna", resume_from).resumed


def test_resuming_past_the_ring_means_a_snapshot_and_up_to_its_edge_does_not() -> None:
    feed = new_feed(ring=3)
    for _ in range(5):
        feed.publish("anna", NOTE)
    assert not feed.connect("anna", 101).resumed
    connection = feed.connect("anna", 102)
    assert connection.resumed
    assert [m.seq for m in drain(connection)] == [103, 104, 105]


def test_a_restarted_floor_never_goes_back() -> None:
    clock = VirtualClock()
    before = Feed(clock)
    before.add_agent("anna", "Anna")
    last = before.publish("anna", NOTE)
    asyncio.run(clock.advance(0.001))
    after = Feed(clock)
    after.add_agent("anna", "Anna")
    assert after.publish("anna", NOTE) > last
    assert not after.connect("anna", last).resumed


def test_partials_of_one_utterance_replace_each_other_and_keep_the_order_of_seq() -> None:
    feed = new_feed()
    connection = feed.connect("anna", 100)
    feed.publish("anna", partial("u", "caller", "i", 1.0, 1), "c")
    feed.publish("anna", NOTE, "c")
    feed.publish("anna", partial("v", "agent", "yes", 1.0, 1), "c")
    feed.publish("anna", partial("u", "caller", "i was", 1.0, 2), "c")
    received = list(drain(connection))
    assert [m.seq for m in received] == [102, 103, 104]
    assert received[-1].data["text"] == "i was"
    assert connection.outbox.coalesced == 1


def test_live_messages_make_room_and_are_counted() -> None:
    outbox = Outbox(2)
    outbox.put(message(1, "live"))
    outbox.put(message(2))
    outbox.put(message(3))
    outbox.put(message(4, "other"))
    assert [outbox.take(), outbox.take(), outbox.take()] == [message(2), message(3), None]
    assert outbox.dropped_live == 2


def test_a_queue_full_of_durable_messages_is_hopeless() -> None:
    async def main() -> None:
        feed = new_feed(queue=2)
        connection = feed.connect("anna", 100)
        healthy = feed.connect("anna", 100)
        for _ in range(2):
            feed.publish("anna", NOTE)
        list(drain(healthy))
        feed.publish("anna", NOTE)
        with pytest.raises(HopelessConsumerError):
            await anext(connection)
        assert (feed.hopeless, feed.connections("anna")) == (1, 1)
        assert (await anext(healthy)).seq == 103

    asyncio.run(main())


def test_whoever_missed_more_than_fits_gets_a_snapshot() -> None:
    feed = new_feed(queue=3)
    for _ in range(4):
        feed.publish("anna", NOTE)
    connection = feed.connect("anna", 100)
    assert [m.type for m in drain(connection)] == ["snapshot"]
    assert not connection.resumed


def test_iterating_waits_wakes_and_ends() -> None:
    async def main() -> None:
        feed = new_feed()
        connection = feed.connect("anna", 100)
        waiting = asyncio.create_task(anext(connection))
        await asyncio.sleep(0)
        feed.publish("anna", NOTE)
        assert (await waiting).seq == 101
        connection.close()
        connection.close()
        assert [m async for m in connection] == []
        assert feed.connections("anna") == 0

    asyncio.run(main())


def test_an_abandoned_wait_loses_nothing() -> None:
    async def main() -> None:
        feed = new_feed()
        connection = feed.connect("anna", 100)
        waiting = asyncio.create_task(anext(connection))
        await asyncio.sleep(0)
        waiting.cancel()
        feed.publish("anna", NOTE)
        await asyncio.wait([waiting])
        assert (await anext(connection)).seq == 101

    asyncio.run(main())


def test_agents_do_not_hear_each_other() -> None:
    feed = new_feed()
    feed.add_agent("ben", "Ben")
    ben = feed.connect("ben", 100)
    feed.publish("anna", ContactAssigned("anna", "ringing", "100", "q", 0.0), "c1")
    assert list(drain(ben)) == []
    assert feed.desk("ben").contact is None
    feed.publish_all(StationChanged(True))
    assert [m.type for m in drain(ben)] == ["station.state"]


def test_strangers_and_foreign_events_are_refused() -> None:
    feed = new_feed()
    with pytest.raises(UnknownAgentError):
        feed.connect("carl", None)
    with pytest.raises(UnknownAgentError):
        feed.publish("carl", NOTE)
    with pytest.raises(UnknownTypeError):
        feed.publish("anna", WorkerLost("w", "gone"))
    assert feed.publish("anna", NOTE) == 101


@given(st.lists(st.sampled_from(["durable", "live", "take", "reconnect"]), max_size=60))
def test_however_it_is_cut_durable_messages_arrive_once_and_in_order(steps: list[str]) -> None:
    feed = new_feed(ring=50)
    connection, last, sent, received = feed.connect("anna", 100), 100, [], []
    for step in [*steps, "reconnect", *["take"] * 60]:
        if step == "durable":
            sent.append(feed.publish("anna", NOTE))
        elif step == "live":
            feed.publish("anna", partial("u", "caller", "x", 1.0, 1), "c")
        elif step == "reconnect":
            connection.close()
            connection = feed.connect("anna", last)
            assert connection.resumed
        elif (taken := connection.outbox.take()) is not None:
            assert taken.seq > last
            last = taken.seq
            received += [taken.seq] if taken.key is None else []
    assert received == sent


def take(connection: FeedConnection, count: int) -> list[int]:
    async def main() -> list[int]:
        return [(await anext(connection)).seq for _ in range(count)]

    return asyncio.run(main())


def test_a_page_that_acknowledges_is_judged_by_what_it_has_received() -> None:
    feed = new_feed(queue=3)
    connection = feed.connect("anna", 100)
    connection.acknowledge(100)
    for number in range(2):
        feed.publish("anna", NOTE, "c1")
        feed.publish("anna", partial(f"u{number}", "caller", "live words are not counted", 0.0, 1), "c1")
        assert len(take(connection, 2)) == 2
    assert connection.unacknowledged == 2
    connection.acknowledge(103)
    connection.acknowledge(101)  # an older word
    assert connection.unacknowledged == 0
    for _ in range(3):
        feed.publish("anna", NOTE, "c1")
    take(connection, 3)
    assert feed.hopeless == 0
    feed.publish("anna", NOTE, "c1")
    take(connection, 1)
    with pytest.raises(HopelessConsumerError, match="not acknowledged"):
        take(connection, 1)
    assert feed.connections("anna") == 0
    assert feed.hopeless == 1


def test_a_page_that_never_acknowledges_is_left_alone_and_may_begin_to() -> None:
    feed = new_feed(queue=3)
    connection = feed.connect("anna", 100)
    for _ in range(10):
        feed.publish("anna", NOTE, "c1")
        take(connection, 1)
    assert (connection.unacknowledged, connection.hopeless) == (0, False)
    connection.acknowledge(108)
    assert connection.unacknowledged == 2


def test_how_things_stand_is_told_again_to_who_reconnects_once_and_as_it_is_now() -> None:
    feed = new_feed()
    for waiting in (1, 2, 3):
        feed.publish("anna", QueuesChanged((QueueLine("billing", waiting, 5.0),)))
    feed.publish("anna", NOTE, "c1")
    told = list(drain(feed.connect("anna", 101)))
    assert [(message.type, message.seq) for message in told] == [("desk.queues", 103), ("desk.note", 104)]
    assert told[0].data["queues"][0]["waiting"] == 3
    assert list(drain(feed.connect("anna", 104))) == []


def test_how_things_stand_does_not_push_out_what_must_be_resent() -> None:
    feed = new_feed(ring=3)
    feed.publish("anna", NOTE, "c1")
    for _ in range(50):
        feed.publish("anna", QueuesChanged(()))
    assert [message.type for message in drain(feed.connect("anna", 100))] == ["desk.note", "desk.queues"]
