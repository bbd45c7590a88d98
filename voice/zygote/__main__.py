"""``python -m voice.zygote``: see ``--help``. Started by ``callfloor serve``."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import socket
import sys
from pathlib import Path
from typing import cast

from voice.clock import SystemClock
from voice.errors import CallfloorError, DocumentError
from voice.process import WRONG_SETTINGS, add_parent_option, die_with_parent
from voice.settings import FrontSettings, RtpSettings, SettingsFile, read_settings
from voice.zygote.nursery import Nursery
from voice.zygote.process import EXIT_CRASHED, Plan, Worker, Zygote, check_single_thread
from voice.zygote.slot import ids_begin

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> int:
    """Exit status 0 after SIGTERM, 2 for wrong settings, 70 where forking is not safe."""
    options = _parser().parse_args()
    die_with_parent(options.parent)
    logging.basicConfig(level=logging.WARNING, format="zygote: %(message)s", stream=sys.stderr)
    for variable in _ONE_THREAD:  # numpy's BLAS starts threads when it is imported
        os.environ[variable] = "1"
    try:
        settings = read_settings(options.settings, os.environ)
        rtp = settings.section("rtp", RtpSettings)
        if rtp.first_port + options.max * rtp.ports_per_worker > 65536:
            raise DocumentError(options.settings, None, "rtp: too many ports", "lower first_port or front.max_contacts")
        for module in options.preload:
            importlib.import_module(module)
        worker = _load(options.worker, options.settings)
        plan = Plan(worker, rtp, options.settings, options.run_dir, options.front_inner, _ids(settings))
        check_single_thread()
        zygote = Zygote(
            plan, Nursery(min(options.warm, options.max), options.max), _listen(options.listen), SystemClock()
        )
        sys.stdout.write("zygote ready\n")
        sys.stdout.flush()  # a child must not inherit unwritten output
        zygote.run()
    except DocumentError as error:
        sys.stderr.write(f"{error}\n")
        return WRONG_SETTINGS
    except CallfloorError as error:
        sys.stderr.write(f"zygote: {error}\n")
        return EXIT_CRASHED
    finally:
        options.listen.unlink(missing_ok=True)
    return 0


def _ids(settings: SettingsFile) -> str:
    host = settings.section("front", FrontSettings).host
    try:
        return ids_begin(host)
    except ValueError:
        what = f"front.host: {host!r} is no IP address"
        raise settings.error(("front", "host"), what, "give the address of one interface") from None


def _load(name: str, settings: Path) -> Worker:
    """Import MODULE:FUNCTION, with all it needs, before the first fork; if the module has a ``prepare``, call it with
    the settings file, for what all workers can share.
    """
    name, _, function = name.partition(":")
    module = importlib.import_module(name)
    prepare = getattr(module, "prepare", None)
    if prepare is not None:
        prepare(settings)
    return cast(Worker, getattr(module, function))


def _listen(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    mask = os.umask(0o177)  # nobody else may take our workers
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    listener.listen(4)
    return listener


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m voice.zygote", description="Forks and reaps contact workers.")
    parser.add_argument("--listen", type=Path, required=True, metavar="PATH", help="Unix socket for the front")
    parser.add_argument("--worker", required=True, metavar="MODULE:FUNCTION", help="called with a WorkerSlot")
    parser.add_argument("--preload", action="append", default=[], metavar="MODULE", help="imported before any fork")
    parser.add_argument("--warm", type=int, default=2, help="workers kept ready")
    parser.add_argument("--max", type=int, default=30, help="workers in all")
    parser.add_argument("--settings", type=Path, required=True, metavar="FILE")
    parser.add_argument("--run-dir", type=Path, required=True, metavar="DIR")
    parser.add_argument("--front-inner", required=True, metavar="HOST:PORT", help="where workers send their SIP")
    add_parent_option(parser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
