from __future__ import annotations

import pytest
from pydantic import ValidationError

from voice.station_settings import StationSettings
from voice.station_state import StationPolicy

ANNA = {"agent": "anna", "secret": "sesame-1234"}


def test_behind_our_front_the_worker_does_the_work() -> None:
    settings = StationSettings.model_validate(ANNA)
    assert settings.policy == StationPolicy()
    assert str(settings.sip_server) == "udp://127.0.0.1:5060"
    assert settings.account.uri == "sip:anna@callfloor"
    assert not settings.phone.replaceable


def test_an_extension_of_a_pbx_dials_and_holds_by_itself() -> None:
    settings = StationSettings.model_validate(
        ANNA | {"pbx": "sip:204@pbx.test;transport=tls", "pbx_secret": "hush", "srtp": "mandatory"}
    )
    assert settings.policy == StationPolicy(lines=2, sip_calls=True, domain="pbx.test")
    assert str(settings.sip_server) == "tls://pbx.test:5061"
    account = settings.account
    assert (account.uri, account.user, account.secret, account.register) == ("sip:204@pbx.test", "204", "hush", True)
    assert (settings.phone.replaceable, settings.phone.srtp) == (True, "mandatory")
    assert "hush" not in repr(settings)


@pytest.mark.parametrize("pbx", ["", "204@pbx.test", "sip:pbx.test", "sip:204@pbx.test:99999", "sip:2@h;transport=ws"])
def test_what_is_no_extension_is_refused(pbx: str) -> None:
    with pytest.raises(ValidationError):
        StationSettings.model_validate(ANNA | {"pbx": pbx})
