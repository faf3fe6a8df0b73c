"""The portal in each of its languages: pages, refusals, mail, direction, dates, and who chooses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from werkzeug.test import TestResponse

from portal.flows import hosts
from portal.flows.hosts import NewUser
from portal.rules.terms import Role
from portal.web import moments
from tests.support.house import GUESTS, PASSWORD, House, Visitor

# What is said does not depend on the database.
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
EMAIL = "nour@guests.example"
OPENING = re.compile(r'<html lang="([^"]*)" dir="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Words:
    """What a reader of a language finds, and where."""

    sign_in: str
    refused: str
    challenge: str
    wrong: str
    security: str
    account: str
    nothing_here: str
    enrolled: str
    subject: str
    hello: str
    day: str
    hour: str


SPOKEN = {
    "en": Words(
        sign_in="Use your email address",
        refused="do not match",
        challenge="One more proof",
        wrong="That code did not match",
        security="Ways you prove it is you",
        account="Your home organisation",
        nothing_here="There is nothing here",
        enrolled="Your authenticator is enrolled",
        subject="An authenticator was enrolled: Authenticator app",
        hello="Hello Nour,",
        day="Enrolled 2 November 2026",
        hour="When: 2 Nov 2026, 09:00:00 (UTC)",
    ),
    "es": Words(
        sign_in="Use su dirección de correo electrónico",
        refused="no coinciden",
        challenge="Una prueba más",
        wrong="Ese código no coincide",
        security="Cómo demuestra que es usted",
        account="Su organización principal",
        nothing_here="Aquí no hay nada",
        enrolled="Su autenticador está registrado",
        subject="Se registró un autenticador: Aplicación de autenticación",
        hello="Hola, Nour:",
        day="Registrado: 2 de noviembre de 2026",
        hour="Cuándo: 2 nov 2026, 9:00:00 (UTC)",
    ),
    "fr": Words(
        sign_in="Utilisez votre adresse e-mail",
        refused="ne correspondent pas",
        challenge="Encore une preuve",
        wrong="Ce code ne correspond pas",
        security="Comment vous prouvez que",
        account="Votre organisation d’origine",
        nothing_here="Il n’y a rien ici",
        enrolled="Votre authentificateur est enregistré",
        # A header's white space is folded to plain spaces.
        subject="Un authentificateur a été enregistré : Application d’authentification",
        hello="Bonjour Nour,",
        day="Enregistré\u00a0: 2 novembre 2026",
        hour="Quand\u00a0: 2 nov. 2026, 09:00:00 (UTC)",
    ),
    "de": Words(
        sign_in="Geben Sie Ihre E-Mail-Adresse",
        refused="passen nicht zusammen",
        challenge="Noch ein Nachweis",
        wrong="Dieser Code stimmt nicht",
        security="Wie Sie zeigen, dass Sie es sind",
        account="Ihre Heimatorganisation",
        nothing_here="Hier ist nichts",
        enrolled="Ihr Authentifikator ist eingerichtet",
        subject="Ein Authentifikator wurde eingerichtet: Authenticator-App",
        hello="Guten Tag Nour,",
        day="Eingerichtet: 2. November 2026",
        hour="Wann: 02.11.2026, 09:00:00 (UTC)",
    ),
    "ar": Words(
        sign_in="استخدم عنوان بريدك الإلكتروني",
        refused="غير متطابقين",
        challenge="إثبات واحد بعد",
        wrong="ذلك الرمز غير مطابق",
        security="كيف تثبت أنه أنت",
        account="مؤسستك الأساسية",
        nothing_here="لا يوجد شيء هنا",
        enrolled="تم إعداد أداة المصادقة",
        subject="أُعدّت أداة مصادقة: تطبيق المصادقة",
        hello="مرحبًا Nour،",
        day="2 نوفمبر 2026",
        hour="9:00:00 ص (UTC)",
    ),
    "ja": Words(
        sign_in="メールアドレスとパスワード",
        refused="一致しません",
        challenge="もう1つの本人確認",
        wrong="そのコードは一致しませんでした",
        security="本人確認の方法",
        account="所属組織",
        nothing_here="ここには何もありません",
        enrolled="認証器を登録しました",
        subject="認証器が登録されました: 認証アプリ",
        hello="Nour 様",
        day="登録日: 2026年11月2日",
        hour="日時: 2026/11/02 9:00:00 (UTC)",
    ),
}
LOCALES = sorted(SPOKEN)


def language_of(response: TestResponse) -> tuple[str, str]:
    """The page's language and direction, as its first tag says them."""
    found = OPENING.search(response.text)
    assert found, response.status
    return found.group(1), found.group(2)


def direction(locale: str) -> str:
    return "rtl" if locale == "ar" else "ltr"


def nour(house: House, locale: str) -> None:
    """A person whose profile is in a language."""
    house.organise()
    house.run(
        hosts.create_user,
        NewUser(EMAIL, "Nour", PASSWORD, GUESTS, (Role.TRAVELER,), locale=locale),
    )


def choose(visitor: Visitor, locale: str, where: str = "/login") -> TestResponse:
    visitor.get("/login")
    return visitor.post("/language", locale=locale, next=where)


def signed_in(house: House, locale: str) -> Visitor:
    nour(house, locale)
    visitor = house.visitor()
    assert visitor.sign_in(EMAIL).status_code == 200
    return visitor


