"""The vocabulary of the house: levels, strengths, authentications, roles and actions.

It holds names and small values only; what they imply is decided in `access` and `assurance`.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from portal.values import frozen

if TYPE_CHECKING:
    from portal.rules.policy_values import Asked


class AAL(enum.IntEnum):
    """Authenticator assurance level (NIST SP 800-63B-4, section 2). NONE: nothing proved."""

    NONE = 0
    AAL1 = 1
    AAL2 = 2
    AAL3 = 3


class Category(enum.StrEnum):
    """What an authenticator rests on (NIST SP 800-63-4, section 2.3.1)."""

    KNOWLEDGE = "knowledge"
    POSSESSION = "possession"


class Resistance(enum.IntEnum):
    """How well the best of somebody's phishing-resistant authenticators is kept; NONE: no such one.

    SYNCED: copied to all devices of an account elsewhere. BOUND: on one device. HARDWARE: attested
    as hardware that its key cannot leave.
    """

    NONE = 0
    SYNCED = 1
    BOUND = 2
    HARDWARE = 3


@frozen
class Strength:
    """What an authenticator is worth. Policy reads this and never a factor's name.

    `look_up_secret` marks codes kept for a bad day (NIST 3.1.2): they complete a sign-in,
    never a grant. `issued` marks one that administrators gave out for a single sign-in: it is
    good for a while, proves nothing for an operation, and no policy forbids it.
    `restricted` marks the public telephone network (NIST 3.2.9).
    `hardware_protected`: attestation, chained to metadata, says that its key cannot leave its
    hardware; a device-bound flag alone says no such thing.
    """

    category: Category
    phishing_resistant: bool = False
    multi_factor: bool = False
    device_bound: bool = False
    restricted: bool = False
    look_up_secret: bool = False
    hardware_protected: bool = False
    issued: bool = False

    @property
    def rank(self) -> tuple[bool, ...]:
        """Order of offering: the greatest is the strongest."""
        return (
            self.phishing_resistant,
            self.multi_factor,
            not self.look_up_secret,
            not self.restricted,
            self.hardware_protected,
            self.device_bound,
        )


@frozen
class Traits:
    """What is known of an authenticator's make, for policies that restrict it.

    `model`: its AAGUID, "" for none. `attested`: a chain to a root of the FIDO metadata vouches for
    the model; without that, `model` is only what the authenticator says of itself.
    `certification`: FIDO level, 0 for not certified. `revoked`: the metadata warns of the model.
    """

    model: str = ""
    attested: bool = False
    certification: int = 0
    device_bound: bool = False
    revoked: bool = False


@frozen
class Make:
    """One authenticator whose make is known, by its id in `Holdings`."""

    kind: str
    strength: Strength
    traits: Traits


@frozen
class Holdings:
    """Kind → the strength of the best of it. `copies`: kinds that open nothing any more.

    `counts`: kind → how many of their own. `makes`: authenticators whose make is known, by their
    ids. `until`: when a kind that is held for a while ends.
    """

    held: Mapping[str, Strength] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    copies: frozenset[str] = frozenset()
    makes: Mapping[str, Make] = field(default_factory=dict)
    until: Mapping[str, datetime] = field(default_factory=dict)

    def at(self, now: datetime) -> Holdings:
        """What of it is still held: a code that was given out ends by itself."""
        over = [kind for kind, end in self.until.items() if end <= now]
        if not over:
            return self
        return replace(
            self, held={kind: worth for kind, worth in self.held.items() if kind not in over}
        )


@frozen
class Authentication:
    """One proof: which kind of factor, how strong, when.

    It means that at `at` this session's holder proved control of `authenticator_id`. It does
    not mean that the session is good enough for anything: `access.decide` says that.
    """

    kind: str
    strength: Strength
    at: datetime
    authenticator_id: str


class Role(enum.StrEnum):
    """What a user does in an organisation."""

    TRAVELER = "traveler"
    DISPATCHER = "dispatcher"
    DISPATCH_LEAD = "dispatch_lead"
    FINANCE_CONTROLLER = "finance_controller"
    PARTNER_ADMIN = "partner_admin"
    HQ_ADMIN = "hq_admin"
    SUPER_ADMIN = "super_admin"
    SERVICE_DESK = "service_desk"


class AccountState(enum.StrEnum):
    """Where an account stands. Only ACTIVE may do anything.

    An INVITED one that must enrol has a session for that, opened by its invitation; see `access`.
    """

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class Action(enum.StrEnum):
    """Everything that a route can ask for. A route without one refuses every request."""

    CHALLENGE = "challenge"
    SIGN_OUT = "sign_out"
    HOME = "home"
    ENROL = "enrol"
    FINISH_ENROLMENT = "finish_enrolment"
    VIEW_SECURITY = "view_security"
    CHANGE_SECURITY = "change_security"
    END_SESSIONS = "end_sessions"
    VIEW_ACCOUNT = "view_account"
    CHANGE_PROFILE = "change_profile"
    CHANGE_PASSWORD = "change_password"
    CHANGE_EMAIL = "change_email"
    SWITCH_ORGANISATION = "switch_organisation"
    STEP_UP = "step_up"
    # Partners.
    VIEW_SETTLEMENTS = "view_settlements"
    EXPORT_SETTLEMENTS = "export_settlements"
    VIEW_PAYEES = "view_payees"
    CHANGE_PAYEE = "change_payee"
    APPROVE_PAYEE = "approve_payee"
    REJECT_PAYEE = "reject_payee"
    VIEW_INTEGRATIONS = "view_integrations"
    CHANGE_WEBHOOKS = "change_webhooks"
    CHANGE_BILLING = "change_billing"
    # HQ.
    VIEW_PAYOUTS = "view_payouts"
    PREPARE_PAYOUT = "prepare_payout"
    APPROVE_PAYOUT = "approve_payout"
    REJECT_PAYOUT = "reject_payout"
    # Travelers.
    VIEW_CARDS = "view_cards"
    VIEW_PASSENGERS = "view_passengers"
    CHANGE_PASSENGERS = "change_passengers"
    # Policy.
    VIEW_POLICY = "view_policy"
    DRAFT_POLICY = "draft_policy"
    PUBLISH_POLICY = "publish_policy"
    VIEW_PLAN = "view_plan"
    CHANGE_PLAN = "change_plan"
    VIEW_API_TOKENS = "view_api_tokens"
    CHANGE_API_TOKENS = "change_api_tokens"
    # Exceptions from it, and ways in without it: asked for by one person, approved by another.
    VIEW_EXCEPTIONS = "view_exceptions"
    REQUEST_EXEMPTION = "request_exemption"
    APPROVE_EXEMPTION = "approve_exemption"
    END_EXEMPTION = "end_exemption"
    REQUEST_BYPASS = "request_bypass"
    APPROVE_BYPASS = "approve_bypass"
    ISSUE_BYPASS = "issue_bypass"
    REJECT_EXCEPTION = "reject_exception"
    WITHDRAW_EXCEPTION = "withdraw_exception"
    # Administration.
    VIEW_USERS = "view_users"
    EXPORT_USERS = "export_users"
    ADMINISTER_USER = "administer_user"
    REQUEST_RESET = "request_reset"
    REQUEST_DESK_RESET = "request_desk_reset"
    VIEW_RESETS = "view_resets"
    WITHDRAW_RESET = "withdraw_reset"
    APPROVE_RESET = "approve_reset"
    REJECT_RESET = "reject_reset"
    SHOW_CALLER_CODE = "show_caller_code"
    CHECK_CALLER = "check_caller"
    INVITE_USER = "invite_user"
    CHANGE_MEMBERSHIP = "change_membership"
    APPROVE_MEMBERSHIP = "approve_membership"
    REJECT_MEMBERSHIP = "reject_membership"
    WITHDRAW_MEMBERSHIP = "withdraw_membership"


@frozen
class Membership:
    """A role that a user holds in an organisation. `path`: its ids from the root, "/hq/…/id/".

    `shared_desks`: people share that organisation's computers. `asked`: what its people must have;
    None for the built-in policy. `plan` and `add_ons` say what the organisation has bought.
    `announced_until`: until then there is something that all its people are told.
    """

    organisation_id: str
    organisation_name: str
    role: Role
    path: str = ""
    time_zone: str = "UTC"
    shared_desks: bool = False
    asked: Asked | None = None
    plan: str = "enterprise"
    add_ons: frozenset[str] = frozenset()
    announced_until: datetime | None = None


# Whoever administers others: their own resets, and roles like theirs, need more people (D5, D8).
ADMINISTRATORS = frozenset({Role.PARTNER_ADMIN, Role.HQ_ADMIN, Role.SUPER_ADMIN, Role.SERVICE_DESK})


class Standing(enum.StrEnum):
    """Whose object may be acted on, seen from the organisation that the session acts in."""

    ANY = "any"  # HQ's own right, whatever organisation the object belongs to.
    OWN = "own"  # Exactly the acting organisation's.
    BELOW = "below"  # The acting organisation's and those under it.
    SERVED = "served"  # Its own, and those of children marked as managed by it.
    SERVED_OR_ANY = "served_or_any"  # Those, and HQ any organisation's.
    SERVED_OR_UNATTENDED = "served_or_unattended"  # Those, and HQ where nobody administers yet.


@frozen
class Target:
    """What an action is about. `parties` have had a part in it and may not be its second person.

    `path` is the path of the organisation that it belongs to; `managed_by_parent` that
    organisation's mark; `subject_id` the person whose account it is, `subject_roles` their roles.
    `unattended`: the organisation looks after itself, and has no active administrator to do it.
    """

    path: str
    managed_by_parent: bool = False
    parties: frozenset[str] = frozenset()
    subject_id: str | None = None
    subject_roles: frozenset[Role] = frozenset()
    unattended: bool = False
