"""Flask as this portal runs it: short roads to what every request asks, and no session of its own.

What is left out is taken apart anew by Flask at each request though it is known; wherever a request
is not the ordinary one, Flask's own way is taken.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import parse_qsl

from flask import Flask, Request, g, request
from flask.sessions import SessionInterface, SessionMixin
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import MapAdapter
from werkzeug.sansio.http import parse_cookie
from werkzeug.utils import cached_property

from portal.edge import Deadlock
from portal.web import gate

# Before a request that a deadlock ended begins again: the other takes the row that was let go.
PAUSES_S = (0.05, 0.2)
FORM = "application/x-www-form-urlencoded"


class Asked(Request):
    """Flask's request, with short roads to what every request asks of it."""

    @cached_property
    def cookies(self) -> ImmutableMultiDict[str, str]:
        # Werkzeug's way is by a list of all headers. Not the whole environment, which it would read
        # as UTF-8: bytes may be anything.
        found = parse_cookie(self.environ.get("HTTP_COOKIE"), ImmutableMultiDict)
        return cast("ImmutableMultiDict[str, str]", found)

    def _load_form_data(self) -> None:
        """An ordinary form at once; Flask's way makes a parser that could read files as well."""
        if self.environ.get("CONTENT_TYPE") != FORM or "form" in self.__dict__:
            super()._load_form_data()
            return
        # It ends where the greatest body that is taken ends, or is one that was read and kept.
        stream = self._get_stream_for_parsing()
        try:
            text = stream.read().decode()
            # What is no UTF-8 stays in its quoted form, as Werkzeug keeps it.
            pairs = parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote")
        except ValueError:
            pairs = []
        form = ImmutableMultiDict(pairs)
        self.__dict__.update(stream=stream, form=form, files=ImmutableMultiDict())


class Portal(Flask):
    """Flask, which asks of every function of every request whether it is a coroutine."""

    request_class = Asked

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Flask's way takes the host apart three times; the one that is ours is known by sight."""
        if request is None:
            return super().create_url_adapter(None)
        environ = request.environ
        path, query = environ.get("PATH_INFO", "/"), environ.get("QUERY_STRING", "")
        ours = environ.get("HTTP_HOST") in (self.config["TRUSTED_HOSTS"] or ())
        if not ours or not path.isascii() or not query.isascii():
            return super().create_url_adapter(request)
        request.host = environ["HTTP_HOST"]
        road = (request.host, request.root_path, "", request.scheme, path, request.method, query)
        return MapAdapter(self.url_map, *road)

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """None is: nothing here is asynchronous."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; again from the gate on where a deadlock ended it.

        The gate holds the row of who acts, long before a view knows whom else it is about. So two
        administrators who act on one another at the same instant hold their own row, wait for the
        other's, and no order of the rows can be kept. PostgreSQL ends one of them after a second:
        of that one nothing was done, and it is asked anew whether it may at all.
        """
        for pause in PAUSES_S:
            try:
                return super().dispatch_request()
            except Deadlock:
                if g.edge.committed or request.files:  # A file was read, to its end.
                    raise
            gate.leave()  # With no transaction open: nobody waits for it during the pause.
            time.sleep(pause)
            for name in list(g):
                g.pop(name)
            if (answer := self.preprocess_request()) is not None:
                return answer
        return super().dispatch_request()


class NoSession(SessionInterface):
    """Flask's own session does not exist here: sessions are rows, and only the door writes them."""

    class Empty(dict, SessionMixin):
        """Read as empty, never saved."""

    def open_session(self, app: Flask, request: Any) -> SessionMixin:
        return self.Empty()

    def save_session(self, app: Flask, session: SessionMixin, response: Any) -> None:
        return None
