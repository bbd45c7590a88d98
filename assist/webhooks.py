"""``[[webhook]]``, and ``[alerts] webhook``: which other systems are told what, each at its own pace."""

from __future__ import annotations

import httpx
from pydantic import Field

from assist.alarm import AlertSettings
from assist.alerts import ALERT_EVENTS
from assist.store import Store
from assist.store.outbox import Outbox
from assist.vocabulary import EVENTS
from assist.webhook import Webhook
from voice.clock import Clock
from voice.settings import Section, SettingsFile, WebAddress

ALERTS = "webhook"
"""Under which the log remembers how far the alerts' webhook has been told; the others' begin with it, and a space."""
KINDS = frozenset(event.type for event in EVENTS.types if event.durable)


class WebhookSettings(Section):
    """``[[webhook]]``: another system. ``name``: under which the log remembers how far it has been told (another name
    begins with what happens from then on); ``url``; ``secret``, which its messages are signed with, of at least 16
    characters; ``events``: the durable types (``docs/events.md``) it is told.
    """

    name: str = Field(pattern=r"^[a-z0-9_-]{1,32}$")
    url: WebAddress = Field(min_length=1)
    secret: str = Field(min_length=16, repr=False)
    events: tuple[str, ...] = Field(min_length=1)


def webhooks(settings: SettingsFile, store: Store, clock: Clock, client: httpx.AsyncClient) -> tuple[Webhook, ...]:
    """Those of an installation. Raises DocumentError, also for an event there is not, and for a name used twice."""
    alerts, found = settings.section("alerts", AlertSettings), list[Webhook]()

    def add(name: str, url: str, secret: str, kinds: tuple[str, ...]) -> None:
        found.append(Webhook(url, secret, clock, client, Outbox(store, name, kinds), kinds=kinds))

    if alerts.webhook:
        add(ALERTS, alerts.webhook, alerts.webhook_secret, tuple(event.type for event in ALERT_EVENTS))
    names = set[str]()
    for index, each in enumerate(settings.many("webhook", WebhookSettings)):
        for kind in each.events:
            if kind not in KINDS:
                raise settings.error(("webhook", index, "events"), f"no log has {kind!r}", "see docs/events.md")
        if each.name in names:
            raise settings.error(("webhook", index, "name"), f"{each.name!r} stands twice", "give each its own")
        names.add(each.name)
        add(f"{ALERTS} {each.name}", each.url, each.secret, each.events)
    return tuple(found)
