"""What outlives a contact: the customer base, past contacts, promises, summaries and the append-only event log."""

from assist.store.errors import StoreError, StoreFailure
from assist.store.seed import DEMO_NUMBER, seed_demo
from assist.store.store import Store

__all__ = ["DEMO_NUMBER", "Store", "StoreError", "StoreFailure", "seed_demo"]
