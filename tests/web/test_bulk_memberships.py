"""Many at once: a file is shown line by line, and done exactly as it was shown, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.flows import hosts
from portal.rules import people_file
from portal.rules.people_file import BYTES_MAX, LINES_MAX, Unreadable
from portal.rules.terms import AccountState, Role
from tests.support.house import BRANCH, GUESTS, HQ, PARTNER, PASSWORD, House, Visitor
from tests.support.memberships import (
    INDEX,
    admin,
    another,
    open_invitation,
    organisation,
    requests,
    roles_of,
    subjects,
    take_role,
    upload,
    user,
)
from tests.support.web import lands_on, rows, signed_in_again

HEADER = "email,name,role,language\n"
CONFIRM = f"{INDEX}/csv/confirmation"
FILE = HEADER + (
    "nina@new.example,Nina Weiss,dispatcher,de\n"
    "omar@new.example,Omar Haddad,dispatcher; dispatch lead,ar\n"
)


def shown_id(page: str) -> str:
    start = page.index('name="preview" value="') + len('name="preview" value="')
    return page[start : start + 36]


def previewed(visitor: Visitor, content: str | bytes, place: str = PARTNER) -> str:
    """The id of the preview of a file that can be done."""
    answer = upload(visitor, place, content)
    assert answer.status_code == 200, answer.text
    return shown_id(answer.text)


def people(house: House) -> set[str]:
    return {row["email"] for row in rows(house, "users")}


def test_a_file_invites_everybody_in_it(house: House) -> None:
    pam = admin(house, "pam")
    before = people(house)
    answer = upload(pam, PARTNER, FILE)
    assert "Is invited by mail" in answer.text
    assert "Nothing has been done yet" in answer.text
    assert people(house) == before
    assert lands_on(pam.post(CONFIRM, preview=shown_id(answer.text))) == INDEX
    assert people(house) - before == {"nina@new.example", "omar@new.example"}
    assert roles_of(house, "omar@new.example") == {
        (PARTNER, "dispatcher"),
        (PARTNER, "dispatch_lead"),
    }
    assert user(house, "nina@new.example")["locale"] == "de"
    guest = open_invitation(house, "nina@new.example")
    assert guest.post("/invitation", password=PASSWORD).status_code == 303


def test_each_line_says_what_will_happen_or_why_not(house: House) -> None:
    for name in ("dan", "tara"):
        house.person(name)
    house.user("off@partner.example", PARTNER, Role.DISPATCHER)
    house.run(hosts.set_state, "off@partner.example", AccountState.DISABLED)
    pam = admin(house, "pam")
    lines = [
        ("nina@new.example,Nina,dispatcher,", "Is invited by mail"),
        ("tara@guests.example,Tara,dispatcher,", "Is invited by mail"),
        ("dan@partner.example,Dan,dispatch_lead,", "Gets the role at once"),
        ("boss@new.example,Boss,Partner admin,", "Waits for a second person"),
        ("NINA@new.example,Again,dispatcher,", "twice"),
        ("dan,Dan,dispatcher,", "not an email address"),
        ("x@new.example,,dispatcher,", "A name is missing"),
        ("y@new.example,Y,king,", "no such role"),
        ("z@new.example,Z,,", "no such role"),
        ("v@new.example,V,dispatcher,xx", "does not speak"),
        ("w@new.example,W,traveler,", "that kind of organisation"),
        ("u@new.example,U,super_admin,", "that kind of organisation"),
        ("pam@partner.example,Pam,dispatcher,", "your own address"),
        ("off@partner.example,Off,dispatch_lead,", "is disabled"),
    ]
    page = upload(pam, PARTNER, HEADER + "\n".join(line for line, _ in lines)).text
    found = page[page.index("<tbody>") :].split("</tr>")
    for (line, words), row in zip(lines, found, strict=False):
        assert words in row, line
        assert ("Left out" in row) == (words not in page_outcomes()), line
    assert pam.post(CONFIRM, preview=shown_id(page)).status_code == 303
    assert people(house) & {"x@new.example", "y@new.example", "w@new.example"} == set()
    assert roles_of(house, "dan@partner.example") == {
        (PARTNER, "dispatcher"),
        (PARTNER, "dispatch_lead"),
    }
    assert roles_of(house, "boss@new.example") == set()
    assert "partner_admin" in [row["role"] for row in requests(house)]
    assert roles_of(house, "tara@guests.example") == {(GUESTS, "traveler")}


def page_outcomes() -> set[str]:
    return {"Is invited by mail", "Gets the role at once", "Waits for a second person"}


def test_a_role_that_is_held_is_left_out(house: House) -> None:
    house.person("dan")
    answer = upload(admin(house, "pam"), PARTNER, HEADER + "dan@partner.example,Dan,dispatcher,\n")
    assert "already" in answer.text
    assert 'name="preview"' not in answer.text
    assert "No line can be done" in answer.text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "Choose a file first"),
        ("\n\n", "nobody in this file"),
        (HEADER, "nobody in this file"),
        ("email;name\nnina@new.example;Nina\n", "must name the columns"),
        ("email,name,role,salary\nn@new.example,N,dispatcher,9\n", "must name the columns"),
        ("email,email,name,role\na@b.example,a@b.example,N,dispatcher\n", "must name the columns"),
        (HEADER + "nina@new.example,Nina\n", "Line 2: This line has too few"),
        (HEADER + 'nina@new.example,"Nina,dispatcher,\n', "quotation marks"),
        (HEADER + f"nina@new.example,{'N' * 321},dispatcher,\n", "Line 2: This line has too few"),
        (HEADER.encode() + b"nina@new.example,N\xefna,dispatcher,\n", "CSV UTF-8"),
        (HEADER.encode() + b"nina@new.example,N\x00na,dispatcher,\n", "CSV UTF-8"),
        (HEADER + "a@b.example,A,dispatcher,\n" * (LINES_MAX + 1), "too many lines"),
        ("x" * (BYTES_MAX + 1), "too big"),
    ],
    ids=range(13),
)
def test_a_file_that_cannot_be_read_changes_nothing(
    house: House, content: str | bytes, words: str
) -> None:
    pam = admin(house, "pam")
    before = people(house)
    if content == "":
        answer = pam.post(f"{INDEX}/csv", organisation=organisation(house, PARTNER))
    else:
        answer = upload(pam, PARTNER, content)
    assert answer.status_code == 422
    assert words in answer.text
    assert people(house) == before
    assert rows(house, "step_ups") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_spreadsheets_write_it_in_many_ways(encoding: str, delimiter: str) -> None:
    text = delimiter.join(("Role", "EMAIL", "name")) + "\r\n"
    text += delimiter.join(("dispatcher", "nina@new.example", '"Weiß, Nina"')) + "\r\n"
    decoded = people_file.decode(text.encode(encoding))
    assert isinstance(decoded, str)
    parsed = people_file.parse(decoded)
    assert not isinstance(parsed, Unreadable)
    assert (parsed[0].name, parsed[0].roles, parsed[0].number) == (
        "Weiß, Nina",
        ("dispatcher",),
        2,
    )


def test_a_preview_is_done_once(house: House) -> None:
    pam = admin(house, "pam")
    preview = previewed(pam, FILE)
    assert pam.post(CONFIRM, preview=preview).status_code == 303
    mails = len(subjects(house, "nina@new.example"))
    assert pam.post(CONFIRM, preview=preview).status_code == 404
    assert len(subjects(house, "nina@new.example")) == mails


def test_a_preview_is_of_its_session_alone(house: House) -> None:
    pam = admin(house, "pam")
    preview = previewed(pam, FILE)
    paul = another(house, "paul@partner.example", PARTNER, Role.PARTNER_ADMIN)
    own_other = signed_in_again(house, "pam", pam)
    for visitor in (paul, own_other):
        visitor.get(INDEX)
        assert visitor.post(CONFIRM, preview=preview).status_code == 404
    assert "nina@new.example" not in people(house)


def test_a_preview_ends(house: House) -> None:
    pam = admin(house, "pam")
    preview = previewed(pam, FILE)
    house.clock.advance(timedelta(minutes=30))
    answer = pam.post(CONFIRM, preview=preview)
    pam.prove(path=f"{lands_on(answer)}/totp")
    assert pam.post(CONFIRM, preview=preview).status_code == 404
    assert "nina@new.example" not in people(house)


def test_a_stale_proof_asks_again_and_keeps_the_preview(house: House) -> None:
    pam = admin(house, "pam")
    house.clock.advance(timedelta(minutes=6))
    preview = previewed(pam, FILE)
    step_up = lands_on(pam.post(CONFIRM, preview=preview))
    assert step_up.startswith("/step-ups/")
    pam.prove(path=f"{step_up}/totp")
    assert f'value="{preview}"' in pam.get(step_up).text
    assert pam.post(CONFIRM, preview=preview).status_code == 303
    assert "nina@new.example" in people(house)


def test_what_is_posted_along_counts_for_nothing(house: House) -> None:
    """Only the preview's id is read: no line can be slipped in beside it."""
    pam = admin(house, "pam")
    preview = previewed(pam, FILE)
    pam.post(
        CONFIRM,
        preview=preview,
        text=HEADER + "eve@new.example,Eve,partner_admin,\n",
        fine="2,3,4",
        organisation=organisation(house, HQ),
    )
    assert "eve@new.example" not in people(house)


