"""Importing this leaves a thread behind, as a careless library does."""

import threading

threading.Thread(target=threading.Event().wait, daemon=True).start()


def work(slot: object) -> None:
    """Never reached."""
