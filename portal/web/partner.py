"""A partner's settlements, and the files that are made of them."""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import StringField
from wtforms.validators import AnyOf, InputRequired, Regexp

from portal.flows import exports, settlements
from portal.flows.exports import TooMany
from portal.flows.outcomes import Gone
from portal.flows.permission import Unsettled
from portal.rules.money import CURRENCIES
from portal.rules.terms import Action
from portal.web import addresses, gate, kept, moments, partner_views, render
from portal.web.forms import REQUIRED, Form
from portal.web.gate import requires
from portal.web.run import read, run
from portal.web.words import gettext, lazy_gettext

blueprint = Blueprint("partner", __name__)
CSV = "text/csv; charset=utf-8"


class ExportForm(Form):
    """A month and a currency; without one, every currency."""

    action = Action.EXPORT_SETTLEMENTS
    period = StringField(
        lazy_gettext("Month"),
        validators=[
            InputRequired(REQUIRED),
            Regexp(
                f"{settlements.PERIOD.pattern}\\Z",
                message=lazy_gettext("Choose a month from the list."),
            ),
        ],
    )
    currency = StringField(
        lazy_gettext("Currency"),
        validators=[
            AnyOf(["", *CURRENCIES], message=lazy_gettext("Choose a currency from the list."))
        ],
    )


@blueprint.get("/partner/settlements", endpoint="settlements")
@requires(Action.VIEW_SETTLEMENTS)
def settlements_page() -> ResponseReturnValue:
    typed = kept.fields(Action.EXPORT_SETTLEMENTS) or {}
    period = request.args.get("period") or typed.get("period", "")
    currency = request.args.get("currency") or typed.get("currency", "")
    if period and not settlements.PERIOD.fullmatch(period):
        return _month(status=422, problem=gettext("Choose a month from the list."))
    if currency and currency not in CURRENCIES:
        words = gettext("Choose a currency from the list.")
        return _month(period, status=422, problem=words)
    before = request.args.get("before")
    return _month(period, currency, before=addresses.identifier(before) if before else None)


def _month(
    period: str = "",
    currency: str = "",
    *,
    before: str | None = None,
    status: int = 200,
    problem: str | None = None,
) -> Response:
    g.here = "settlements"
    month = read(settlements.look, g.visit, period, currency, before=before)
    return render.page(
        "partner/settlements.html",
        status=status,
        fragment="partner/_settlements.html",
        month=partner_views.month(month, before is not None),
        problem=problem,
        own_url=url_for(".settlements"),
        export_url=url_for(".make_export"),
        next_url=url_for(
            ".settlements", period=month.period, currency=currency or None, before=month.following
        )
        if month.following
        else None,
        first_url=url_for(".settlements", period=month.period, currency=currency or None)
        if before
        else None,
    )


@blueprint.get("/partner/exports", endpoint="exports")
@requires(Action.VIEW_SETTLEMENTS)
def exports_page() -> ResponseReturnValue:
    """The history: what was made, by whom, and who fetched it."""
    g.here = "exports"
    asked = request.args.get("before")
    before = addresses.identifier(asked) if asked else None
    lines, following = read(exports.page, g.visit, before=before)
    return render.page(
        "partner/exports.html",
        fragment="partner/_exports.html",
        lines=[partner_views.line(export, fetched) for export, fetched in lines],
        settlements_url=url_for(".settlements"),
        next_url=url_for(".exports", before=following) if following else None,
        first_url=url_for(".exports") if before else None,
    )


@blueprint.post("/partner/exports")
@requires(Action.EXPORT_SETTLEMENTS)
def make_export() -> ResponseReturnValue:
    form = ExportForm()
    if not form.validate():
        words = " ".join(str(error) for field in form for error in field.errors)
        return _month(status=422, problem=words)
    period, currency = str(form.period.data), str(form.currency.data or "")
    found = read(exports.content, g.visit, period, currency)
    if isinstance(found, TooMany):
        return _month(period, currency, status=422, problem=partner_views.too_many(found.rows))
    if found is None:
        words = gettext(
            "There is nothing to export for %(month)s. Choose another month or currency.",
            month=moments.month(period),
        )
        return _month(period, currency, status=422, problem=words)
    match run(exports.make, g.visit, found):
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case str(export_id):
            return _to_download(export_id)
    raise AssertionError(period)


def _to_download(export_id: str) -> Response:
    """To the receipt; the anchor lets the page start the download by itself, once."""
    return render.leave_for(url_for(".show_export", export_id=export_id, _anchor="download"))


@blueprint.get("/partner/exports/<uuid:export_id>")
@requires(Action.VIEW_SETTLEMENTS)
def show_export(export_id: object) -> ResponseReturnValue:
    return _receipt(str(export_id))


def _receipt(export_id: str, *, status: int = 200) -> Response:
    g.here = "exports"
    export = read(exports.find, g.visit, export_id)
    if isinstance(export, Gone):
        abort(404)
    is_open = exports.is_open(g.edge, g.visit, export)
    return render.page(
        "partner/export.html",
        status=status,
        fragment="partner/_fetches.html",
        own_url=url_for(".show_export", export_id=export.id),
        whole=not render.wants_fragment(),
        export=partner_views.line(export, read(exports.fetches, export)),
        download_url=url_for(".download", export_id=export.id) if is_open else None,
        open_until=export.open_until,
        open_for=g.edge.settings.step_up_lifetime,
        release_url=url_for(".release", export_id=export.id)
        if not is_open and exports.may_release(g.visit)
        else None,
        exports_url=url_for(".exports"),
    )


@blueprint.get("/partner/exports/<uuid:export_id>.csv")
@requires(Action.VIEW_SETTLEMENTS)
def download(export_id: object) -> ResponseReturnValue:
    """The kept file, to the session that it is open to; to others how to get it."""
    export = read(exports.find, g.visit, str(export_id))
    if isinstance(export, Gone):
        abort(404)
    file = run(exports.fetch, g.visit, export.id)
    if file is None:
        return _receipt(export.id, status=403)
    response = Response(file, content_type=CSV)
    name = f"settlements-{export.period}-{export.currency or 'all'}-{export.receipt}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post("/partner/exports/<uuid:export_id>/release")
@requires(Action.EXPORT_SETTLEMENTS)
def release(export_id: object) -> ResponseReturnValue:
    """Open a kept file once more: the same bytes, after another proof."""
    export = read(exports.find, g.visit, str(export_id), hold=True)
    if isinstance(export, Gone):
        abort(404)
    match run(exports.release, g.visit, export):
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    return _to_download(export.id)
