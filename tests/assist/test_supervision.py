from __future__ import annotations

import pytest

from assist.cards import CardKind
from assist.coaching import CoachingSent, coaching_card
from assist.supervision import NotificationPolicy, SupervisionSettings, address, may_supervise
from voice.calls import Role
from voice.hearing import Mode
from voice.settings import AgentSettings


def user(name: str, **more: object) -> AgentSettings:
    return AgentSettings.model_validate({"user": name, "name": name.title(), "secret": "kestrel-demo"} | more)


ANNA, BEN = user("anna", team="north"), user("ben", team="south", country="de")
SARA = user("sara", role="supervisor")
TOM = user("tom", role="supervisor", teams=("south",), phone="+12025550188")


def test_a_supervisor_of_all_teams_or_of_that_one_may_and_nobody_else() -> None:
    assert may_supervise(SARA, ANNA) == may_supervise(SARA, BEN) == may_supervise(TOM, BEN) == ""
    assert "team" in may_supervise(TOM, ANNA)
    for nobody in (None, BEN):
        assert may_supervise(nobody, ANNA)
    assert may_supervise(SARA, SARA)
    assert may_supervise(TOM, None) == "", "a contact without an agent belongs to no team"


def test_by_default_every_mode_is_told_the_agent() -> None:
    policy = SupervisionSettings().policy(ANNA)
    assert all(policy.banner(mode) for mode in Mode)
    assert policy.tones() == ((Mode.BARGE, (Role.AGENT,)),)


def test_the_agents_country_decides_and_the_default_where_it_has_no_rules() -> None:
    settings = SupervisionSettings.model_validate(
        {
            "policies": {
                "de": {"listen": ["tone", "banner"], "caller_hears_tone": True},
                "default": {"listen": [], "whisper": [], "barge": []},
            }
        }
    )
    assert settings.policy(BEN).tones() == (
        (Mode.LISTEN, (Role.AGENT, Role.CALLER)),
        (Mode.BARGE, (Role.AGENT, Role.CALLER)),
    )
    assert not settings.policy(ANNA).banner(Mode.LISTEN)
    assert settings.policy(None) == settings.policy(ANNA)
    assert settings.policy(ANNA).tones() == ()


def test_an_unknown_kind_of_notice_is_refused() -> None:
    with pytest.raises(ValueError, match="whisper"):
        NotificationPolicy.model_validate({"whisper": ["shout"]})


@pytest.mark.parametrize(
    ("who", "uri"),
    [
        (SARA, "sip:sara@callfloor"),
        (TOM, "sip:+12025550188@callfloor"),
        (user("kim", role="supervisor", phone="sip:kim-desk@callfloor"), "sip:kim-desk@callfloor"),
    ],
)
def test_where_a_supervisor_listens(who: AgentSettings, uri: str) -> None:
    assert address(who, "callfloor") == uri


@pytest.mark.parametrize("phone", ["kim", "sip:a b", "sip:x@y>", "12 34"])
def test_a_phone_is_a_number_or_a_sip_address(phone: str) -> None:
    with pytest.raises(ValueError, match="phone"):
        user("kim", phone=phone)


def test_what_a_supervisor_writes_is_a_card_with_its_author_and_the_whole_text() -> None:
    card = coaching_card(CoachingSent("sara", "anna", "coach-1", "Offer the engineer on Tuesday", "tuesday"))
    assert (card.id, card.kind, card.title, card.lines) == (
        "coach-1",
        CardKind.COACHING,
        "Offer the engineer on Tuesday",
        (),
    )
    assert card.evidence[0].quote == "Offer the engineer on Tuesday"
    long = coaching_card(CoachingSent("sara", "anna", "coach-2", "one two three four five six seven eight nine ten"))
    assert long.title == "one two three four five six seven eight nine …"
    assert long.lines == ("one two three four five six seven eight nine ten",)
