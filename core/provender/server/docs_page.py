"""``GET /docs``: a page to try the server, with assets from a package instead of a network."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from provender.server.context import Context
from provender.wire.names import OPENAPI

DOCS = "/docs"
_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Provender feature server</title>
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
