"""The customer base over HTTP: an administrator's, audited, and all or nothing."""

from __future__ import annotations

from tests.assist_web.kept_house import KeptHouse, in_kept_house

GOOD = b"name,phone,external_id\nAda Berg,+12025550142,k-1\n"


def test_an_administrator_brings_customers_in_finds_exports_and_erases_one() -> None:
    async def test(house: KeptHouse) -> None:
        bearer = await house.bearer("ada")

        async def send(data: bytes, query: str = "") -> object:
            headers = {**bearer, "Content-Type": "text/csv"}
            return (await house.http.post(f"/api/customers/import{query}", content=data, headers=headers)).json()

        bad = await send(GOOD + b"Bo,12,\n")
        assert bad == {"added": 0, "known": 0, "bad": [{"line": 3, "what": bad["bad"][0]["what"]}]}  # type: ignore[index]
        assert await send(GOOD + b"Bo,12,\n", "?skip_bad=true") != bad
        assert await send(GOOD) == {"added": 0, "known": 1, "bad": []}
        (found,) = (await house.get("ada", "/api/customers?number=0012025550142")).json()
        path = f"/api/customers/{found['customer_id']}"
        given = (await house.get("ada", f"{path}/export")).json()
        assert [contact["contact_id"] for contact in given["contacts"]] == ["c1", "c2"]
        gone = await house.http.delete(path, headers=bearer)
        assert gone.json() == {"erased": "2 contacts, 4 events, 1 recordings"}
        assert list(house.archives.recordings.iterdir()) == []
        assert (await house.http.delete(path, headers=bearer)).status_code == 404
        actions = [action for _, action, _ in await house.audited()]
        assert actions == ["import", "import", "find_customer", "export_customer", "erase_customer"]

    in_kept_house(test)


def test_nobody_else_may() -> None:
    async def test(house: KeptHouse) -> None:
        for user in ("anna", "sara", "carl", "olga"):
            assert (await house.get(user, "/api/customers?number=1")).status_code == 403
            assert (await house.get(user, "/api/customers/1/export")).status_code == 403
            bearer = await house.bearer(user)
            assert (await house.http.delete("/api/customers/1", headers=bearer)).status_code == 403
            assert (await house.http.post("/api/customers/import", content=GOOD, headers=bearer)).status_code == 403

    in_kept_house(test)
