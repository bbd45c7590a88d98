"""The words of the bus: every event the floor and its helpers may read, every command they may send."""

from __future__ import annotations

from assist.alerts import ALERT_EVENTS
from assist.board.events import BOARD_EVENTS
from assist.cards import CARD_EVENTS
from assist.coaching import COACHING_EVENTS
from assist.desk_events import CustomerChosen, LateNoteSaved, NoteSaved, WrapUpSaved
from assist.messages_left import MessageKept
from assist.quality.forms import QUALITY_EVENTS
from assist.rewording import SummaryWorded
from ivr.contact_commands import CONTACT_COMMANDS
from ivr.contacts import CONTACT_EVENTS
from ivr.supervision import BRIDGE_EVENTS, SUPERVISION_COMMANDS, SUPERVISION_EVENTS
from transcription.utterances import UTTERANCE_EVENTS
from voice.claims import ClaimWorker
from voice.commands import CommandCodec
from voice.events import VOICE_EVENTS, EventCodec

EVENTS = EventCodec(
    (
        *VOICE_EVENTS,
        *CONTACT_EVENTS,
        *SUPERVISION_EVENTS,
        *BRIDGE_EVENTS,
        *UTTERANCE_EVENTS,
        *CARD_EVENTS,
        *COACHING_EVENTS,
        *ALERT_EVENTS,
        *BOARD_EVENTS,
        *QUALITY_EVENTS,
        NoteSaved,
        LateNoteSaved,
        WrapUpSaved,
        CustomerChosen,
        MessageKept,
        SummaryWorded,
    )
)
COMMANDS = CommandCodec((*CONTACT_COMMANDS, *SUPERVISION_COMMANDS, ClaimWorker))
