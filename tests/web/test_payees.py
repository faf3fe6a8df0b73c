"""Payees: a bank account changes by two people's grants and a waiting time, and all are told."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from portal.flows import hosts, payee_accounts
from portal.rules.terms import Role
from portal.store.schema import metadata
from tests.support.house import PARTNER, House, Visitor
from tests.support.partners import lose_role
from tests.support.payments import (
    ACCOUNT,
    BRITISH,
    DUTCH,
    GERMAN,
    PAYEE,
    change_path,
    confirm,
    events,
    granted,
    payee_path,
    proved,
    take_payee,
    with_app,
)
from tests.support.web import Work, lands_on, rows, signed_in

LIST = "/partner/payees"
WAIT = timedelta(hours=48)
SECOND = timedelta(seconds=1)
NAMES = re.compile(r"<bdi>(Payee \d\d)</bdi>")


def asked(house: House) -> tuple[Visitor, str]:
    """Piet, who asked for another account of a payee, and the address of that change."""
    assert take_payee(house) is None
    piet = signed_in(house, "piet")
    assert proved(piet, f"{payee_path(house)}/changes", **ACCOUNT).status_code == 303
    return piet, change_path(house)


def approved(house: House) -> tuple[Visitor, Visitor, str]:
    """As above, and Pam, who approved it."""
    piet, path = asked(house)
    pam = signed_in(house, "pam")
    assert proved(pam, f"{path}/approval").status_code == 303
    return piet, pam, path


def state(house: House) -> str:
    return rows(house, "payee_changes")[0]["state"]


def shown(house: House) -> str:
    return rows(house, "payees")[0]["account_shown"]


def test_a_new_payee_waits_for_a_second_person_with_a_grant_of_each(house: House) -> None:
    piet = signed_in(house, "piet")
    answer = piet.post(LIST, **PAYEE)
    step_up = lands_on(answer)
    assert rows(house, "payees") == [], "nothing is added before the proof"
    challenge = piet.get(step_up).text
    for words in ("change where money is paid to", PARTNER, "Garage Noord", "Noord BV", "3000"):
        assert words in challenge
    assert GERMAN not in challenge
    granted(piet, answer)
    assert rows(house, "payees") == [], "and the proof alone adds nothing"
    assert "Waits for a second person" in piet.follow(confirm(piet, step_up, LIST)).text
    assert rows(house, "payees")[0]["account"] is None
    pam = signed_in(house, "pam")
    assert proved(pam, f"{change_path(house)}/approval").status_code == 303
    assert state(house) == "approved"


def test_the_whole_account_is_nowhere_in_clear(house: House) -> None:
    piet, pam, _ = approved(house)
    for visitor in (piet, pam):
        text = visitor.get(LIST).text + visitor.get(payee_path(house)).text
        assert "•••• 3000" in text and "•••• 4300" in text
        assert DUTCH not in text and GERMAN not in text
    for table in ("payees", "payee_changes", "audit_events", "step_ups"):
        text = str(rows(house, table))
        assert DUTCH not in text and GERMAN not in text


def test_an_account_is_used_48_hours_after_its_approval_to_the_second(house: House) -> None:
    _, pam, _ = approved(house)
    house.clock.advance(WAIT - SECOND - timedelta(hours=1))
    pam.sign_in("pam@partner.example")
    house.clock.set(rows(house, "payee_changes")[0]["effective_at"] - SECOND)
    assert "Account in use</dt><dd><bdi>•••• 3000" in pam.get(payee_path(house)).text
    assert house.run(payee_accounts.settle_due) is False
    house.clock.advance(SECOND)
    assert "Account in use</dt><dd><bdi>•••• 4300" in pam.get(payee_path(house)).text
    assert shown(house) == "3000", "decided by time, before anything wrote it down"
    assert house.run(payee_accounts.settle_due) is True
    assert house.run(payee_accounts.settle_due) is False
    assert (shown(house), state(house)) == ("4300", "effective")
    assert len(events(house, "payee.change_effective")) == 1


def test_the_worker_writes_down_what_is_in_use(house: House) -> None:
    approved(house)
    house.clock.advance(WAIT)
    with house.app.app_context():
        result = house.app.test_cli_runner().invoke(args=["worker", "--once"])
    assert result.exit_code == 0, result.output
    assert shown(house) == "4300"


def test_everybody_concerned_is_told_of_each_step(house: House) -> None:
    eve, _ = house.person("eve"), house.person("dan")
    approved(house)
    house.clock.advance(WAIT)
    house.run(payee_accounts.settle_due)
    house.work()
    concerned = {"piet@partner.example", "pam@partner.example", eve.email}
    for address in concerned:
        about = [mail for mail in house.letters.to(address) if "Garage Noord" in mail.subject]
        assert {
            "A new bank account for Garage Noord was approved",
            "Money for Garage Noord now goes to another account",
        } <= {mail.subject for mail in about}
        assert all("•••• 4300" in mail.text and payee_path(house) in mail.text for mail in about)
        assert not any(DUTCH in mail.text + mail.html for mail in about)
    to_eve = [mail.subject for mail in house.letters.to(eve.email)]
    assert "A new bank account for Garage Noord waits for approval" in to_eve
    assert {mail.recipient for mail in house.letters.sent if "Garage" in mail.subject} == concerned


def test_nobody_approves_what_they_asked_for(house: House) -> None:
    piet, path = asked(house)
    house.person("pam")
    page = piet.get(payee_path(house)).text
    assert "somebody else must decide" in page
    assert "Who can approve: Pam." in page
    assert f"{path}/approval" not in page
    answer = piet.post(f"{path}/approval")
    assert answer.status_code == 403
    assert "somebody else must decide" in answer.text
    assert state(house) == "waiting"


def test_only_one_change_waits_at_a_time(house: House) -> None:
    piet, _ = asked(house)
    answer = piet.post(f"{payee_path(house)}/changes", {**ACCOUNT, "iban": BRITISH})
    assert answer.status_code == 409
    assert "already waiting" in answer.text
    assert len(rows(house, "payee_changes")) == 1


def test_another_change_after_one_that_is_in_use_keeps_both(house: House) -> None:
    piet, _, _ = approved(house)
    house.clock.advance(WAIT)
    piet.sign_in("piet@partner.example")
    piet.get(payee_path(house))
    answer = proved(piet, f"{payee_path(house)}/changes", **{**ACCOUNT, "iban": BRITISH})
    assert answer.status_code == 303
    assert [row["state"] for row in rows(house, "payee_changes")] == ["effective", "waiting"]
    assert shown(house) == "4300"


def test_during_the_wait_anybody_of_the_partner_s_can_stop_it_with_a_note(house: House) -> None:
    _, _, path = approved(house)
    eva = with_app(house, "eva@partner.example", Role.FINANCE_CONTROLLER, PARTNER)
    eva.get(payee_path(house))
    assert eva.post(f"{path}/rejection", note="").status_code == 422
    assert eva.post(f"{path}/rejection", note="The garage never wrote").status_code == 303
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is False
    assert (shown(house), state(house)) == ("3000", "rejected")
    house.work()
    letters = house.letters.to("piet@partner.example")
    (stopped,) = (mail for mail in letters if "was stopped" in mail.subject)
    assert "The garage never wrote" in stopped.text


def test_what_is_in_use_cannot_be_stopped(house: House) -> None:
    _, pam, path = approved(house)
    house.clock.advance(WAIT)
    pam.sign_in("pam@partner.example")
    pam.get(payee_path(house))
    answer = pam.post(f"{path}/rejection", note="Too late")
    assert answer.status_code == 409
    assert state(house) == "approved"


def test_who_asked_withdraws_and_nobody_else(house: House) -> None:
    piet, path = asked(house)
    pam = signed_in(house, "pam")
    pam.get(payee_path(house))
    answer = pam.post(f"{path}/withdrawal", note="Not mine")
    assert answer.status_code == 409
    assert "reject it instead" in answer.text
    piet.get(payee_path(house))
    assert piet.post(f"{path}/withdrawal", note="A typing mistake").status_code == 303
    assert "A typing mistake" in pam.get(payee_path(house)).text
    assert pam.post(f"{path}/approval").status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("iban", "DE89370400440532013001"),
        ("iban", "DE8937040044053201300"),
        ("iban", "US89370400440532013000"),
        ("iban", ""),
        ("bic", "ABNA"),
        ("currency", "XYZ"),
        ("name", ""),
        ("holder", "x" * 121),
        ("holder", "Noord\u202eBV"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(
    house: House, field: str, value: str
) -> None:
    piet = signed_in(house, "piet")
    answer = piet.post(LIST, {**PAYEE, field: value})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert rows(house, "payees") == [] and rows(house, "step_ups") == []


def test_a_name_is_taken_once_and_the_same_account_is_no_change(house: House) -> None:
    assert take_payee(house) is None
    piet = signed_in(house, "piet")
    answer = piet.post(LIST, {**PAYEE, "iban": DUTCH})
    assert answer.status_code == 422
    assert "There is a payee of this name" in answer.text
    same = {**ACCOUNT, "holder": "Noord BV", "iban": "de89 3704 0044 0532 0130 00", "bic": ""}
    answer = piet.post(f"{payee_path(house)}/changes", same)
    assert answer.status_code == 422
    assert "in use already" in answer.text


def test_cancel_leads_back_to_the_filled_form(house: House) -> None:
    piet = signed_in(house, "piet")
    piet.headers["Referer"] = f"{house.settings.base_url}{LIST}"
    step_up = lands_on(piet.post(LIST, **PAYEE))
    cancelled = piet.get(f"{LIST}?kept={step_up.rpartition('/')[2]}")
    assert f'value="{GERMAN}"' in cancelled.text
    assert rows(house, "payees") == []


def test_the_list_goes_on_page_by_page_with_four_statements(house: House) -> None:
    for number in range(27):
        assert take_payee(house, name=f"Payee {number:02}") is None
    piet = signed_in(house, "piet")
    with Work(house) as work:
        page = piet.get(LIST, htmx=True)
    assert len(work.statements) <= 4
    following = page.text.partition('href="/partner/payees?after=')[2].partition('"')[0]
    rest = piet.get(f"{LIST}?after={following}")
    first, second = (set(NAMES.findall(one.text)) for one in (page, rest))
    assert (len(first), len(second), len(first | second)) == (25, 2, 27)


def test_an_account_is_sealed_anew_with_the_key_ring(house: House) -> None:
    approved(house)
    for table in ("payees", "payee_changes"):
        assert table in hosts.SEALED_TABLES
        assert house.run(hosts.reseal_page, table, "").broken == ()


def test_a_change_whose_account_does_not_open_is_rejected_and_blocks_nothing(house: House) -> None:
    approved(house)
    table = metadata.tables["payee_changes"]
    engine = house.runner.database.engine  # ty: ignore[missing-attribute]
    with engine.begin() as connection:
        connection.execute(update(table).values(account=b"cut short"))
    house.clock.advance(WAIT)
    assert house.run(payee_accounts.settle_due) is True
    assert house.run(payee_accounts.settle_due) is False
    assert (shown(house), state(house)) == ("3000", "rejected")
    assert len(events(house, "store.seal_broken")) == 1


def test_a_lost_role_closes_everything_at_once(house: House) -> None:
    _, path = asked(house)
    pam = signed_in(house, "pam")
    granted(pam, pam.post(f"{path}/approval"))
    lose_role(house, "pam@partner.example")
    pam.get("/")
    for answer in (
        pam.get(LIST),
        pam.get(payee_path(house)),
        pam.post(LIST, **PAYEE),
        pam.post(f"{path}/approval"),
        pam.post(f"{path}/rejection", note="x"),
    ):
        assert answer.status_code == 403
        assert "Garage Noord" not in answer.text
    assert state(house) == "waiting"
