"""The shapes of the web side's messages: JSON in, frozen objects out; every refusal says what is wrong.

Close codes (RFC 6455 section 7.4.2, 4000-4999 are ours): 4400 malformed message, 4401 no valid token, 4403 wrong
origin, 4405 not allowed, 4409 replaced by a newer connection; 1013 the consumer is too slow, or the store is
away: come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import from_json

from assist.api.bounds import wrong
from assist.api.commands import (
    AcceptCard,
    AcknowledgeAlert,
    AgentCommand,
    Answer,
    CallNumber,
    CancelConsult,
    ChooseCustomer,
    Coach,
    CompleteTransfer,
    Conference,
    ConsultWith,
    DismissCard,
    DoNotDisturb,
    ForceState,
    GiveContact,
    HangUp,
    Hold,
    LeaveContact,
    LowerHand,
    MoreTime,
    Mute,
    Note,
    PressKeys,
    RaiseHand,
    SetBanner,
    SetState,
    SuperviseAs,
    SuperviseContact,
    SwapParties,
    TickStep,
    Transfer,
    WrapUp,
)
from assist.api.ports import StationReport
from voice.errors import CallfloorError

SCHEMA = 1
MALFORMED = 4400
UNAUTHORISED = 4401
WRONG_ORIGIN = 4403
FORBIDDEN = 4405
REPLACED = 4409
TOO_SLOW = TRY_AGAIN = 1013

Shape = TypeVar("Shape")
Name = Annotated[str, Field(min_length=1, max_length=128)]


class MalformedMessageError(CallfloorError):
    """A message is not what was agreed; the socket closes with 4400 and this reason."""


class UnknownCommandError(CallfloorError):
    """A command's name or data is not one of ours; it is answered ``ok`` false, and the socket stays."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Login(_Message):
    """POST /api/login."""

    user: str = Field(min_length=1, max_length=32)
    secret: str = Field(min_length=1, max_length=128)


class Token(_Message):
    """The answer to a login or renewal. ``expires``: Unix seconds. ``must_change``: it is good for choosing a
    password only.
    """

    token: str
    expires: float
    user: str
    name: str
    role: str
    must_change: bool = False


class Me(_Message):
    """GET /api/me."""

    user: str
    name: str
    role: str
    expires: float


class Done(_Message):
    """A command was carried out."""

    ok: Literal[True]


class FeedHello(_Message):
    """A page's first message. ``resume_from``: the last ``seq`` it saw, None for the whole desk. ``desk``: the agent
    whose desk a supervisor reads along; empty: her own.
    """

    type: Literal["hello"]
    token: str = Field(max_length=4096)
    schema_: Literal[1] = Field(alias="schema")
    resume_from: int | None = Field(default=None, ge=0)
    desk: str = Field(default="", max_length=32)


class CommandMessage(_Message):
    """A page's command; the reply echoes ``id``."""

    type: Literal["command"]
    id: Name
    command: Name
    data: dict[str, Any] = Field(default_factory=dict)


class AckMessage(_Message):
    """A page has received everything up to ``seq``."""

    type: Literal["ack"]
    seq: int = Field(ge=0, le=2**53)


class StationHello(_Message):
    """A station's first message. Unknown keys are ignored here and below: stations may be newer than the floor."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["hello"]
    agent: Name
    token: str = Field(max_length=4096)
    state: dict[str, Any] = Field(default_factory=dict)


class StationState(_Message):
    """A station's report."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["state"]
    state: dict[str, Any]


