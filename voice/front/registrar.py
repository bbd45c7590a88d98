"""The registrar (RFC 3261 section 10): which flow reaches which agent's station. Pure; time comes as an argument.

The Contact a station writes is kept as the Request-URI it wants to see, but never dialled: requests go back over the
flow the REGISTER came on, which also works from behind NAT.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass

from voice.front.digest import Digest, Verdict
from voice.front.flows import Flow
from voice.front.grammar import parse_name_addr
from voice.front.message import Request, Response, respond

MIN_EXPIRES_S = 60
MAX_EXPIRES_S = 3600
MAX_BINDINGS = 4  # per user; the oldest gives way
MAX_FAILURES = 10  # per source, user and minute
MAX_FAILURES_FROM = 50  # per source and minute: a whole floor may be behind it
_FAILURE_WINDOW_S = 60.0
_MAX_SOURCES = 4096


@dataclass(frozen=True)
class Binding:
    """One registered station of a user."""

    contact: str
    flow: Flow
    expires_at: float
    call_id: str
    cseq: int


class Failures:
    """Counts failed log-ins per source address, and per user from there; bounded, forgets what failed longest ago."""

    def __init__(self) -> None:
        self._times: OrderedDict[tuple[str, str | None], deque[float]] = OrderedDict()

    def add(self, host: str, user: str, now: float) -> None:
        """One more failure."""
        for key, most in (((host, user), MAX_FAILURES), ((host, None), MAX_FAILURES_FROM)):
            self._times.setdefault(key, deque(maxlen=most)).append(now)
            self._times.move_to_end(key)
        while len(self._times) > _MAX_SOURCES:
            self._times.popitem(last=False)

    def blocked(self, host: str, user: str, now: float) -> bool:
        """Whether ``host`` failed ten times within the last minute as ``user``, or fifty times in all."""
        for key in ((host, user), (host, None)):
            times = self._times.get(key)
            if times is not None and len(times) == times.maxlen and now - times[0] < _FAILURE_WINDOW_S:
                return True
        return False


class Registrar:
    """Bindings of the agents; ``users`` are their names, ``digest`` knows their secrets."""

    def __init__(self, users: Mapping[str, str], digest: Digest, failures: Failures) -> None:
        self._users = users
        self._digest = digest
        self._failures = failures
        self._bindings: dict[str, list[Binding]] = {}
        self.changes = 0
        """Counts what changed in the bindings."""

    @property
    def bindings(self) -> dict[str, tuple[Binding, ...]]:
        """Those over UDP, by user: what the next front can use (``restore``)."""
        return {
            user: found
            for user, bindings in self._bindings.items()
            if (found := tuple(binding for binding in bindings if not binding.flow.connection))
        }

    def restore(self, bindings: Mapping[str, tuple[Binding, ...]], now: float) -> None:
        """Take over the bindings of the front before this one, where they still hold."""
        for user in bindings.keys() & self._users.keys():
            self._store(user, [each for each in bindings[user] if 0 < each.expires_at - now <= MAX_EXPIRES_S])

    def knows(self, user: str) -> bool:
        """Whether ``user`` is an agent at all."""
        return user in self._users

    def binding(self, user: str, now: float) -> Binding | None:
        """The station to ring: the one that registered last."""
        live = self._live(user, now)
        return live[-1] if live else None

    def reaches(self, flow: Flow) -> bool:
        """Whether a station registered over ``flow``."""
        return any(binding.flow == flow for bindings in self._bindings.values() for binding in bindings)

    def contact_at(self, flow: Flow, now: float) -> str | None:
        """What the station registered over ``flow`` wants to be called; None where there is none (any more)."""
        for bindings in self._bindings.values():
            for binding in bindings:
                if binding.flow == flow and binding.expires_at > now:
                    return binding.contact
        return None

    def knows_host(self, host: str, now: float) -> bool:
        """Whether a station registered from that address."""
        return any(
            binding.flow.host == host and binding.expires_at > now
            for bindings in self._bindings.values()
            for binding in bindings
        )

    def flow_closed(self, flow: Flow) -> bool:
        """A connection is gone, and with it the bindings made over it; whether there were any."""
        found = False
        for user, bindings in list(self._bindings.items()):
            kept = [binding for binding in bindings if binding.flow != flow]
            if len(kept) < len(bindings):
                found = True
                self._store(user, kept)
        return found

    def handle(self, request: Request, source: Flow, now: float) -> Response:
        """The answer to a REGISTER, with the bindings changed accordingly."""
        refusal, user = authenticate(self._digest, self._failures, request, source, now)
        if refusal is not None:
            return refusal
        if user not in self._users or request.to.uri.partition(":")[2].partition("@")[0] != user:
            return respond(request, 403)
        contacts = request.headers.all("Contact")
        if contacts == ["*"]:
            return self._remove_all(request, user)
        if "*" in contacts or len(contacts) > MAX_BINDINGS:
            return respond(request, 400)
        return self._bind(request, source, user, now) if contacts else self._listing(request, user, now)

    def _remove_all(self, request: Request, user: str) -> Response:
        if request.headers.get("Expires") != "0":
            return respond(request, 400)
        self._store(user, [])
        return respond(request, 200)

    def _bind(self, request: Request, source: Flow, user: str, now: float) -> Response:
        """All contacts or none (RFC 3261 10.3 step 7)."""
        bindings = self._live(user, now)
        for value in request.headers.all("Contact"):
            contact = parse_name_addr(value)
            asked = contact.params.get("expires") or request.headers.get("Expires") or str(MAX_EXPIRES_S)
            seconds = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else MAX_EXPIRES_S
            if 0 < seconds < MIN_EXPIRES_S:
                return respond(request, 423, [("Min-Expires", str(MIN_EXPIRES_S))])
            same = next((known for known in bindings if known.contact == contact.uri), None)
            if same and same.call_id == request.call_id and request.cseq.number < same.cseq:
                return respond(request, 500)  # out of order: a newer REGISTER of this station was already carried out
            bindings = [known for known in bindings if known is not same and known.flow != source]
            if seconds:
                expires_at = now + min(seconds, MAX_EXPIRES_S)
                bindings.append(Binding(contact.uri, source, expires_at, request.call_id, request.cseq.number))
        self._store(user, bindings[-MAX_BINDINGS:])
        return self._listing(request, user, now)

    def _listing(self, request: Request, user: str, now: float) -> Response:
        live = self._live(user, now)
        return respond(request, 200, [("Contact", f"<{b.contact}>;expires={round(b.expires_at - now)}") for b in live])

    def _live(self, user: str, now: float) -> list[Binding]:
        return [binding for binding in self._bindings.get(user, ()) if binding.expires_at > now]

    def _store(self, user: str, bindings: list[Binding]) -> None:
        self.changes += 1
        if bindings:
            self._bindings[user] = bindings
        else:
            self._bindings.pop(user, None)


def authenticate(
    digest: Digest, failures: Failures, request: Request, source: Flow, now: float, *, proxy: bool = False
) -> tuple[Response | None, str]:
    """(refusal or None, proven user). Who failed too often in a minute gets 403 until the minute is over."""
    checked = digest.check(request, now, proxy=proxy)
    if failures.blocked(source.host, checked.user, now):
        return respond(request, 403), ""
    if checked.verdict is Verdict.GOOD:
        return None, checked.user
    if checked.verdict is Verdict.WRONG:
        failures.add(source.host, checked.user, now)
    stale = checked.verdict is Verdict.STALE
    return respond(request, 407 if proxy else 401, digest.challenge(now, proxy=proxy, stale=stale)), ""
