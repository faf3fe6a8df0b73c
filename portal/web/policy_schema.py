"""What the API takes and gives as a policy: its shape. What it may say the flows decide."""

from __future__ import annotations

from portal.flows.drafts import GRACE_DAYS_MAX, MESSAGE_MAX
from portal.rules.rollout import Stage
from portal.rules.terms import AAL, Action, Role
from portal.web.fields import (
    Choice,
    Code,
    Flag,
    Identity,
    Many,
    Moment,
    Named,
    Nullable,
    Object,
    Text,
    Whole,
)

AGE_MAX_S = 24 * 60 * 60
ROLES = tuple(map(str, Role))
ACTIONS = tuple(map(str, Action))
_ROLES = Many(Choice(ROLES), len(ROLES))
_LEVEL = Whole(int(AAL.AAL2), int(AAL.AAL3))
_MODELS = Many(Identity(), 500)
_RAISED = Object(
    {
        "level": Nullable(_LEVEL),
        "phishing_resistant": Flag(),
        "age_max_s": Nullable(Whole(60, AGE_MAX_S)),
    },
    optional=("level", "phishing_resistant", "age_max_s"),
)
_DEMAND = Object(
    {"level": _LEVEL, "phishing_resistant": Flag()}, optional=("level", "phishing_resistant")
)
_RESTRICTIONS = Object(
    {
        "attested": Flag(),
        "device_bound": Flag(),
        "certification": Whole(0, 3),
        "allowed": Nullable(_MODELS),
        "denied": _MODELS,
    },
    optional=("attested", "device_bound", "certification", "allowed", "denied"),
)
_FIELDS = {
    "version": Text(2000),
    "required_roles": _ROLES,
    "optional_roles": _ROLES,
    "off_roles": _ROLES,
    "demands": Named(ROLES, _DEMAND),
    "methods": Nullable(Many(Code("[a-z_]{1,32}"), 20)),
    "restrictions": _RESTRICTIONS,
    "raised": Named(ACTIONS, _RAISED),
    "reset_approvals": Whole(1, 2),
}
POLICY = Object(
    _FIELDS,
    optional=tuple(_FIELDS),
    description="What is asked of an organisation's people; what is left out asks for nothing. "
    "`methods`: the kinds of second factors that may be used, null for any. `allowed` and "
    "`denied`: models by AAGUID. `version` names where a policy comes from and says nothing else.",
)
_DATES = {
    "monitored_at": Nullable(Moment()),
    "enforced_at": Nullable(Moment()),
    "grace_days": Whole(0, GRACE_DAYS_MAX, usual=0),
    "message": Text(MESSAGE_MAX),
}
WRITTEN = Object(
    {"document": POLICY, **_DATES},
    optional=tuple(_DATES),
    description="Times are kept to the minute. Without `enforced_at` there is no roll-out yet.",
)
DRAFT = Object(
    {
        "document": POLICY,
        **_DATES,
        "revision": Whole(0, 2**31 - 1),
        "changed_at": Nullable(Moment()),
    },
    description="`revision` 0: there is none, and this is what one would begin with.",
)
_VERSION = {
    "number": Whole(1, 2**31 - 1),
    "document": POLICY,
    "author": Text(200),
    "published_at": Moment(),
    "monitored_at": Nullable(Moment()),
    "enforced_at": Nullable(Moment()),
    "grace_days": Whole(0, 366),
    "message": Text(MESSAGE_MAX),
}
VERSION = Object(_VERSION, description="Without `enforced_at` it held as soon as it was published.")
VERSIONS = Object(
    {"versions": Many(VERSION), "next_cursor": Nullable(Whole(1, 2**31 - 1))},
)
STEP = Object(
    {
        "policy": POLICY,
        "stage": Choice(tuple(map(str, Stage))),
        "announced_at": Moment(),
        "monitored_at": Moment(),
        "enforced_at": Moment(),
        "complete_at": Moment(),
    },
    description="`complete_at`: when the grace of accounts is over that were active before.",
)
SHEET = Object(
    {
        "organisation_id": Identity(),
        "own": Nullable(VERSION),
        "effective": POLICY,
        "steps": Many(STEP),
    },
    description="`effective`: what holds now, with what those above ask; `steps`: what is on its "
    "way, by whomever; `own`: the newest version of the organisation's own policy.",
)
