"""Mail is never lost: not by a killed worker, not by a mail server that is down or says no.

What arrives twice carries the same Message-ID.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.flows import delivery
from portal.providers.smtp import SMTPMailer
from portal.web import mail
from tests.support.databases import KINDS, Databases
from tests.support.deployment import Deployment, prepare
from tests.support.house import House
from tests.support.server import Process
from tests.support.services import free_port
from tests.support.smtp import REFUSED, TRY_LATER, MailServer

TARA = "tara@guests.example"
WORKER = "tests.support.mortal"
OUTBOX = "SELECT state, attempts, error FROM outbox ORDER BY id"


@pytest.fixture(params=KINDS)
def sending(
    request: pytest.FixtureRequest, tmp_path: Path, databases: Databases, mail_server: MailServer
) -> Iterator[Deployment]:
    """A deployment whose worker can be started; two mails to Tara wait in the outbox."""
    smtp = {"PORTAL_SMTP_URL": mail_server.url, "PORTAL_MAIL_FROM": "portal@portal.example"}
    made = prepare(tmp_path, databases.fresh(request.param), lambda *_, **__: [], **smtp)
    made.house.person("tara")
    tara = made.house.visitor()
    tara.sign_in(TARA)
    tara.enrol_app()
    tara.make_codes()
    tara.get("/security")
    assert [row[0] for row in made.rows(OUTBOX)] == ["waiting"] * 2
    yield made
    made.house.close()


@pytest.mark.parametrize(
    ("when", "commit", "copies"),
    [
        pytest.param("before", 1, 1, id="before it is claimed"),
        pytest.param("after", 1, 1, id="claimed, not sent"),
        pytest.param("before", 2, 2, id="sent, not recorded"),
        pytest.param("after", 2, 1, id="recorded"),
    ],
)
def test_a_killed_worker_loses_no_mail(
    sending: Deployment,
    mail_server: MailServer,
    start_worker: Callable[..., Process],
    when: str,
    commit: int,
    copies: int,
) -> None:
    sending.death.order(when, commit)
    killed = start_worker(sending.environment, target=WORKER, arguments=("worker", "--once"))
    assert killed.popen.wait(30) == -signal.SIGKILL, killed.output
    sending.clock.advance(minutes=3)  # The lease of what it had claimed is over.
    _deliver(sending.house, SMTPMailer(mail_server.url, "portal@portal.example"))
    assert [row[0] for row in sending.rows(OUTBOX)] == ["sent"] * 2
    identities = [str(mail.message["Message-ID"]) for mail in mail_server.mails]
    assert len(set(identities)) == 2
    assert len(identities) == 1 + copies


def _queue(house: House) -> None:
    house.person("tara")
    tara = house.visitor()
    tara.sign_in(TARA)
    tara.enrol_app()
    tara.make_codes()


def _deliver(house: House, mailer: SMTPMailer) -> None:
    """What a worker does, with the real SMTP client, until nothing is due."""
    with house.app.app_context():
        while house.run(delivery.deliver_next, mail.compose, mailer):
            pass


def _states(house: House) -> list[str]:
    transaction = house.runner.database.open(writing=False)
    rows = transaction.connection.exec_driver_sql(OUTBOX).all()
    transaction.rollback()
    return [row[0] for row in rows]


def test_a_mail_that_was_refused_for_now_goes_later(house: House, mail_server: MailServer) -> None:
    _queue(house)
    mailer = SMTPMailer(mail_server.url, "portal@portal.example")
    mail_server.answer_next(TRY_LATER, times=3)
    _deliver(house, mailer)
    assert _states(house) == ["waiting", "waiting"]
    for _ in range(3):
        house.clock.advance(minutes=2)
        _deliver(house, mailer)
    assert _states(house) == ["sent", "sent"]
    assert len(mail_server.refused) == 3
    assert len({str(sent.message["Message-ID"]) for sent in mail_server.mails}) == 2


def test_a_mail_that_was_refused_for_good_holds_nothing_up(
    house: House, mail_server: MailServer
) -> None:
    _queue(house)
    mail_server.answer_next(REFUSED)
    _deliver(house, SMTPMailer(mail_server.url, "portal@portal.example"))
    house.clock.advance(days=1)
    _deliver(house, SMTPMailer(mail_server.url, "portal@portal.example"))
    assert _states(house) == ["failed", "sent"]
    assert mail_server.refused == [TARA]
    assert len(mail_server.mails) == 1


def test_mail_waits_for_a_mail_server_that_is_down(house: House, mail_server: MailServer) -> None:
    _queue(house)
    nobody = SMTPMailer(f"smtp://127.0.0.1:{free_port()}", "portal@portal.example")
    _deliver(house, nobody)
    house.clock.advance(hours=2)
    _deliver(house, nobody)
    assert _states(house) == ["waiting", "waiting"]
    house.clock.advance(hours=2)
    _deliver(house, SMTPMailer(mail_server.url, "portal@portal.example"))
    assert _states(house) == ["sent", "sent"]
    assert len(mail_server.wait_for(TARA, count=2)) == 2
