"""Plans of organisations: what one includes, what is not in it and why; changed by HQ."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, g, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, Field, HiddenField, SelectField

from portal.flows import organisation_plans
from portal.flows.organisation_plans import COUNTED_MAX, Bought, Method, Sheet, Wanted, written
from portal.flows.outcomes import Blocked, Done, Gone, Nothing
from portal.flows.permission import Unsettled
from portal.rules import plans
from portal.rules.terms import Action
from portal.web import addresses, gate, messages, organisation_finder, plan_words, render
from portal.web.forms import Form, refuse
from portal.web.gate import requires
from portal.web.notice_keys import NoticeKey
from portal.web.organisation_finder import PARAMETER, Finder
from portal.web.run import read, run
from portal.web.words import gettext, lazy_gettext, ngettext

blueprint = Blueprint("plans", __name__)


class PlanForm(Form):
    """A plan, a tick for each add-on, and what the page showed when it was loaded."""

    action = Action.CHANGE_PLAN
    plan = SelectField(lazy_gettext("Plan"), validate_choice=False)
    was = HiddenField()

    def chosen(self) -> frozenset[str]:
        return frozenset(one for one, field in plan_words.FIELDS.items() if self[field].data)

    def ticks(self) -> list[Field]:
        return [self[field] for field in plan_words.FIELDS.values()]


for _one, _field in plan_words.FIELDS.items():
    setattr(PlanForm, _field, BooleanField(plan_words.ADD_ONS[_one]))


@blueprint.get("/admin/plan")
@requires(Action.VIEW_PLAN)
def index() -> ResponseReturnValue:
    return _page(None)


@blueprint.get("/admin/plan/<uuid:organisation_id>")
@requires(Action.VIEW_PLAN)
def show(organisation_id: object) -> ResponseReturnValue:
    return _page(str(organisation_id))


@blueprint.post("/admin/plan/<uuid:organisation_id>")
@requires(Action.CHANGE_PLAN)
def change(organisation_id: object) -> ResponseReturnValue:
    form = PlanForm()
    identity = str(organisation_id)
    if not form.validate():
        return _refused(form, identity, 422)
    wanted = Wanted(form.plan.data or "", form.chosen(), form.was.data or "")
    match run(organisation_plans.change, g.visit, identity, wanted):
        case Done():
            target = url_for(".show", organisation_id=identity)
            return render.say(render.leave_for(target), NoticeKey.PLAN_CHANGED)
        case Nothing():
            target = url_for(".show", organisation_id=identity)
            return render.say(render.leave_for(target), NoticeKey.NOTHING_TO_DO)
        case Blocked(reason):
            refuse(form.plan, plan_words.PROBLEMS[reason])
            return _refused(form, identity, 409 if reason == "plan_changed" else 422)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
        case Gone():
            abort(404)
    raise AssertionError


def _refused(form: PlanForm, organisation_id: str, status: int) -> ResponseReturnValue:
    return _page(organisation_id, form, status)


def _page(
    organisation_id: str | None, form: PlanForm | None = None, status: int = 200
) -> ResponseReturnValue:
    given = request.args.get("after")
    after = addresses.identifier(given) if given else None
    match read(
        organisation_plans.look, g.visit, organisation_id, after, organisation_finder.typed()
    ):
        case Sheet() as sheet:
            return _show(sheet, form, status, after)
        case Unsettled() as unsettled:
            return gate.refuse(unsettled)
    abort(404)


def _show(sheet: Sheet, form: PlanForm | None, status: int, after: str | None) -> Response:
    g.here = "plan"
    bought = sheet.bought
    return render.page(
        "plans/show.html",
        fragment="plans/_plan.html",
        status=status,
        organisation=bought.name,
        plan=plan_words.plan(bought.plan),
        methods=[_method(method) for method in sheet.methods],
        add_ons=[
            {
                "name": str(words),
                "bought": one in bought.add_ons,
                "included": all(
                    plans.includes(bought.plan, (), kind) for kind in plans.ADD_ONS[one]
                ),
            }
            for one, words in plan_words.ADD_ONS.items()
        ],
        limits=_limits(sheet),
        form=_form(bought, form) if sheet.may_change else None,
        error=None,
        change_url=url_for(".change", organisation_id=bought.id),
        **_below(sheet, after),
    )


def _below(sheet: Sheet, after: str | None) -> dict[str, Any]:
    """Organisations below; where they are more than a page, a field that finds one by its name."""
    own = url_for(".show", organisation_id=sheet.bought.id)
    asked: dict[str, Any] = {"organisation_id": sheet.bought.id}
    if sheet.beginning:
        asked[PARAMETER] = sheet.beginning
    empty = bool(sheet.beginning) and not sheet.below
    is_part = bool(sheet.beginning or sheet.after or after)
    return {
        "below": [_line(one) for one in sheet.below],
        "finder": Finder(f"{own}#below", sheet.beginning, empty) if is_part else None,
        "first_url": url_for(".show", **asked) if after else None,
        "next_url": url_for(".show", **asked, after=sheet.after) if sheet.after else None,
    }


def _form(bought: Bought, form: PlanForm | None) -> PlanForm:
    """The form as it was sent, or filled with what there is; a refused one goes by what is now."""
    now = {
        "plan": bought.plan,
        **{field: one in bought.add_ons for one, field in plan_words.FIELDS.items()},
    }
    found = form or PlanForm(data=now)
    found.was.data = written(bought.plan, bought.add_ons)
    found.plan.choices = [(name, plan_words.plan(name)) for name in plans.PLANS]
    return found


def _method(method: Method) -> dict[str, Any]:
    words = messages.factor(method.kind)
    if method.included:
        how = gettext("Included in the plan.")
        if method.add_on:
            added = str(plan_words.ADD_ONS[method.add_on])
            how = gettext("Included by the add-on “%(add_on)s”.", add_on=added)
    else:
        how = plan_words.needed(method.kind)
    return {
        "kind": method.kind,
        "label": words.label,
        "included": method.included,
        "how": how,
        "asked": method.asked,
        "users": _users(method.users),
    }


def _users(count: int) -> str:
    """Who goes on with what is not in the plan; empty where nobody does."""
    if count >= COUNTED_MAX:
        return gettext("A thousand people or more use it. They go on, until it is replaced.")
    if not count:
        return ""
    return ngettext(
        "%(num)d person uses it, and goes on until it is replaced.",
        "%(num)d people use it, and go on until it is replaced.",
        count,
    )


def _limits(sheet: Sheet) -> list[str]:
    """What this organisation's own policy cannot ask for, for lack of what would do it."""
    found = []
    if sheet.lacks_resistant:
        found.append(
            gettext(
                "Its policy cannot ask for what no false page can take: no such way is in the plan."
            )
        )
    if sheet.lacks_hardware:
        found.append(
            gettext("Its policy cannot ask for the highest level, AAL3: that takes a security key.")
        )
    return found


def _line(bought: Bought) -> dict[str, Any]:
    return {
        "name": bought.name,
        "plan": plan_words.plan(bought.plan),
        "add_ons": ", ".join(plan_words.add_ons(bought.add_ons)),
        "url": url_for(".show", organisation_id=bought.id),
    }