@pytest.mark.parametrize("locale", LOCALES)
def test_a_stranger_reads_pages_and_refusals_in_the_language(house: House, locale: str) -> None:
    visitor = house.visitor(**{"Accept-Language": locale})
    page = visitor.get("/login")
    assert SPOKEN[locale].sign_in in page.text
    assert language_of(page) == (locale, direction(locale))
    refused = visitor.password("nobody@guests.example")
    assert refused.status_code == 422
    assert SPOKEN[locale].refused in refused.text
    missing = visitor.get("/no-such-page")
    assert missing.status_code == 404
    assert SPOKEN[locale].nothing_here in missing.text
    assert language_of(missing) == (locale, direction(locale))


@pytest.mark.parametrize("locale", LOCALES)
def test_a_person_reads_every_room_in_the_language_of_the_profile(
    house: House, locale: str
) -> None:
    words = SPOKEN[locale]
    visitor = signed_in(house, locale)
    assert words.account in visitor.get("/account").text
    visitor.enrol_app()
    security = visitor.get("/security")
    assert words.security in security.text
    assert words.enrolled in security.text
    assert words.day in security.text
    assert language_of(security) == (locale, direction(locale))
    visitor.post("/logout")
    challenge = visitor.follow(visitor.password(EMAIL))
    assert words.challenge in challenge.text
    wrong = visitor.post("/login/challenge/totp", code="000000")
    assert wrong.status_code == 422
    assert words.wrong in wrong.text


@pytest.mark.parametrize("locale", LOCALES)
def test_mail_is_in_the_language_of_the_profile(house: House, locale: str) -> None:
    words = SPOKEN[locale]
    signed_in(house, locale).enrol_app()
    house.work()
    letter = next(letter for letter in house.letters.to(EMAIL) if letter.subject == words.subject)
    assert words.hello in letter.text
    # CLDR puts narrow and direction-marking signs into times, and changes them between releases.
    plain = re.sub(r"[\u200e\u200f]", "", letter.text.replace("\u202f", " "))
    assert words.hour in plain
    assert f'lang="{locale}" dir="{direction(locale)}"' in letter.html
    assert words.hello in letter.html
    assert letter.language == locale


@pytest.mark.parametrize(
    ("accepted", "locale"),
    [
        ("fr-CA, en;q=0.5", "fr"),
        ("nl, de;q=0.8, en;q=0.5", "de"),
        ("ja;q=0.4, es-MX;q=0.9", "es"),
        ("fr;q=0, de;q=0.1", "de"),
        ("nl", "en"),
        ("", "en"),
        ("*", "en"),
        ("ar-EG", "ar"),
    ],
)
def test_the_browser_says_what_it_accepts(house: House, accepted: str, locale: str) -> None:
    visitor = house.visitor(**{"Accept-Language": accepted})
    assert language_of(visitor.get("/login"))[0] == locale


def test_a_chosen_language_wins_over_the_browser_and_leads_back(house: House) -> None:
    visitor = house.visitor(**{"Accept-Language": "fr"})
    answer = choose(visitor, "ja", where="/register")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/register"
    assert language_of(visitor.follow(answer))[0] == "ja"
    assert language_of(visitor.get("/no-such-page"))[0] == "ja"


def test_the_profile_wins_over_the_choice_and_the_choice_returns_after_it(house: House) -> None:
    nour(house, "de")
    visitor = house.visitor(**{"Accept-Language": "fr"})
    choose(visitor, "ja")
    assert language_of(visitor.sign_in(EMAIL))[0] == "de"
    visitor.post("/logout")
    assert language_of(visitor.get("/login"))[0] == "ja"


def test_a_new_language_in_the_profile_is_spoken_from_the_next_page_on(house: House) -> None:
    visitor = signed_in(house, "en")
    visitor.get("/account")
    saved = visitor.post("/account", name="Nour", locale="es", time_zone="UTC")
    assert saved.status_code == 303
    page = visitor.follow(saved)
    assert language_of(page)[0] == "es"
    assert "Su perfil está guardado" in page.text


@pytest.mark.parametrize("locale", ["nl", "", "../ar", "ar\x00", "<b>"])
def test_a_language_that_we_do_not_speak_changes_nothing(house: House, locale: str) -> None:
    visitor = house.visitor(**{"Accept-Language": "fr"})
    answer = choose(visitor, locale)
    assert answer.status_code == 303
    assert not any("locale" in line for line in answer.headers.getlist("Set-Cookie"))
    assert language_of(visitor.get("/login"))[0] == "fr"


def test_a_choice_does_not_lead_to_another_site(house: House) -> None:
    answer = choose(house.visitor(), "fr", where="https://elsewhere.example/")
    assert answer.headers["Location"] == "/login"


@pytest.mark.parametrize(
    ("locale", "seconds", "words"),
    [
        ("en", 1, "1 second"),
        ("fr", 0, "0 seconde"),
        ("de", 30, "30 Sekunden"),
        ("ar", 1, "ثانية واحدة"),
        ("ar", 2, "ثانيتين"),
        ("ar", 3, "3 ثوانٍ"),
        ("ar", 30, "30 ثانية"),
        ("ja", 30, "30秒"),
    ],
)
def test_a_waiting_time_is_counted_as_the_language_counts(
    house: House, locale: str, seconds: int, words: str
) -> None:
    with house.app.test_request_context(headers={"Accept-Language": locale}):
        assert moments.wait(timedelta(seconds=seconds)) == words
