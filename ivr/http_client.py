"""Look-ups of a flow's ``http`` node: one request, one JSON object or nothing. Blocking: run it in a thread."""

from __future__ import annotations

import json
import logging
import urllib.error
import urllib.request
from collections.abc import Mapping
from http import HTTPStatus

log = logging.getLogger(__name__)

LONGEST = 64 * 1024


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is another answer: the flow names where it wants to go."""

    def redirect_request(self, *_: object) -> None:
        """Refuse."""


_OPENER = urllib.request.build_opener(_NoRedirect)


def look_up(method: str, url: str, body: Mapping[str, str], timeout_s: float) -> dict[str, object] | None:
    """The answer's object; None for any other answer, or none within ``timeout_s`` per step of the exchange."""
    data = json.dumps(dict(body)).encode() if method == "POST" else None
    headers = {"Accept": "application/json", **({"Content-Type": "application/json"} if data else {})}
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - the flow check wants http(s)
    try:
        with _OPENER.open(request, timeout=timeout_s) as response:
            raw = response.read(LONGEST + 1)
            status = response.status
    except (urllib.error.URLError, OSError, ValueError) as error:
        log.warning("look-up at %s failed: %s", request.host, error)
        return None
    if status != HTTPStatus.OK or len(raw) > LONGEST:
        log.warning("look-up at %s: status %d, %d bytes", request.host, status, len(raw))
        return None
    try:
        answer = json.loads(raw)
    except ValueError:
        log.warning("look-up at %s: the answer is not JSON", request.host)
        return None
    return answer if isinstance(answer, dict) else None
