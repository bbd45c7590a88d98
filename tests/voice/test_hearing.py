from __future__ import annotations

import itertools

import pytest

from voice.calls import Call, Role
from voice.hearing import MUSIC, PROMPTS, SILENT, UNCHANGED, Arrangement, Mode, Talk, hears, paths, tap, waits
from voice.phone import AudioPath, IncomingLeg, LegConnected, LegProgressed

INVITE = IncomingLeg("C", "call-id", "sip:2025550142@127.0.0.2", "", "sip:100@callfloor", {})
ROLES = {"C": Role.CALLER, "A": Role.AGENT, "K": Role.CONSULT, "S": Role.SUPERVISOR}

# C caller, A agent, K colleague consulted, S supervisor; "A<CS": the agent hears the caller and the supervisor.
TABLE: dict[tuple[Talk, Mode | None], str] = {
    (Talk.DIRECT, None): "C<A A<C",
    (Talk.DIRECT, Mode.LISTEN): "C<A A<C S<CA",
    (Talk.DIRECT, Mode.WHISPER): "C<A A<CS S<CA",
    (Talk.DIRECT, Mode.BARGE): "C<AS A<CS S<CA",
    (Talk.DIRECT, Mode.TAKEOVER): "C<S S<C",
    (Talk.HELD, None): "",
    (Talk.HELD, Mode.LISTEN): "S<A",
    (Talk.HELD, Mode.WHISPER): "A<S S<A",
    (Talk.HELD, Mode.BARGE): "A<S S<A",
    (Talk.HELD, Mode.TAKEOVER): "",
    (Talk.CONSULT, None): "A<K K<A",
    (Talk.CONSULT, Mode.LISTEN): "A<K K<A S<AK",
    (Talk.CONSULT, Mode.WHISPER): "A<KS K<A S<AK",
    (Talk.CONSULT, Mode.BARGE): "A<KS K<AS S<AK",
    (Talk.CONSULT, Mode.TAKEOVER): "K<S S<K",
    (Talk.CONFERENCE, None): "C<AK A<CK K<CA",
    (Talk.CONFERENCE, Mode.LISTEN): "C<AK A<CK K<CA S<CAK",
    (Talk.CONFERENCE, Mode.WHISPER): "C<AK A<CKS K<CA S<CAK",
    (Talk.CONFERENCE, Mode.BARGE): "C<AKS A<CKS K<CAS S<CAK",
    (Talk.CONFERENCE, Mode.TAKEOVER): "C<SK K<CS S<CK",
}
WAITING = {Talk.DIRECT: "K", Talk.HELD: "CK", Talk.CONSULT: "C", Talk.CONFERENCE: ""}
MODES = (None, *Mode)
EVERYTHING = tuple(itertools.product(Talk, MODES))


def with_legs(legs: str) -> Call:
    """A call of connected legs, each named as in TABLE."""
    call = Call()
    for leg in legs:
        call = call.offered(INVITE, Role.CALLER) if leg == "C" else call.dialled(leg, ROLES[leg], f"sip:{leg}@here")
        call, _ = call.apply(LegConnected(leg, "PCMU"))
    return call


def heard(found: frozenset[AudioPath]) -> str:
    """Paths between legs, in TABLE's notation."""
    hops = {(path.sink[-1], path.source[-1]) for path in found if path.source[:4] == path.sink[:4] == "leg:"}
    rows = {to: "".join(of for of in ROLES if (to, of) in hops) for to in ROLES}
    return " ".join(f"{to}<{of}" for to, of in rows.items() if of)


def in_order(row: str) -> str:
    cells = dict(cell.split("<") for cell in row.split())
    return " ".join(f"{to}<{''.join(sorted(cells[to], key='CAKS'.index))}" for to in ROLES if to in cells)


def sources(found: frozenset[AudioPath], sink: str) -> dict[str, float]:
    return {path.source: path.gain for path in found if path.sink == sink}


def test_every_combination_is_in_the_table() -> None:
    assert set(TABLE) == set(EVERYTHING)


@pytest.mark.parametrize(("talk", "mode"), EVERYTHING)
def test_who_hears_whom(talk: Talk, mode: Mode | None) -> None:
    found = paths(with_legs("CAKS"), Arrangement(talk, mode), prompting=False, tapping=True)
    assert heard(found) == in_order(TABLE[talk, mode])
    assert {path.gain for path in found if path.sink.startswith("leg:")} <= {UNCHANGED}