def test_a_kept_form_is_no_preview(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    house.clock.advance(timedelta(minutes=6))
    dan = user(house, "dan@partner.example")["id"]
    kept = lands_on(
        pam.post(
            f"/admin/users/{dan}/roles",
            change="add",
            role="dispatch_lead",
            organisation=organisation(house, PARTNER),
        )
    )
    pam.prove(path=f"{kept}/totp")
    assert pam.post(CONFIRM, preview=kept.rpartition("/")[2]).status_code == 404


@pytest.mark.parametrize("preview", ["", "nonsense", "00000000-0000-7000-8000-000000000007"])
def test_no_preview_is_not_found(house: House, preview: str) -> None:
    assert admin(house, "pam").post(CONFIRM, preview=preview).status_code == 404


def test_a_line_that_no_longer_fits_is_left_out(house: House) -> None:
    house.person("dan")
    pam = admin(house, "pam")
    text = FILE + "dan@partner.example,Dan,dispatch_lead,\n"
    preview = previewed(pam, text)
    house.run(hosts.grant, "dan@partner.example", PARTNER, Role.DISPATCH_LEAD)
    answer = pam.post(CONFIRM, preview=preview)
    assert "left out" in pam.follow(answer).text
    assert "nina@new.example" in people(house)


def test_a_line_that_was_left_out_stays_out(house: House) -> None:
    """It was not fine when it was shown, so nobody agreed to it."""
    house.person("dan")
    pam = admin(house, "pam")
    house.run(hosts.grant, "dan@partner.example", PARTNER, Role.DISPATCH_LEAD)
    preview = previewed(pam, FILE + "dan@partner.example,Dan,dispatch_lead,\n")
    take_role(house, "dan")
    assert pam.post(CONFIRM, preview=preview).status_code == 303
    assert roles_of(house, "dan@partner.example") == set()


@pytest.mark.parametrize(("who", "place"), [("pam", HQ), ("pam", BRANCH), ("ada", PARTNER)])
def test_another_tenant_is_not_there(house: House, who: str, place: str) -> None:
    assert upload(admin(house, who), place, FILE).status_code == 404
    assert rows(house, "step_ups") == []


def test_a_role_lost_a_second_ago_does_nothing(house: House) -> None:
    pam = admin(house, "pam")
    preview = previewed(pam, FILE)
    take_role(house, "pam")
    assert pam.post(CONFIRM, preview=preview).status_code == 403
    assert upload(pam, PARTNER, FILE).status_code == 403
    assert "nina@new.example" not in people(house)


def test_who_gives_no_roles_uploads_nothing(house: House) -> None:
    assert upload(admin(house, "stan"), HQ, FILE).status_code == 422
    assert upload(admin(house, "dan"), PARTNER, FILE).status_code == 403


def test_a_kept_file_is_sealed_and_forgotten_when_done(house: House) -> None:
    pam = admin(house, "pam")
    preview = previewed(pam, FILE)
    (kept,) = rows(house, "step_ups")
    assert b"nina@new.example" not in bytes(kept["form"])
    pam.post(CONFIRM, preview=preview)
    (spent,) = rows(house, "step_ups")
    assert len(bytes(spent["form"])) < len(bytes(kept["form"]))
    assert spent["spent_at"] is not None
