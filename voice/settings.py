"""Settings: one TOML file and the environment, parsed once at the entry point into frozen objects.

``CALLFLOOR_<SECTION>_<KEY>`` in the environment overrides a scalar of the file, e.g. ``CALLFLOOR_FRONT_PORT=5060``.
Each package defines the models of its own sections and asks for them by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from voice.documents import Document, Key, load_toml, validate
from voice.errors import DocumentError

PREFIX = "CALLFLOOR_"


class Section(BaseModel):
    """Base of a section: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _web_address(address: str) -> str:
    parts = urlsplit(address)
    if address and (parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0):
        raise ValueError(f"{address!r} is no address such as https://crm.example/customers")
    if any(not character.isprintable() or character.isspace() for character in address):
        raise ValueError(f"{address!r} has a space or a control character in it")
    return address


WebAddress = Annotated[str, AfterValidator(_web_address)]
"""An ``http`` or ``https`` URL that can be asked; empty for none."""
Token = Annotated[str, Field(pattern=r"^[!-~]*$")]
"""What is sent in an ``Authorization`` header (RFC 6750); empty for none."""

SectionT = TypeVar("SectionT", bound=Section)


class RunSettings(Section):
    """``[run]``: where this installation keeps its state (sockets, spool, store, recordings, keys)."""

    state_dir: Path = Path("~/.local/state/callfloor")
    name: str = Field(default="callfloor", min_length=1, max_length=64)

    @property
    def directory(self) -> Path:
        """The state directory, with ``~`` expanded."""
        return self.state_dir.expanduser()


class FrontSettings(Section):
    """``[front]``: the SIP front door. Port 0 asks the kernel for one. Without ``tls_port`` there is no TLS; with it,
    ``tls_certificate`` (PEM, with its chain) and ``tls_key`` (PEM) are needed. ``registrar``: where a proxy before this
    front (Kamailio) is, ADDRESS:PORT; stations then register there, and REGISTER and INVITE are taken from it and
    ``trunks`` alone.
    """

    host: str = "127.0.0.1"
    port: int = Field(default=5060, ge=0, le=65535)
    tls_port: int | None = Field(default=None, ge=0, le=65535)
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    realm: str = "callfloor"
    domain: str = "callfloor"
    trunks: tuple[str, ...] = Field(default=(), description="IP networks whose INVITEs are calls from outside")
    max_contacts: int = Field(default=30, ge=1, le=1000)
    warm_workers: int = Field(default=2, ge=1, le=8)
    calls_per_s: float = Field(default=50.0, gt=0, le=1000, description="INVITEs accepted in all; more get 503")
    messages_per_s: float = Field(default=100.0, ge=0, le=10_000, description="UDP, per unknown source; 0: no limit")
    ban_s: float = Field(default=60.0, ge=0, le=3600, description="the first ban of a flooding source; 0: none")
    keepalive_s: float = Field(default=30.0, ge=0, le=3600, description="OPTIONS to stations over UDP; 0: none")
    registrar: str = ""

    @model_validator(mode="after")
    def _tls_is_whole(self) -> FrontSettings:
        if self.tls_port is not None and (self.tls_certificate is None or self.tls_key is None):
            raise ValueError("tls_port needs tls_certificate and tls_key")
        return self


class RtpSettings(Section):
    """``[rtp]``: the address and UDP ports of contact workers' audio. Each worker gets ``ports_per_worker`` of them."""

    host: str = "127.0.0.1"
    first_port: int = Field(default=20000, ge=1024, le=65000)
    ports_per_worker: int = Field(default=32, ge=16, le=256)


class AgentSettings(Section):
    """``[[agent]]``: one agent; ``secret`` is both the SIP digest password and the login to the page.

    ``skills``: levels 1-10 by name; ``weights``: how much waiting in a queue counts for this agent (1.0 elsewhere).
    ``country``: whose rules on supervision apply. A ``supervisor`` takes no contacts: ``teams`` are those she may
    supervise (none named: all), ``phone`` is where she listens (a number or SIP URI; empty: her own station). ``dial``:
    the beginnings of the outside numbers the agent may call, consult and transfer to ("" is every number).
    """

    user: str = Field(pattern=r"^[a-z0-9._-]{1,32}$")
    name: str = Field(min_length=1, max_length=64)
    secret: str = Field(min_length=8, max_length=128)
    queues: tuple[str, ...] = ()
    skills: dict[str, Annotated[int, Field(ge=1, le=10)]] = Field(default_factory=dict)
    weights: dict[str, Annotated[float, Field(gt=0, le=100)]] = Field(default_factory=dict)
    dial: tuple[str, ...] = ()
    role: Literal["agent", "supervisor"] = "agent"
    team: str = Field(default="", max_length=64)
    country: str = Field(default="default", pattern=r"^[a-z-]{2,16}$")
    teams: tuple[str, ...] = ()
    phone: str = Field(default="", max_length=128, pattern=r"^(sip:[^\s<>]+|\+?[0-9*#]*)$")


class SettingsFile:
    """A settings file with the environment laid over it."""

    def __init__(self, document: Document, environment: Mapping[str, str]) -> None:
        self._document = document
        self._environment = environment

    @property
    def file(self) -> Path:
        """The file that was read."""
        return self._document.file

    def section(self, name: str, model: type[SectionT]) -> SectionT:
        """The section ``name`` as ``model``. Raises DocumentError naming the key, its line or variable, and the fix."""
        overrides = self._overrides(name, model)
        if not isinstance(self._document.data.get(name, {}), dict):
            raise self._document.error((name,), f"{name} must be a table", f"write [{name}]")
        written = validate(self._document, model, at=(name,))
        if not overrides:
            return written
        source = Document(Path("environment"), {name: written.model_dump(exclude_unset=True) | overrides}, {})
        try:
            return validate(source, model, at=(name,))
        except DocumentError as error:
            variable = _variable(name, error.what.split(":")[0].split(".")[-1])
            raise DocumentError(variable, None, error.what, error.fix) from None

    def many(self, name: str, model: type[SectionT]) -> tuple[SectionT, ...]:
        """The array of tables ``[[name]]``."""
        entries = self._document.data.get(name, [])
        if not isinstance(entries, list):
            raise self._document.error((name,), f"{name} must be a list of tables", f"write [[{name}]]")
        return tuple(validate(self._document, model, at=(name, index)) for index in range(len(entries)))

    def error(self, key: Key, what: str, fix: str) -> DocumentError:
        """An error pointing at ``key``, for what a section's types do not show."""
        return self._document.error(key, what, fix)

    def check_sections(self, known: set[str]) -> None:
        """Refuse sections and variables that nothing reads. Raises DocumentError."""
        for name in self._document.data:
            if name not in known:
                raise self._document.error((name,), f"unknown section {name!r}", f"known: {', '.join(sorted(known))}")

    def _overrides(self, name: str, model: type[Section]) -> dict[str, Any]:
        return {
            field: self._environment[_variable(name, field)]
            for field in model.model_fields
            if _variable(name, field) in self._environment
        }


def _variable(section: str, field: str) -> str:
    return f"{PREFIX}{section}_{field}".upper()


def read_settings(file: Path | None, environment: Mapping[str, str]) -> SettingsFile:
    """Read ``file`` (None: an empty file, defaults and environment only). Raises DocumentError."""
    document = load_toml(file) if file is not None else Document(Path("defaults"), {}, {})
    return SettingsFile(document, environment)
