"""The panel of one process: photos, clips and a session, and the server before them."""

from __future__ import annotations

from contextlib import ExitStack

from starlette.types import ASGIApp

from cyclorama.core.closing import Closing
from cyclorama.panel.backgrounds import no_uploads
from cyclorama.panel.session.rooms import PanelSession
from cyclorama.panel.stills.rooms import Stills
from cyclorama.panel.web.access import Access
from cyclorama.panel.web.app import make_app
from cyclorama.panel.web.server import PanelServer


class Panel(Closing):
    """A running panel: photos, clips and, with ``session``, a live session."""

    def __init__(self, session: PanelSession | None = None, *, port: int = 0, token: str | None = None) -> None:
        """Start to serve. Raises SettingsError, SinkError, OSError."""
        with ExitStack() as opened:
            self.stills = opened.enter_context(Stills(session.gallery.lookup if session is not None else no_uploads))

            def app(access: Access) -> ASGIApp:
                live = session.rooms(access, self.stills) if session is not None else ()
                return make_app(access, (*self.stills.rooms, *live))

            self._server = opened.enter_context(PanelServer(app, port=port, token=token))
            self._opened = opened.pop_all()

    @property
    def access(self) -> Access:
        """The address and the token."""
        return self._server.access

    def close(self) -> None:
        """Stop serving, cancel all work, delete all files; a second call does nothing."""
        self.stills.cancel()  # so that requests need not wait for it
        self._opened.close()
