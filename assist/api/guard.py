"""What every request passes: size, origin, rate; and the headers every answer carries.

Requests carry their token in a header that browsers do not add by themselves, so another site cannot act in a user's
name; that its requests are refused by their Origin (RFC 6454) as well costs one comparison.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from assist.limits import RateLimit, source

MAX_BODY = 16 * 1024
MAX_UPLOAD = 8 * 1024 * 1024
"""A file of some 60,000 customers."""
UPLOADS = frozenset({"/api/customers/import"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src blob:; "
        "connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-cache",
}
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def own_origin(origin: str | None, host: str | None, allowed: Collection[str]) -> bool:
    """Whether a browser sent this from a page of ours or of an ``allowed`` origin; programs send no Origin."""
    if origin is None or origin in allowed:
        return True
    scheme, _, site = origin.partition("://")  # that is all there is in one (RFC 6454 section 6.1)
    return scheme in ("http", "https") and site == host


@dataclass(frozen=True, slots=True)
class Guard:
    """A middleware. ``origins``: of other sites' pages that may ask; ``secure``: we are reached by TLS."""

    limit: RateLimit
    origins: Collection[str] = ()
    secure: bool = False

    async def __call__(self, request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Refuse, or pass on; the headers are on every answer."""
        response = self._refused(request) or await call_next(request)
        response.headers.update(HEADERS)
        if request.url.path.startswith("/api/"):
            response.headers["Cache-Control"] = "no-store"  # words and recordings do not lie about in browsers
        if self.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response

    def _refused(self, request: Request) -> Response | None:
        path, headers = request.url.path, request.headers
        length, most = headers.get("content-length", "0"), MAX_UPLOAD if path in UPLOADS else MAX_BODY
        if "transfer-encoding" in headers or not length.isdecimal() or int(length) > most:
            return JSONResponse({"detail": "the body is too large, or its length unsaid"}, 413)
        if not path.startswith("/api/"):
            return None
        if request.method not in _SAFE and not own_origin(headers.get("origin"), headers.get("host"), self.origins):
            return JSONResponse({"detail": "another site's page may not ask this"}, 403)
        if wait := self.limit.wait_s(source(request.client.host if request.client else "")):
            return JSONResponse({"detail": "too many requests"}, 429, {"Retry-After": str(int(wait) + 1)})
        return None
