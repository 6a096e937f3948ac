"""Security headers: data, one place."""

from collections.abc import MutableMapping

from media.layout import LAYOUTS, SeatKind

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

EVERYWHERE = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex, nofollow",
}

NOTHING_ALLOWED = "camera=(), microphone=(), display-capture=(), geolocation=()"


def permissions(kind: SeatKind | None) -> str:
    """What a page of this kind may ask the browser for: exactly what its seat has plugs for (D-06)."""
    names = frozenset() if kind is None else frozenset(plug.name for plug in LAYOUTS[kind].plugs)
    features = {"camera": "camera", "microphone": "voice", "display-capture": "screen"}
    granted = [f"{feature}=({'self' if plug in names else ''})" for feature, plug in features.items()]
    return ", ".join((*granted, "geolocation=()", "screen-wake-lock=(self)", "autoplay=(self)"))


def add(headers: MutableMapping[str, str]) -> None:
    """Adds what every response has, unless the handler decided otherwise."""
    for name, value in EVERYWHERE.items():
        headers.setdefault(name, value)
    headers.setdefault("Permissions-Policy", NOTHING_ALLOWED)
