"""``GET /docs``: a page to try the server, with assets from a package instead of a network."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from provender.server.context import Context
from provender.wire.names import OPENAPI

DOCS = "/docs"
ICON = "/favicon.ico"
_ICON = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">
<rect width="16" height="16" rx="3" fill="#2b5d4a"/>
<path d="M5 13V3h4a3.2 3.2 0 0 1 0 6.4H5" fill="none" stroke="#fff" stroke-width="2"/>
</svg>
"""
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Provender feature server</title>
<link rel="icon" type="image/svg+xml" href="{ICON}">
<link rel="stylesheet" href="{DOCS}/assets/swagger-ui.css">
</head>
<body>
<div id="page"></div>
<script src="{DOCS}/assets/swagger-ui-bundle.js"></script>
<script>SwaggerUIBundle({{url: "{OPENAPI}", dom_id: "#page", deepLinking: true}})</script>
</body>
</html>
"""


def assets() -> StaticFiles:
    """Return what serves the files of Swagger UI."""
    from swagger_ui_bundle import swagger_ui_path

    return StaticFiles(directory=swagger_ui_path)


async def docs_page(request: Request, context: Context) -> Response:
    """Answer with the page."""
    return HTMLResponse(_PAGE)


async def icon(request: Request, context: Context) -> Response:
    """Answer with the icon of the page, which browsers ask for of every server."""
    return Response(_ICON, media_type="image/svg+xml")
