"""The models of one server: the one it was started with, and installed ones a vosk-server client may name instead."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection

from transcription.recogniser import Engine, RecogniserError


class ModelShelf:
    """``default``: the engine of whoever names none. Others are loaded when first asked for, once, and kept."""

    def __init__(
        self, default: Engine, others: Collection[str] = (), load: Callable[[str], Engine] | None = None
    ) -> None:
        self.default = default
        self._load = load
        self._others = frozenset(others) if load else frozenset()
        self._loaded = {default.info.model.name: default}
        self._lock = threading.Lock()

    def get(self, name: str) -> Engine:
        """The engine on the model of that name ("" for the default). Loading takes its time: not on the loop.

        Raises RecogniserError for a name that is not installed (never a path), DocumentError if it cannot be loaded.
        """
        if not name:
            return self.default
        with self._lock:
            if name not in self._loaded:
                if self._load is None or name not in self._others:
                    known = ", ".join(sorted({*self._loaded, *self._others}))
                    raise RecogniserError(f"no such model here; there are: {known}")
                self._loaded[name] = self._load(name)
            return self._loaded[name]
