"""Documents for browsers, telephones and password managers, and pictures of passkey providers.

The same for everybody, kept by whoever asks, without a cookie and without the database. Where
nothing is configured there is no document: an empty one would say that nobody is related to us.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, url_for

from portal.edge import Catalogue
from portal.settings import RelyingParty
from portal.web import here, render
from portal.web.gate import public
from portal.web.run import runner
from portal.web.words import gettext

blueprint = Blueprint("well_known", __name__)
TEXT = "text/plain; charset=utf-8"
AN_HOUR, A_MONTH = 3600, 30 * 24 * 3600
# Of these the second is what Android asks for before it takes passkeys of an app for ours.
ANDROID_RELATIONS = [
    "delegate_permission/common.get_login_creds",
    "delegate_permission/common.handle_all_urls",
]
# A picture may bring its own styles and nothing else, also where somebody opens it as a page.
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@blueprint.get("/.well-known/passkey-endpoints")
@public
def passkey_endpoints() -> Response:
    """Where to add passkeys and where to manage them (W3C, Passkey Endpoints, section 3)."""
    page = runner().settings.base_url + url_for("security.index")
    return _document({"enroll": page, "manage": page})


@blueprint.get("/.well-known/webauthn")
@public
def related_origins() -> Response:
    """Whose pages may use our passkeys besides our own (WebAuthn Level 3, section 5.11)."""
    origins = list(_relying_party().related)
    return _document({"origins": origins} if origins else None)


@blueprint.get("/.well-known/apple-app-site-association")
@public
def apple_apps() -> Response:
    """The apps that share our passkeys on Apple's devices."""
    apps = list(_relying_party().apple)
    return _document({"webcredentials": {"apps": apps}} if apps else None)


@blueprint.get("/.well-known/assetlinks.json")
@public
def android_apps() -> Response:
    """The apps that share our passkeys on Android, by their signing certificates."""
    statements = [
        {
            "relation": ANDROID_RELATIONS,
            "target": {
                "namespace": "android_app",
                "package_name": package,
                "sha256_cert_fingerprints": list(fingerprints),
            },
        }
        for package, fingerprints in _relying_party().android.items()
    ]
    return _document(statements or None)


@blueprint.get("/.well-known/change-password")
@public
def change_password() -> Response:
    """Where password managers send people (W3C, Change Password URL)."""
    return render.leave_for(url_for("account.password"))


@blueprint.get("/authenticator-icons/<any(light, dark):page>/<uuid:aaguid>")
@public
def icon(page: str, aaguid: object) -> Response:
    """The picture of a passkey's provider for a light or a dark page. It says nothing of trust."""
    catalogue: Catalogue = here.app().extensions["portal_catalogue"]
    found = catalogue.icon(str(aaguid), dark=page == "dark")
    if found is None:
        return _nothing()
    picture, kind = found
    response = Response(picture, mimetype=kind)
    response.headers["Content-Security-Policy"] = PICTURE_POLICY
    response.headers["Cache-Control"] = f"public, max-age={A_MONTH}"
    return response


def _relying_party() -> RelyingParty:
    return runner().settings.relying_party


def _document(content: Any) -> Response:
    if content is None:
        return _nothing()
    response = Response(json.dumps(content, indent=2) + "\n", mimetype="application/json")
    response.headers["Cache-Control"] = f"public, max-age={AN_HOUR}"
    # Pages of related origins make their browser fetch these from here.
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _nothing() -> Response:
    """No page with a form, which would bring its cookie: machines ask here."""
    words = gettext("There is nothing here")
    return Response(f"{words}\n", 404, content_type=TEXT)
