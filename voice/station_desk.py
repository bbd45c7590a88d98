"""The calls at one agent's desk, and what follows: who hears whom, who is on hold, what the headset shows. Pure."""

from __future__ import annotations

import itertools
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final

from hardware.hid.intents import CallPhase, CallState
from voice.phone import AudioPath, LegQuality
from voice.station_contacts import PAST_CALLS, Kept, LineQuality, PastCall
from voice.station_state import EAR, MIC, MUSIC, NOTICE, SILENCE, TONES, CallLine, Phase, StationPolicy, tap

ANSWERED: Final = (Phase.IN_CALL, Phase.HELD)


class Asked(Enum):
    """What was asked of the phone and has not happened yet."""

    ANSWER = "answer"
    HANG_UP = "hang_up"


@dataclass(slots=True)
class Call:
    """A call and what is not shown of it. ``for_sound``: on hold only until the headset's sound is back; ``early``: the
    far end may be heard before it answers; ``noticed``: it has heard that it is recorded; ``handed_us_on``: it sent us
    elsewhere (REFER), and waits without being held, for it is about to end the call; ``since``: when it was answered;
    ``private``: of a supervisor who listens elsewhere, never captured.
    """

    line: CallLine
    asked: Asked | None = None
    for_sound: bool = False
    answered_for_her: bool = False
    transferring: bool = False
    early: bool = False
    noticed: bool = True
    handed_us_on: bool = False
    since: float = 0.0
    private: bool = False

    @property
    def leg_id(self) -> str:
        """Its leg."""
        return self.line.leg_id

    @property
    def phase(self) -> Phase:
        """How far it is."""
        return self.line.phase

    @property
    def ending(self) -> bool:
        """We have hung up."""
        return self.asked is Asked.HANG_UP

    @property
    def captured(self) -> bool:
        """Tapped here."""
        return self.line.slot >= 0

    @property
    def recording(self) -> bool:
        """Whether what is said in it now may be tapped."""
        talked = self.phase in (Phase.IN_CALL, Phase.TAKEN)
        return self.captured and talked and self.noticed and not self.line.paused

    def change(self, **changes: Any) -> None:
        """Change fields of the line."""
        self.line = replace(self.line, **changes)

    def measured(self, seen: LegQuality) -> None:
        """How it sounds."""
        self.change(mos=round(seen.mos, 1))
        if self.captured:
            number = self.line.quality.number + 1 if self.line.quality is not None else 1
            self.change(quality=LineQuality.of(number, seen))


