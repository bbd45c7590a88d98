"""A contact worker's process: the zygote forks it, it puts one ``ContactWorker`` together and ends with its contact.

It reports its SIP port and waits for the INVITE the front sends it. It ends with ``os._exit``, everything flushed,
without tearing pjsua2 down (which would take a second).
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import resource
from collections.abc import AsyncIterator
from pathlib import Path

from ivr import effects as flow
from ivr.contact import COMMANDS, EVENTS, ContactWorker
from ivr.contact_core import ContactCore
from ivr.contacts import ContactClosed
from ivr.ears import Ears
from ivr.flow_shelf import FlowShelf
from ivr.prompts import PromptStore
from ivr.schema import Flow
from ivr.settings import IvrSettings, read_queues
from transcription.settings import TranscriptionSettings
from voice.bus.local import LocalBus
from voice.clock import Clock, SystemClock
from voice.errors import DocumentError
from voice.events import new_identifier
from voice.phone import PhoneConfig, SipAccount
from voice.rundir import RunDirectory
from voice.settings import FrontSettings, RtpSettings, RunSettings, read_settings
from voice.zygote import BEAT_S, WorkerSlot

log = logging.getLogger(__name__)


def run(slot: WorkerSlot) -> int:
    """The zygote's entry point: one contact, then the exit status."""
    logging.basicConfig(level=logging.WARNING, format=f"{slot.worker_id} %(name)s: %(message)s")
    asyncio.run(_serve(slot, SystemClock()))
    return 0


def prepare(settings_file: Path) -> None:
    """What the zygote does once before it forks: flow and prompts are read, and workers read again what has changed."""
    settings = read_settings(settings_file, os.environ)
    ivr, where = settings.section("ivr", IvrSettings), RunDirectory.of(settings.section("run", RunSettings))
    with contextlib.suppress(DocumentError):  # the worker that needs it says so
        _shelf(ivr.flow, ivr.prompts, where.kept_flow, ivr.rate).take()


@functools.cache
def _shelf(flow_file: Path, prompts: Path, kept: Path, rate: int) -> FlowShelf:
    return FlowShelf(flow_file, prompts, kept, rate)


async def _serve(slot: WorkerSlot, clock: Clock) -> None:
    from voice.sip import SipPhone  # the zygote has it loaded (--preload); an endpoint must not exist before the fork

    settings = read_settings(slot.settings, os.environ)
    ivr = settings.section("ivr", IvrSettings)
    rtp = settings.section("rtp", RtpSettings)
    front = settings.section("front", FrontSettings)
    where = RunDirectory.of(settings.section("run", RunSettings))
    contact_id = new_identifier()[:16]
    shelf = _shelf(ivr.flow, ivr.prompts, where.kept_flow, ivr.rate)
    script, prompts = shelf.take()
    core = ContactCore(contact_id, slot.worker_id, script, front.domain, _notice(script, ivr.notice, prompts))
    bus = LocalBus(where.hub, f"worker-{slot.worker_id}", clock, EVENTS, COMMANDS, where.spool)
    words = settings.section("transcription", TranscriptionSettings)
    ears = Ears(contact_id, words.url, where, bus, clock, words.trust())
    models = {queue.name: queue.model for queue in read_queues(settings).values()}
    worker = ContactWorker(
        core, bus, prompts, ears, clock, models, lambda: (*shelf.take(), where.banner, shelf.problem)
    )
    phone = SipPhone(
        PhoneConfig(
            rtp_host=rtp.host, rtp_first_port=slot.rtp_first_port, rtp_ports=slot.rtp_ports, clock_rate=ivr.rate
        ),
        worker.phone_event,
        clock,
    )
    _, port = await phone.start()
    await phone.add_account(SipAccount(f"sip:callfloor@{front.domain}", proxy=f"sip:{slot.front_inner};lr"))
    asyncio.get_running_loop().add_reader(slot.assigned_fd, _told, slot, worker)
    slot.ready(port)
    async with beating(slot, clock):
        await worker.run(phone)
        try:
            if worker.called and core.bridge is None:
                await _report(worker, ears, bus, contact_id)
        finally:
            await bus.close()  # whatever went wrong with the last words, those before them are heard
        os._exit(0)


async def _report(worker: ContactWorker, ears: Ears, bus: LocalBus, contact_id: str) -> None:
    """The last words of a contact: how its parties talked, and where the recording is."""
    recorded = await ears.close()
    for talk in worker.talk():
        bus.publish(talk, contact_id=contact_id)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s, peak_mib = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    closed = ContactClosed(recorded.path, recorded.seconds, recorded.silenced_s, cpu_s, peak_mib)
    bus.publish(closed, contact_id=contact_id)


@contextlib.asynccontextmanager
async def beating(slot: WorkerSlot, clock: Clock) -> AsyncIterator[None]:
    """As long as this loop turns, the zygote hears of it; a worker that hangs is killed, and its legs get their BYE.

    To the very end: the last words and the recording may take longer than the zygote waits for a silent heart.
    """

    async def beat() -> None:
        while True:
            slot.beat()
            await clock.sleep(BEAT_S)

    heart = asyncio.create_task(beat(), name="heartbeat")
    try:
        yield
    finally:
        heart.cancel()


def _notice(script: Flow, text: str, prompts: PromptStore) -> flow.Prompt | None:
    """What customers whom we call are told about recording; None where there is no such prompt."""
    prompt = script.prompt(text)
    if prompt.audio in prompts:
        return prompt
    log.warning("there is no recording of the notice %r: calls that we begin are not recorded", text)
    return None


def _told(slot: WorkerSlot, worker: ContactWorker) -> None:
    """The zygote's only word is that we have a contact, with its order where we are to begin it; end of file is its
    death, which is ours too.
    """
    asyncio.get_running_loop().remove_reader(slot.assigned_fd)
    if told := os.read(slot.assigned_fd, 64):
        worker.assigned(told[1:].decode())
