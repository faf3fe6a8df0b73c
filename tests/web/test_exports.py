"""Exports: one file, given out to one session, opened again as it was, kept for ever."""

from __future__ import annotations

import hashlib
import re

from portal.flows import hosts
from portal.rules.terms import Role
from tests.support.house import BRANCH, PARTNER, House, Visitor
from tests.support.partners import (
    OPEN,
    PERIOD,
    acting_for,
    ask,
    cells,
    confirm,
    controller,
    export,
    files_of,
    granted,
    lose_role,
    organisation_in,
    take,
    wait,
)
from tests.support.web import Work, email_of, lands_on, rows, signed_in, signed_in_again

PAGE_MAX = 4


def events(house: House, name: str) -> list[dict[str, object]]:
    return [row for row in rows(house, "audit_events") if row["event"] == name]


def test_a_controller_exports_a_month(house: House) -> None:
    piet = controller(house)
    step_up = lands_on(ask(piet))
    challenge = piet.get(step_up).text
    for words in ("export settlements", PARTNER, "October 2026", "€111.06"):
        assert words in challenge
    assert files_of(house) == 0, "nothing is made before the proof"
    assert piet.prove(path=f"{step_up}/totp").status_code == 303
    assert files_of(house) == 0, "and the proof alone makes nothing"
    answer = confirm(piet, step_up)
    assert answer.status_code == 303
    receipt_page = piet.follow(answer)
    assert "Your file is ready" in receipt_page.text
    file = piet.get(receipt_page.request.path + ".csv")
    assert file.status_code == 200
    (line,) = cells(file.data)
    assert line == {
        "reference": "R-1",
        "finished_at": "2026-10-15T10:00:00+00:00",
        "period": "2026-10",
        "description": "Airport to harbour",
        "driver": "Iris Bakker",
        "currency": "EUR",
        "gross": "123.40",
        "fee": "12.34",
        "net": "111.06",
    }