class StationReply(_Message):
    """A station's answer to a command."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    type: Literal["reply"]
    id: Name
    ok: bool
    reason: str = Field(default="", max_length=500)


PageMessage = Annotated[CommandMessage | AckMessage, Field(discriminator="type")]
StationMessage = Annotated[StationState | StationReply, Field(discriminator="type")]

_FEED_HELLO = TypeAdapter(FeedHello)
_PAGE_MESSAGE: TypeAdapter[CommandMessage | AckMessage] = TypeAdapter(PageMessage)
_STATION_HELLO = TypeAdapter(StationHello)
_STATION_MESSAGE: TypeAdapter[StationState | StationReply] = TypeAdapter(StationMessage)
_REPORT = TypeAdapter(StationReport)
COMMANDS: Mapping[str, TypeAdapter[Any]] = {
    "answer": TypeAdapter(Answer),
    "hang_up": TypeAdapter(HangUp),
    "mute": TypeAdapter(Mute),
    "set_state": TypeAdapter(SetState),
    "do_not_disturb": TypeAdapter(DoNotDisturb),
    "more_time": TypeAdapter(MoreTime),
    "wrap_up": TypeAdapter(WrapUp),
    "accept_card": TypeAdapter(AcceptCard),
    "dismiss_card": TypeAdapter(DismissCard),
    "tick_step": TypeAdapter(TickStep),
    "note": TypeAdapter(Note),
    "hold": TypeAdapter(Hold),
    "call": TypeAdapter(CallNumber),
    "consult": TypeAdapter(ConsultWith),
    "swap": TypeAdapter(SwapParties),
    "cancel_consult": TypeAdapter(CancelConsult),
    "conference": TypeAdapter(Conference),
    "complete_transfer": TypeAdapter(CompleteTransfer),
    "transfer": TypeAdapter(Transfer),
    "press_keys": TypeAdapter(PressKeys),
    "raise_hand": TypeAdapter(RaiseHand),
    "lower_hand": TypeAdapter(LowerHand),
    "supervise": TypeAdapter(SuperviseContact),
    "supervise_as": TypeAdapter(SuperviseAs),
    "leave": TypeAdapter(LeaveContact),
    "coach": TypeAdapter(Coach),
    "acknowledge_alert": TypeAdapter(AcknowledgeAlert),
    "set_banner": TypeAdapter(SetBanner),
    "force_state": TypeAdapter(ForceState),
    "give_contact": TypeAdapter(GiveContact),
    "choose_customer": TypeAdapter(ChooseCustomer),
}


def feed_hello(text: str) -> FeedHello:
    """A page's first message. Raises MalformedMessageError."""
    return _parsed(_FEED_HELLO, text)


def page_message(text: str) -> CommandMessage | AckMessage:
    """A page's later messages. Raises MalformedMessageError."""
    return _parsed(_PAGE_MESSAGE, text)


def station_hello(text: str) -> StationHello:
    """A station's first message. Raises MalformedMessageError."""
    return _parsed(_STATION_HELLO, text)


def station_message(text: str) -> StationState | StationReply:
    """A station's later messages. Raises MalformedMessageError."""
    return _parsed(_STATION_MESSAGE, text)


def station_report(state: Mapping[str, Any]) -> StationReport:
    """A station's state. Raises MalformedMessageError."""
    try:
        return _REPORT.validate_python(state)
    except ValidationError as error:
        raise MalformedMessageError(_first(error)) from None


def agent_command(message: CommandMessage) -> AgentCommand:
    """The command of a message. Raises UnknownCommandError naming what is wrong."""
    adapter = COMMANDS.get(message.command)
    if adapter is None:
        raise UnknownCommandError(f"unknown command {message.command!r}")
    try:
        command: AgentCommand = adapter.validate_python(message.data)
    except ValidationError as error:
        raise UnknownCommandError(f"{message.command}: {_first(error)}") from None
    if what := wrong(command):
        raise UnknownCommandError(f"{message.command}: {what}")
    return command


def _parsed(adapter: TypeAdapter[Shape], text: str) -> Shape:
    # Not json.loads: it lets half a surrogate pair through, which neither the event log nor a page can be told.
    try:
        return adapter.validate_python(from_json(text, allow_inf_nan=False))
    except ValidationError as error:
        raise MalformedMessageError(_first(error)) from None
    except ValueError as error:
        raise MalformedMessageError(f"not JSON: {error}") from None


def _first(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(str(step) for step in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
