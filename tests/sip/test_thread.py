from __future__ import annotations

import asyncio
import gc
import logging
import threading
import weakref

import pytest

from voice.sip.thread import CommandThread, deliver


class Precious:
    """Stands for a native call, which must die when its last user lets go."""


def run_on_thread(thread: CommandThread) -> None:
    thread.stop()
    thread.join(5.0)


def test_work_is_done_in_order_on_one_other_thread() -> None:
    async def main() -> list[int]:
        thread = CommandThread("test")
        thread.start()
        done: list[int] = []
        for number in range(3):
            thread.post(lambda number=number: done.append(number))  # type: ignore[misc]
        where = await thread.run(threading.get_ident)
        assert where != threading.get_ident()
        run_on_thread(thread)
        return done

    assert asyncio.run(main()) == [0, 1, 2]


def test_an_exception_reaches_the_caller_and_keeps_nothing_alive() -> None:
    async def main() -> None:
        thread = CommandThread("test")
        thread.start()
        kept: list[weakref.ref[Precious]] = []

        def fail() -> None:
            native = Precious()
            kept.append(weakref.ref(native))
            try:
                raise KeyError(native)
            except KeyError:
                raise ValueError("refused")  # noqa: B904 - an implicit context is the point

        gc.disable()
        try:
            with pytest.raises(ValueError, match="refused") as caught:
                await thread.run(fail)
            await thread.run(lambda: None)
            assert kept[0]() is None, "a failed command must not keep a native call"
            del caught
        finally:
            gc.enable()
            run_on_thread(thread)

    asyncio.run(main())


def test_a_bug_in_posted_work_is_logged_and_the_next_is_done(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> int:
        thread = CommandThread("test")
        thread.start()
        thread.post(lambda: 1 // 0)  # type: ignore[arg-type]
        value = await thread.run(lambda: 7)
        run_on_thread(thread)
        return value

    with caplog.at_level(logging.ERROR):
        assert asyncio.run(main()) == 7
    assert "ZeroDivisionError" in caplog.text


def test_a_cancelled_caller_does_not_stop_the_work() -> None:
    async def main() -> None:
        thread = CommandThread("test")
        thread.start()
        gate, done = threading.Event(), threading.Event()

        def work() -> None:
            gate.wait(5.0)
            done.set()

        task = asyncio.create_task(thread.run(work))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        gate.set()
        await thread.run(lambda: None)
        assert done.is_set()
        run_on_thread(thread)

    asyncio.run(main())


def test_a_loop_that_is_gone_is_no_error() -> None:
    loop = asyncio.new_event_loop()
    loop.close()
    assert not deliver(loop, lambda: None)
