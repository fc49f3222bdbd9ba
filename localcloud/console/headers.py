"""The headers of every answer of the page: what a browser may do with it, and with whom it may talk."""

from __future__ import annotations

from localcloud.loopback import origin_of


def policy(issuer: str | None) -> str:
    """The Content-Security-Policy (W3C CSP 3). `issuer` is the users' issuer's URL, None in a system without."""
    known = "'self'" if issuer is None else f"'self' {origin_of(issuer)}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src {known}",
            f"form-action {known}",
            "base-uri 'none'",
            "frame-ancestors 'none'",
            # The page makes text nodes only: a browser that knows how refuses it to make markup of a text.
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def of_page(issuer: str | None) -> dict[str, str]:
    """Every answer's headers by lower-case name."""
    return {
        "content-security-policy": policy(issuer),
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