@dataclass
class Desk:
    """Everything the station knows of its calls. ``new_id`` makes ids of contacts that begin here; ``now``: seconds of
    a clock that never goes back.
    """

    policy: StationPolicy
    new_id: Callable[[], str]
    now: Callable[[], float] = time.monotonic
    calls: list[Call] = field(default_factory=list)
    muted: bool = False
    mute_lock: str = ""
    sound_lost: bool = False
    do_not_disturb: bool = False
    last_dialled: str = ""
    past: deque[PastCall] = field(default_factory=lambda: deque(maxlen=PAST_CALLS))
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def find(self, leg_id: str) -> Call | None:
        """The call of that leg."""
        return next((call for call in self.calls if call.leg_id == leg_id), None)

    def first(self, *phases: Phase) -> Call | None:
        """The first call in one of ``phases`` that is not ending."""
        return next((call for call in self.calls if call.phase in phases and not call.ending), None)

    @property
    def current(self) -> Call | None:
        """The call that matters now."""
        for phase in (Phase.IN_CALL, Phase.DIALLING, Phase.RINGING, Phase.HELD):
            if (call := self.first(phase)) is not None:
                return call
        return next(iter(self.hers), None)

    @property
    def hers(self) -> list[Call]:
        """All but those a supervisor has taken over."""
        return [call for call in self.calls if call.phase is not Phase.TAKEN]

    @property
    def has_room(self) -> bool:
        """Whether a line is free. A call that is ending has left its: a lost BYE takes 32 s to be given up."""
        return sum(not call.line.consult and not call.ending for call in self.calls) < self.policy.lines

    def new_leg_id(self) -> str:
        """Of a call we make."""
        return f"out-{next(self._numbers)}"

    def begin(self, call: Call) -> None:
        """Another call; unmuted where no other lives."""
        if all(other.ending for other in self.hers):
            self.muted, self.mute_lock = False, ""
        self.calls.append(call)

    def put_on_hold(self, call: Call, *, for_sound: bool = False) -> None:
        """Hold one call."""
        call.for_sound, call.handed_us_on = for_sound, False
        call.change(phase=Phase.HELD, joined=False)

    def clear_line(self) -> None:
        """Hold whoever is talked to: another call is taken or made."""
        for call in self.calls:
            if call.phase is Phase.IN_CALL and not call.ending:
                self.put_on_hold(call)

    def connect(self, call: Call, *, encrypted: bool) -> None:
        """The call is answered. Where another one is talked to meanwhile it waits."""
        if call.asked is Asked.ANSWER:
            call.asked = None
        self._adopt(call)
        call.change(phase=Phase.HELD, encrypted=encrypted)
        if self.sound_lost:
            call.for_sound = True
        elif self.first(Phase.IN_CALL) is None:
            call.change(phase=Phase.IN_CALL)

    def end(self, call: Call) -> None:
        """The call is over; what was joined with it goes on alone, and the next call starts unmuted."""
        self.calls.remove(call)
        if call.captured:
            ours = "supervisor" if call.phase is Phase.TAKEN else "agent"
            ended_by = ours if call.ending else "caller"
            self.past.append(PastCall(call.line.contact_id, round(self.now() - call.since, 2), ended_by))
        joined = [other for other in self.calls if other.line.joined]
        if len(joined) == 1:
            joined[0].change(joined=False)
        if not self.hers:
            self.muted, self.mute_lock = False, ""

    def keep(self, contact_id: str, kept: Kept) -> None:
        """A captured call that is over has been written down."""
        for index, call in enumerate(self.past):
            if call.contact_id == contact_id:
                self.past[index] = replace(call, kept=kept)

    def lose_sound(self) -> None:
        """The agent hears nobody and is heard by nobody."""
        self.sound_lost = True
        for call in self.calls:
            if call.phase is Phase.IN_CALL:
                self.put_on_hold(call, for_sound=True)

    def find_sound(self) -> None:
        """Resume what was held for this and nothing else."""
        self.sound_lost = False
        for call in self.calls:
            if call.for_sound and call.phase is Phase.HELD and self.first(Phase.IN_CALL) is None:
                call.change(phase=Phase.IN_CALL)
            call.for_sound = False

    def _adopt(self, call: Call) -> None:
        """A customer's call that no worker of ours knows becomes a contact of this station's, no consultation does."""
        if not self.policy.capture or call.line.contact_id or call.line.consult or call.private:
            return
        taken = {other.line.slot for other in self.calls}
        call.noticed, call.since = not self.policy.notice, self.now()
        call.change(contact_id=self.new_id(), slot=min(set(range(len(self.calls) + 1)) - taken))

    # ---- what follows --------------------------------------------------------------------------------------------

    def headset_state(self) -> CallState:
        """What the headset shall show: a call being answered is shown as answered, one being ended as over."""
        living = [call for call in self.hers if not call.ending]
        if any(call.phase in (Phase.IN_CALL, Phase.DIALLING) or call.asked is Asked.ANSWER for call in living):
            return CallState(CallPhase.IN_CALL, self.muted)
        if any(call.phase is Phase.RINGING for call in living):
            return CallState(CallPhase.RINGING)
        return CallState(CallPhase.IN_CALL, self.muted, held=True) if living else CallState()

    def held_legs(self) -> frozenset[str]:
        """Legs on hold by SIP."""
        if not self.policy.sip_calls:
            return frozenset()
        waiting = (call for call in self.calls if call.phase is Phase.HELD and not call.ending)
        return frozenset(call.leg_id for call in waiting if not call.handed_us_on)

    def paths(self) -> frozenset[AudioPath]:
        """Mute takes the microphone's paths away; hold takes all, and gives music where we hold by SIP."""
        living = [call for call in self.calls if not call.ending]
        talking = [call for call in living if call.phase is Phase.IN_CALL]
        found = {path for call in talking for path in self._talk(call)}
        joined = [f"leg:{call.leg_id}" for call in talking if call.line.joined]
        found |= {AudioPath(one, other) for one, other in itertools.permutations(joined, 2)}
        if self.policy.sip_calls:
            found |= {AudioPath(MUSIC, f"leg:{call.leg_id}") for call in living if call.phase is Phase.HELD}
            dialled = self.first(Phase.DIALLING)
            if dialled is not None and dialled.early and not talking:
                found.add(AudioPath(f"leg:{dialled.leg_id}", EAR))
        found |= {AudioPath(NOTICE, f"leg:{call.leg_id}") for call in talking if not call.noticed}
        found |= {path for call in living if call.captured for path in self._taps(call)}
        if any(call.answered_for_her for call in talking):
            found.add(AudioPath(TONES, EAR))
        return frozenset(found)

    def _talk(self, call: Call) -> set[AudioPath]:
        leg = f"leg:{call.leg_id}"
        return {AudioPath(leg, EAR)} if self.muted else {AudioPath(leg, EAR), AudioPath(MIC, leg)}

    def _taps(self, call: Call) -> set[AudioPath]:
        caller, agent = tap(call.line.slot, "caller"), tap(call.line.slot, "agent")
        found = {AudioPath(SILENCE, caller), AudioPath(SILENCE, agent)}
        if call.recording:
            found.add(AudioPath(f"leg:{call.leg_id}", caller))
            if call.phase is Phase.IN_CALL and not self.muted:
                found.add(AudioPath(MIC, agent))
        return found
