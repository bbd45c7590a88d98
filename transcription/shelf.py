"""The models of one server: the one it was started with, and installed ones a client may name instead (a queue its
own vocabulary, a vosk-server client its language).

Loading takes seconds. It happens on a thread of its own, never on one that decodes, and who asks for a model that is
there already does not wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection

from transcription.recogniser import Engine, RecogniserError
from voice.errors import DocumentError

log = logging.getLogger(__name__)


class ModelShelf:
    """``default``: the engine of whoever names none. Others are loaded when first asked for, once, and kept."""

    def __init__(
        self, default: Engine, others: Collection[str] = (), load: Callable[[str], Engine] | None = None
    ) -> None:
        self.default = default
        self._load = load
        self._others = frozenset(others) if load else frozenset()
        self._loaded = {default.info.model.name: default}
        self._loading: dict[str, asyncio.Task[Engine]] = {}

    def add(self, name: str) -> None:
        """Load a model ahead, an installed one or a directory, for clients to ask for as ``name``. Raises
        DocumentError.
        """
        if self._load is not None and name not in self._loaded:
            self._loaded[name] = self._load(name)

    async def or_default(self, name: str) -> Engine:
        """The same for a call that runs: what is said in it is better heard with the default model than not at all."""
        try:
            return await self.get(name)
        except (RecogniserError, DocumentError) as error:
            log.error("model %r: %s; the default one listens instead", name, error)
            return self.default

    async def get(self, name: str) -> Engine:
        """The engine on the model of that name ("" for the default). Cancelled: the model is loaded all the same.

        Raises RecogniserError for a name that is not installed (never a path), DocumentError if it cannot be loaded.
        """
        if not name:
            return self.default
        if name in self._loaded:
            return self._loaded[name]
        if name not in self._loading:
            if self._load is None or name not in self._others:
                known = ", ".join(sorted({*self._loaded, *self._others}))
                raise RecogniserError(f"no such model here; there are: {known}")
            self._loading[name] = asyncio.create_task(self._fetch(name, self._load), name=f"load {name}")
        return await asyncio.shield(self._loading[name])

    async def _fetch(self, name: str, load: Callable[[str], Engine]) -> Engine:
        try:
            self._loaded[name] = await asyncio.to_thread(load, name)
            return self._loaded[name]
        finally:
            del self._loading[name]  # after a failure whoever asks next tries again