@pytest.mark.parametrize(("talk", "mode"), EVERYTHING)
def test_who_waits_with_music(talk: Talk, mode: Mode | None) -> None:
    found = paths(with_legs("CAKS"), Arrangement(talk, mode), prompting=False, tapping=True, music=True)
    assert {path.sink[-1] for path in found if path.source == MUSIC} == set(WAITING[talk])
    assert waits(Arrangement(talk, mode)).isdisjoint(hears(Arrangement(talk, mode))), "nobody hears speech and music"


@pytest.mark.parametrize(("talk", "mode"), EVERYTHING)
def test_the_customers_channel_is_the_customer_and_ours_is_what_he_hears_of_us(talk: Talk, mode: Mode | None) -> None:
    found = paths(with_legs("CAKS"), Arrangement(talk, mode), prompting=True, tapping=True, music=True)
    in_it = talk in (Talk.DIRECT, Talk.CONFERENCE)
    assert sources(found, tap(Role.CALLER)) == {"leg:C": UNCHANGED if in_it else SILENT}
    of_us = {path.source: path.gain for path in found if path.sink == "leg:C" and path.source.startswith("leg:")}
    assert sources(found, tap(Role.AGENT)) == {"leg:C": SILENT} | of_us


@pytest.mark.parametrize("talk", Talk)
def test_a_whisper_reaches_the_agents_ear_and_nothing_else(talk: Talk) -> None:
    found = paths(with_legs("CAKS"), Arrangement(talk, Mode.WHISPER), prompting=True, tapping=True, music=True)
    assert {path.sink for path in found if path.source == "leg:S"} == {"leg:A"}


@pytest.mark.parametrize("talk", Talk)
def test_who_listens_or_leaves_touches_no_path_of_the_others(talk: Talk) -> None:
    """Paths that stay are not made anew (``voice.sip.bridge.diff``): nothing clicks."""
    for mode in (Mode.LISTEN, Mode.WHISPER, Mode.BARGE):
        supervised = paths(with_legs("CAKS"), Arrangement(talk, mode), prompting=True, tapping=True, music=True)
        alone = paths(with_legs("CAK"), Arrangement(talk), prompting=True, tapping=True, music=True)
        assert {path for path in supervised if "leg:S" not in (path.source, path.sink)} == alone


@pytest.mark.parametrize(("talk", "mode"), EVERYTHING)
def test_nobody_hears_himself(talk: Talk, mode: Mode | None) -> None:
    assert all(path.source != path.sink for path in paths(with_legs("CAKS"), prompting=True, tapping=True))
    assert all(listener not in row for listener, row in hears(Arrangement(talk, mode)).items())


def test_without_supervisor_both_hear_each_other_and_only_the_caller_hears_prompts() -> None:
    assert paths(with_legs("CA"), prompting=True, tapping=False) == {
        AudioPath("leg:C", "leg:A"),
        AudioPath("leg:A", "leg:C"),
        AudioPath(PROMPTS, "leg:C"),
    }


def test_a_prompt_takes_the_place_of_the_callers_music() -> None:
    found = paths(with_legs("CAK"), Arrangement(Talk.HELD), prompting=True, tapping=False, music=True)
    assert found == {AudioPath(PROMPTS, "leg:C"), AudioPath(MUSIC, "leg:K")}


@pytest.mark.parametrize("mode", [Mode.LISTEN, Mode.WHISPER, Mode.BARGE])
def test_without_an_agent_a_supervisor_only_listens_and_hears_what_the_caller_hears(mode: Mode) -> None:
    found = paths(with_legs("CS"), Arrangement(mode=mode), prompting=True, tapping=False)
    assert found == {AudioPath(PROMPTS, "leg:C"), AudioPath(PROMPTS, "leg:S"), AudioPath("leg:C", "leg:S")}


def test_a_supervisor_who_took_over_goes_on_without_the_agent() -> None:
    found = paths(with_legs("CS"), Arrangement(mode=Mode.TAKEOVER), prompting=False, tapping=True)
    assert heard(found) == "C<S S<C"
    assert sources(found, tap(Role.AGENT)) == {"leg:C": SILENT, "leg:S": UNCHANGED}


def test_a_supervisor_nobody_let_in_hears_nothing() -> None:
    found = paths(with_legs("CAS"), Arrangement(), prompting=True, tapping=True)
    assert not any("leg:S" in (path.source, path.sink) for path in found)


def test_nobody_is_tapped_without_consent_and_a_ringing_agent_hears_nothing() -> None:
    call = with_legs("C").dialled("A", Role.AGENT, "sip:anna@callfloor")
    call, _ = call.apply(LegProgressed("A", 180))
    assert paths(call, prompting=True, tapping=False) == {AudioPath(PROMPTS, "leg:C")}
    assert paths(call, prompting=False, tapping=False) == frozenset()
