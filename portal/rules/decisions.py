"""The answers that `access.decide` gives: what a session may do, or what it needs first.

They say and do not decide; the web turns each into a page or a redirect.
"""

from __future__ import annotations

from portal.rules import policy
from portal.rules.terms import AAL, Strength
from portal.values import frozen


@frozen
class SignIn:
    """Nobody is signed in here. `why` is for the log, never for the stranger."""

    why: str


@frozen
class Allow:
    """The action may go on in a session of this level.

    `provisional`: the object is not known yet. The flow settles it with `permission`, and nothing
    is committed or shown before that.
    """

    level: AAL
    provisional: bool = False


@frozen
class StepUp:
    """One more proof is needed; `choices` are the kinds that would be accepted, best first.

    `pending` is a sign-in that was never finished: to everything but its own challenge such a
    session is a stranger. `lapsed` is a finished one that has idled out. `grant`: the proof must
    be given for this action and content, however fresh the session is. `hardware` (AAL3) and
    `phishing_resistant`: of the choices only authenticators that are; a weaker one of the same kind
    proves itself and opens nothing.
    """

    choices: tuple[str, ...]
    why: str
    pending: bool = False
    lapsed: bool = False
    grant: bool = False
    hardware: bool = False
    phishing_resistant: bool = False

    def accepts(self, strength: Strength) -> bool:
        """Whether a proof of this strength, of a kind among the choices, is what is asked for."""
        return strength.look_up_secret or policy.accepts(
            strength, hardware=self.hardware, phishing_resistant=self.phishing_resistant
        )


@frozen
class Enrol:
    """The person must first enrol one of `choices`, best first; nothing else is open.

    Without choices a ticket is needed: the link that was mailed when the factors were reset; or
    what a policy asks for cannot be enrolled here.
    """

    choices: tuple[str, ...]
    why: str


@frozen
class Renew:
    """The password must be renewed before anything else."""

    why: str


@frozen
class NotFound:
    """Another tenant's: answered exactly like what does not exist."""

    why: str


@frozen
class Deny:
    """Not in this role, or not by this person; no proof would change it."""

    why: str


Decision = SignIn | Allow | StepUp | Enrol | Renew | NotFound | Deny
