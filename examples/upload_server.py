"""A web server that takes a photo and gives back its cut-out.

pip install starlette uvicorn python-multipart
uvicorn upload_server:app
curl -F photo=@me.jpg http://127.0.0.1:8000/cut-out > me.png
"""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import cyclorama


@asynccontextmanager
async def open_network(app: Starlette) -> AsyncIterator[None]:
    """Keep one network open for all requests."""
    with cyclorama.open_cutter() as app.state.cutter:
        yield


async def cut_out(request: Request) -> Response:
    """Answer with a transparent PNG, or with what is wrong with the photo."""
    async with request.form(max_files=1) as form:
        upload = form.get("photo")
        if not isinstance(upload, UploadFile):
            return PlainTextResponse("send a file as the field photo", 400)
        data = await upload.read()
    try:
        picture = await run_in_threadpool(request.app.state.cutter, data)
    except cyclorama.CycloramaError as error:
        return PlainTextResponse(str(error), 422)
    png = io.BytesIO()
    picture.save(png, "PNG", icc_profile=picture.info.get("icc_profile"))
    return Response(png.getvalue(), media_type="image/png")


app = Starlette(routes=[Route("/cut-out", cut_out, methods=["POST"])], lifespan=open_network)
