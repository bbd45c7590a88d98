"""What callers leave: the words of the message and no others, with the file, when everything is in."""

from __future__ import annotations

from dataclasses import replace

from assist.messages_left import MessageKept, Messages
from ivr.contacts import ContactClosed, MessageTaken
from tests.assist.dialogue import final

CLOSED = ContactClosed("/r/c1.cfrec", 60.0, 0.0, 1.0, 100.0)


def left(messages: Messages, *events: object) -> list[MessageKept]:
    return [kept for event in events for kept in messages.saw(event, "2025550142", "billing")]  # type: ignore[arg-type]


def test_a_voicemail_has_its_file_and_its_words() -> None:
    before = final("u1", "caller", "billing please", 5.0)
    first = replace(final("u2", "caller", "my router is broken", 22.0), start_s=20.5, end_s=22.0)
    second = replace(
        final("u3", "caller", "call me after five", 26.0), start_s=24.0, end_s=26.0, written="call me after 5"
    )
    agent = replace(final("u4", "agent", "never mind", 25.0), start_s=24.5, end_s=25.0)
    messages = Messages()
    assert left(messages, before, MessageTaken("voicemail", 20.0, 30.0), second, agent, first) == []
    assert left(messages, CLOSED) == [
        MessageKept(
            "voicemail", "2025550142", "billing", "/r/c1.cfrec", 20.0, 30.0, "my router is broken call me after 5"
        )
    ]


def test_a_comment_after_the_survey_is_a_message_of_its_own() -> None:
    said = replace(final("u1", "caller", "very kind", 41.0), start_s=40.0, end_s=41.0)
    kept = left(Messages(), MessageTaken("voicemail", 10.0, 20.0), MessageTaken("comment", 39.0, 45.0), said, CLOSED)
    assert [(message.kind, message.text) for message in kept] == [("voicemail", ""), ("comment", "very kind")]


def test_nobody_who_leaves_nothing_has_a_message() -> None:
    assert left(Messages(), final("u1", "caller", "hello", 2.0), CLOSED) == []
