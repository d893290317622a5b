"""What every response tells the browser not to do."""

from aiohttp import web

from appliance.web import client

PAGE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; media-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# The mail editor paints colours by style attributes; nothing else does.
COMPOSER = PAGE.replace("style-src 'self';", "style-src 'self'; style-src-attr 'unsafe-inline';")
# A received mail under its own URL, in a sandboxed frame of ours.
BODY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Add what a handler did not decide otherwise; runs just before the headers leave."""
    ours = response.headers
    policy = ours.setdefault("Content-Security-Policy", PAGE)
    ours.setdefault("X-Frame-Options", "DENY" if "frame-ancestors 'none'" in policy else "SAMEORIGIN")
    ours.setdefault("X-Content-Type-Options", "nosniff")
    ours.setdefault("Referrer-Policy", "same-origin")
    ours.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    ours.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    ours.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
    ours["Server"] = "Posthouse"  # the version is nobody's business
    ours.setdefault("Cache-Control", "no-store")
    if client.is_https(request):
        ours.setdefault("Strict-Transport-Security", "max-age=31536000")
