"""The ids of workers: those of one host are told from those of another, and every front takes them."""

from __future__ import annotations

import pytest

from voice.claims import bridge_of, bridge_user
from voice.front.pool import WorkerReady
from voice.zygote import ids_begin

LAST = "4194304x1000000"  # the greatest process id of Linux, and more forks than a day has
HOSTS = ("127.0.0.3", "127.0.0.6", "2001:db8::3", "2001:db8::4")


def test_the_same_process_id_on_two_hosts_makes_two_ids() -> None:
    ids = [ids_begin(host) + LAST for host in HOSTS]
    assert len(set(ids)) == len(HOSTS)
    for worker_id in ids:
        WorkerReady.model_validate({"type": "ready", "id": worker_id, "pid": 1, "port": 5000})
        assert bridge_of(bridge_user(worker_id)) == worker_id


def test_no_host_without_an_address() -> None:
    with pytest.raises(ValueError, match="front"):
        ids_begin("front.example")