def test_receipt_and_hash_are_the_file_s_everywhere(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    page, file = piet.get(path).text, piet.get(f"{path}.csv")
    digest = hashlib.sha256(file.data).hexdigest()
    (kept,) = rows(house, "exports")
    assert re.fullmatch(r"EX-20261102-[A-Z2-7]{8}", kept["receipt"])
    assert digest == bytes(kept["hash"]).hex()
    assert digest in page
    assert kept["receipt"] in page
    for name in ("export.made", "export.fetched"):
        (event,) = events(house, name)
        assert event["detail"]["hash"] == digest  # ty: ignore[not-subscriptable]
        assert event["detail"]["receipt"] == kept["receipt"]  # ty: ignore[not-subscriptable]
    house.work()
    (mail,) = [sent for sent in house.letters.to(email_of("piet")) if kept["receipt"] in sent.text]
    assert "October 2026" in mail.subject
    assert PARTNER in mail.text
    assert f"{house.settings.base_url}/partner/exports" in mail.text
    history = piet.get("/partner/exports").text
    assert kept["receipt"] in history
    assert digest[:12] in history


def test_the_file_goes_out_as_a_download_that_no_cache_keeps(house: House) -> None:
    piet = controller(house)
    answer = piet.get(export(piet) + ".csv")
    receipt = rows(house, "exports")[0]["receipt"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="settlements-2026-10-EUR-{receipt}.csv"'
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_dropped_download_can_be_repeated_and_each_fetch_is_noted(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    first = piet.get(f"{path}.csv").data
    wait(piet, OPEN - 1)
    assert piet.get(f"{path}.csv").data == first
    assert len(rows(house, "export_fetches")) == len(events(house, "export.fetched")) == 2
    assert "2 times" in piet.get("/partner/exports").text


def test_it_closes_after_five_minutes_to_the_second(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    wait(piet, OPEN - 1)
    assert piet.get(f"{path}.csv").status_code == 200
    wait(piet, 1)
    answer = piet.get(f"{path}.csv")
    assert answer.status_code == 403
    assert b"R-1" not in answer.data
    assert "Open the same file again" in answer.text
    assert len(rows(house, "export_fetches")) == 1


def test_it_is_closed_to_every_other_session(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    own_other = signed_in_again(house, "piet", piet)
    colleague = another_controller(house)
    for visitor in (own_other, colleague):
        answer = visitor.get(f"{path}.csv")
        assert answer.status_code == 403
        assert "Iris Bakker" not in answer.text
        assert "Open the same file again" in answer.text
    admin = signed_in(house, "pam").get(f"{path}.csv")
    assert admin.status_code == 403
    assert "A finance controller of your organisation can open it again" in admin.text
    assert f"{path}/release" not in admin.text
    assert rows(house, "export_fetches") == []


def another_controller(house: House) -> Visitor:
    email = "cleo@partner.example"
    house.user(email, PARTNER, Role.FINANCE_CONTROLLER)
    visitor = house.visitor()
    visitor.sign_in(email)
    visitor.enrol_app()
    return visitor


def test_it_opens_again_after_another_proof_with_the_same_bytes(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    first = piet.get(f"{path}.csv").data
    take(house, reference="R-2")  # The month has moved on; the file has not.
    wait(piet, OPEN)
    piet.get(path)
    asked = piet.post(f"{path}/release")
    receipt = rows(house, "exports")[0]["receipt"]
    page = piet.get(lands_on(asked)).text
    for words in (receipt, PARTNER, "October 2026", "€111.06"):
        assert words in page
    assert piet.get(f"{path}.csv").status_code == 403, "asking opens nothing"
    answer = confirm(piet, granted(piet, asked))
    assert lands_on(answer) == f"{path}#download"
    again = piet.get(f"{path}.csv")
    assert again.data == first
    assert files_of(house) == 1
    assert len(events(house, "export.released")) == 1
    wait(piet, OPEN)
    assert piet.get(f"{path}.csv").status_code == 403
    house.work()
    assert any("was opened again" in mail.text for mail in house.letters.to(email_of("piet")))


def test_a_colleague_opens_it_for_themselves_alone(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    cleo = another_controller(house)
    cleo.get(path)
    confirm(cleo, granted(cleo, cleo.post(f"{path}/release")))
    assert cleo.get(f"{path}.csv").status_code == 200
    assert piet.get(f"{path}.csv").status_code == 403, "one session at a time"
    history = piet.get("/partner/exports").text
    assert "Piet" in history
    assert "Cleo" in history


def test_a_download_ends_with_the_session(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    piet.post("/logout")
    assert lands_on(piet.get(f"{path}.csv")) == "/login"
    piet.sign_in(email_of("piet"))
    assert piet.get(f"{path}.csv").status_code == 403


def test_to_every_other_partner_it_does_not_exist(house: House) -> None:
    path = export(controller(house))
    organisation_in(house, "Other Cars", "UTC")
    for number, partner in enumerate((BRANCH, "Other Cars")):
        email = f"kim{number}@branch.example"
        house.user(email, partner, Role.FINANCE_CONTROLLER)
        kim = house.visitor()
        kim.sign_in(email)
        kim.enrol_app()
        kim.get("/partner/settlements")
        for htmx in (False, True):
            assert kim.get(path, htmx=htmx).status_code == 404
            assert kim.get(f"{path}.csv", htmx=htmx).status_code == 404
            assert kim.post(f"{path}/release", htmx=htmx).status_code == 404
            assert "EX-" not in kim.get("/partner/exports", htmx=htmx).text
    assert rows(house, "export_fetches") == []


def test_acting_elsewhere_it_does_not_exist_either(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    house.run(hosts.grant, email_of("piet"), BRANCH, Role.FINANCE_CONTROLLER)
    branch = next(row["id"] for row in rows(house, "organisations") if row["name"] == BRANCH)
    acting_for(piet, branch)
    assert piet.get(path).status_code == 404
    assert piet.get(f"{path}.csv").status_code == 404


def test_a_lost_role_closes_everything_at_once(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    granted(piet, ask(piet))
    lose_role(house)
    piet.get("/")
    for answer in (
        piet.get(f"{path}.csv"),
        piet.get(path),
        piet.post("/partner/exports", period=PERIOD, currency="EUR"),
        piet.post(f"{path}/release"),
    ):
        assert answer.status_code == 403
        assert "Iris Bakker" not in answer.text
    assert files_of(house) == 1


def test_a_controller_who_became_an_admin_fetches_nothing(house: House) -> None:
    piet = controller(house)
    path = export(piet)
    lose_role(house)
    house.run(hosts.grant, email_of("piet"), PARTNER, Role.PARTNER_ADMIN)
    answer = piet.get(f"{path}.csv")
    assert answer.status_code == 403
    assert "Iris Bakker" not in answer.text
    assert rows(house, "export_fetches") == []


def test_an_unknown_or_odd_id_is_not_found(house: House) -> None:
    piet = controller(house)
    for path in ("/partner/exports/x", "/partner/exports/x.csv"):
        assert piet.get(path).status_code == 404


def test_the_history_goes_on_page_by_page_with_four_statements(house: House) -> None:
    piet = controller(house)
    assert "Nothing was exported yet." in piet.get("/partner/exports").text
    for _ in range(22):
        path = export(piet)
        piet.get(f"{path}.csv")
    for htmx in (False, True):
        seen, address = [], "/partner/exports"
        while address:
            with Work(house) as work:
                page = piet.get(address, htmx=htmx).text
            reads = [line for line in work.statements if line.startswith("SELECT")]
            assert len(reads) <= PAGE_MAX, work.statements
            assert not any("content" in line for line in reads), "a list brings no file along"
            seen += re.findall(r">(EX-[^<]+)</a>", page)
            found = re.search(r'href="([^"]+)"[^>]*>Next page', page)
            address = found.group(1).replace("&amp;", "&") if found else ""
        assert seen == [row["receipt"] for row in reversed(rows(house, "exports"))]
