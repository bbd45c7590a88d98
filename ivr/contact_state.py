"""What the parts of a contact's core share: its legs, the phase the floor sees, what is heard, the effects decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ivr.contact_effects import ContactEffect, HangUpLeg, Publish, SetPaths, StartListening
from ivr.contacts import ContactEnded, ContactSnapshot, MessageTaken
from ivr.controls import HoldChanged
from ivr.effects import ConsentNoted
from voice.calls import Call, Role
from voice.events import Event
from voice.hearing import Arrangement, Mode, Talk, paths
from voice.phone import AudioPath

RINGBACK = "ringback"
"""The port of the ringing an agent hears while another station, or an outside number, rings."""


_ON_HOLD = frozenset({Talk.HELD, Talk.CONSULT})


class ContactState:
    """Mutable, of one contact. ``called_back``: a call back was promised. ``talk``: how the parties stand; ``mode``: of
    the connected supervisor. ``ringing_back``: the agent hears that another station rings. ``unheard``: none of us is
    in the call any more, so that nothing is recognised or recorded. ``waits_since``: when the present wait for an agent
    began (Unix seconds).
    """

    def __init__(self, contact_id: str, worker_id: str) -> None:
        self.contact_id = contact_id
        self.call = Call()
        self.snapshot = ContactSnapshot(worker_id, "", "", "flow", 0.0)
        self.called_back = False
        self.ended = False
        self.talk = Talk.DIRECT
        self.mode: Mode | None = None
        self._toned: frozenset[Role] = frozenset()
        self.ringing_back = False
        self.unheard = False
        self.waits_since = 0.0
        self._prompting = False
        self._listening = False
        self._may = ConsentNoted(recording=True, recognition=True)
        self._hearing = False
        self._message: tuple[str, float] | None = None
        self._legs_dialled = 0
        self._out: list[ContactEffect] = []

    @property
    def caller_leg(self) -> str:
        """The caller's leg; empty where there is none."""
        leg = self.call.alive(Role.CALLER)
        return leg.id if leg is not None else ""

    def update(self, **changes: Any) -> None:
        """Change fields of the snapshot."""
        self.snapshot = replace(self.snapshot, **changes)

    def do(self, *effects: ContactEffect) -> None:
        """Decide on effects."""
        self._out.extend(effects)

    def publish(self, event: Event) -> None:
        """Decide on an event."""
        self._out.append(Publish(event))

    def drain(self) -> tuple[ContactEffect, ...]:
        """The effects since the last drain."""
        drained, self._out = tuple(self._out), []
        return drained

    def new_leg(self, role: Role, address: str) -> str:
        """A leg we are about to dial; returns its id."""
        self._legs_dialled += 1
        leg_id = f"{role}-{self._legs_dialled}"
        self.call = self.call.dialled(leg_id, role, address)
        return leg_id

    def prompt(self, on: bool) -> None:
        """A prompt plays, or none does."""
        if on != self._prompting:
            self._prompting = on
            self.set_paths()

    def hear_turn(self, on: bool) -> None:
        """A gather listens to the caller's words, or none does."""
        self._hearing = on
        self.set_paths()

    def consent(self, given: ConsentNoted) -> None:
        """The caller agrees to this, as long as nothing is open yet."""
        self._may = given

    def listen(self) -> None:
        """Open recognition and recording, for good, as far as the caller agrees."""
        if not self._listening and self._may.recognition:
            self._listening = True
            self.do(StartListening(self._may.recording))
            self.set_paths()

    def set_paths(self) -> None:
        """Who hears whom, as things stand."""
        tapping = (self._listening or self._hearing) and not self.unheard
        found = paths(
            self.call, Arrangement(self.talk, self.mode), prompting=self._prompting, tapping=tapping, music=True,
            toned=self._toned,
        )  # fmt: skip
        agent = self.call.connected(Role.AGENT)
        if self.ringing_back and agent is not None:
            found |= {AudioPath(RINGBACK, f"leg:{agent.id}")}
        self.do(SetPaths(found))

    def supervised(self, supervisor: str = "", mode: Mode | None = None, toned: frozenset[Role] = frozenset()) -> None:
        """Somebody supervises in ``mode`` from now on (None: nobody does); ``toned`` are to hear that."""
        self.mode, self._toned = mode, toned
        self.update(supervisor=supervisor, supervision_mode=mode or "")
        self.set_paths()

    @property
    def on_hold(self) -> bool:
        """Whether the customer waits while an agent has the contact."""
        return self.talk in _ON_HOLD

    def arrange(self, talk: Talk) -> None:
        """The agent who has the contact arranges the parties anew."""
        held, self.talk = self.on_hold, talk
        self.update(talk=talk)
        if self.on_hold != held:
            self.publish(HoldChanged(self.snapshot.agent, self.on_hold))
        self.set_paths()

    def release(self, leg_id: str) -> None:
        """Hang up a leg, if it has not ended; it has no part in the call from now on."""
        leg = self.call.leg(leg_id)
        if leg is not None and leg.alive:
            self.call = self.call.released(leg_id)
            self.do(HangUpLeg(leg_id))

    def start_message(self, kind: str, now: float) -> None:
        """The caller speaks a message from now on."""
        self._message = (kind, now)
        self.consent(ConsentNoted(recording=True, recognition=True))  # who leaves a message wants it kept
        self.listen()

    def end_message(self, now: float) -> None:
        """The message is over, by key, by time, or because the caller hung up."""
        if self._message is not None:
            (kind, since), self._message = self._message, None
            offered = self.snapshot.offered_at
            self.publish(MessageTaken(kind, since - offered, now - offered))

    def end(self, reason: str, by: str, now: float) -> None:
        """Report the end once and hang up whoever is still there."""
        if self.ended:
            return
        self.end_message(now)
        answered_at = self.snapshot.answered_at
        if self.called_back and not answered_at:
            reason = "callback"
        self.ended = True
        talk = now - answered_at if answered_at else 0.0
        self.publish(ContactEnded(reason, by, now - self.snapshot.offered_at, talk))
        self.do(*(HangUpLeg(leg.id) for leg in self.call.legs if leg.alive))
