"""Personal numbers are masked and nothing else is; who looked is on record and changes nothing that is counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor import privacy
from monitor.privacy import excerpt, mask
from monitor.reports.seal import Sealer
from monitor.reports.verify import verify
from monitor.reports.week import weekly
from monitor.store import events, views
from tests.city import City, mention

PHONES = [
    "010-1234-5678", "01012345678", "010 1234 5678", "010.1234.5678", "010/1234/5678", "010–1234–5678",
    "+82 10-1234-5678", "+82-(0)10-1234-5678", "+821012345678", "0082 10 1234 5678", "8210-1234-5678", "02-123-4567",
    "02 1234 5678", "0212345678", "042)270-1234", "031.123.4567", "0505-123-4567", "070-1234-5678",
    "080-123-4567", "０１０－１２３４－５６７８", "٠١٠-١٢٣٤-٥٦٧٨", "010\u200b1234\u200b5678", "016-123-4567",
    "010\n1234\n5678", "010\x011234\x015678", "0️⃣1️⃣0️⃣-1️⃣2️⃣3️⃣4️⃣-5️⃣6️⃣7️⃣8️⃣", "011 123 4567",
]  # fmt: skip
SERVICES = ["1588-1234", "1577 1000", "1899.0000", "1566)1234"]
RESIDENTS = [
    "900101-1234567", "9001011234567", "900101 1234567", "051231-4123456", "850615-5123456", "900101-1******",
    "000229-3123456", "９００１０１－１２３４５６７", "990131–2234567", "900101-1●●●●●●",
]  # fmt: skip
ACCOUNTS = [
    "1234-5678-9012-3456", "1234567890123456", "12345678901234", "123456-01-234567", "123-456789-01234",
    "110-123456-12-345", "4111 1111 1111 1111", "4111.1111.1111.1111", "3782-822463-10005", "9002-1234-5678-9123",
]  # fmt: skip
MAILS = ["kim.minsu@naver.com", "a_b+c@mail.daejeon.go.kr", "ａ@naver.com", "kim＠naver.com"]

KEPT = [
    "2026-11-24", "2026-11-24 09:30", "2026. 11. 24.(화) 09:30", "26.11.24", "20261124", "2026/11/24 0930-1130", "3/4",
    "11/02 1130-1200", "2.02 1130 1200", "2026-11-24T09:30:00+09:00", "20261124093000", "2026-11-24-0930-1130",
    "2026-11-24-2026-11-30", "20261124-20261130", "1592-1598년", "1588-1592", "1800-2000", "1600~1800", "1800-2230",
    "1,234,567원", "12345678901234원", "1600-1700원", "1588-1700명", "1,234,567,890,123,456원", "5000 6000 7000 8000원",
    "102번", "급행1번 버스", "1002-1", "3001 3002 5005 7770", "3001/3002/5005/7770번", "대전 34다 1234", "101동 1204호",
    "접수번호 20261124", "1AA-2611-0123456", "1234567890123456789", "991399-1234567", "900230-1234567",
    "010229-1234567", "36.3504119,127.3845475", "127.03123456789012", "RFC 5322", "@dj_transport @dj_1234567 안녕",
    "https://x.com/citizen/status/1989651234567890123", "https://www.facebook.com/1234567890123456/posts/98765432101234",
    "https://www.facebook.com/photo?fbid=101587123456789", "https://a.kr/010-1234-5678?q=900101-1234567", "1000@", "@@",
    "2026년 11월 24일 9시 30분", "042", "119 112 120", "우편번호 35242", "3-4-5",
]  # fmt: skip


@pytest.mark.parametrize("number", PHONES)
def test_phone_numbers_are_masked(number: str) -> None:
    """However they are written, and with a particle after them."""
    assert mask(f"전화 {number}로 주세요") == "전화 ***-****-****로 주세요"


@pytest.mark.parametrize("number", SERVICES)
def test_service_numbers_are_masked(number: str) -> None:
    """Those of 15xx, 16xx and 18xx that are given out."""
    assert mask(f"{number}번으로 걸었습니다") == "****-****번으로 걸었습니다"


@pytest.mark.parametrize("number", RESIDENTS)
def test_resident_numbers_are_masked(number: str) -> None:
    """Of citizens and of foreigners, half hidden ones too."""
    assert mask(f"주민({number})") == "주민(******-*******)"


@pytest.mark.parametrize("number", ACCOUNTS)
def test_card_and_account_numbers_are_masked(number: str) -> None:
    """Of 14 to 16 digits."""
    assert mask(f"계좌 {number} 국민은행") == "계좌 ****-****-****-**** 국민은행"


@pytest.mark.parametrize("address", MAILS)
def test_mail_addresses_are_masked(address: str) -> None:
    """Also between Korean words without a blank."""
    assert mask(f"메일{address}으로") == "메일***@***으로"


@pytest.mark.parametrize("text", KEPT)
def test_what_an_answer_needs_stays(text: str) -> None:
    """Dates, times, amounts, bus numbers, receipts, ids of posts, links: alone and within a sentence."""
    assert mask(text) == text
    assert mask(f"안내: {text} 입니다") == f"안내: {text} 입니다"


def test_several_at_once() -> None:
    """Each by its own kind, one right behind another."""
    said = (
        "010-1234-5678/02-123-4567, 900101-1234567 kim@naver.com 1588-1234 https://x.com/a/status/1989651234567890123"
    )
    assert mask(said) == (
        "***-****-****/***-****-****, ******-******* ***@*** ****-**** https://x.com/a/status/1989651234567890123"
    )


ORDINARY = st.text(st.sampled_from("가나다 abc,.!?\n"), max_size=20)
SENSITIVE = st.sampled_from([*PHONES, *RESIDENTS, *ACCOUNTS])
ODD = st.text(
    st.one_of(st.sampled_from("0123456789"), st.sampled_from("0182-. /()@*●\u200b１원:httpsx\n"), st.characters()),
    max_size=60,
)


@given(st.lists(st.one_of(ORDINARY, SENSITIVE), max_size=6))
def test_only_the_number_changes(parts: list[str]) -> None:
    """Everything around a number stays, sign for sign; nothing of the number does."""
    text = " 말 ".join(parts)
    hidden = mask(text)
    rest = [part for part in parts if part not in (*PHONES, *RESIDENTS, *ACCOUNTS)]
    for part in rest:
        assert part in hidden
    assert sum(map(str.isdecimal, hidden)) == 0
    assert hidden.count("말") == text.count("말")


@given(ODD)
def test_any_text_can_be_masked_and_stays_masked(text: str) -> None:
    """And a text without enough digits or an address is left alone."""
    once = mask(text)
    assert mask(once) == once
    if sum(map(str.isdecimal, text)) < 7 and "@" not in text and "＠" not in text:
        assert once == text


@given(
    st.integers(0, 2**32).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    st.sampled_from(["%Y-%m-%d", "%Y.%m.%d", "%Y-%m-%d %H:%M", "%H:%M:%S", "%m/%d %H:%M", "%y%m%d", "%Y%m%d%H%M%S"]),
    st.integers(0, 10**12),
    st.integers(1, 9999),
    st.integers(10**17, 2 * 10**18),
)
def test_dates_amounts_buses_and_links_are_never_masked(
    at: datetime, form: str, amount: int, bus: int, id: int
) -> None:
    """Any date in any usual form, any price, any bus, any post."""
    text = f"{at:{form}}에 {amount:,}원 내고 {bus}번 버스, https://x.com/i/status/{id} 참고"
    assert mask(text) == text


def test_an_excerpt_is_masked_before_it_is_cut() -> None:
    """So that no half of a number is left; on one line."""
    shown = excerpt("전화\n주세요 010-1234-5678 꼭", 16)
    assert shown == "전화 주세요 ***-****…"
    assert len(shown) <= 16
    assert excerpt("짧은 글", 16) == "짧은 글"


def test_a_look_is_on_record_once_an_hour(town: City) -> None:
    """Of one person, of one case; others' and later looks are kept apart."""
    town.say(mention("m1", town.clock()), mention("m2", town.clock(), conversation="m2", author="other"))
    one, other = (case.id for case in town.cases())

    def look(who: str, id: str) -> bool:
        with town.store.write() as tx:
            return privacy.viewed(tx, who, id, town.clock(), "page")

    assert look("kim", one) and look("lee", one) and look("kim", other)
    town.clock.forward(minutes=59)
    assert not look("kim", one)
    with town.store.read() as tx:
        assert privacy.has_viewed(tx, "kim", one, town.clock())
        assert not privacy.has_viewed(tx, "park", one, town.clock())
    town.clock.forward(minutes=1)
    assert look("kim", one)
    seen = [(e.actor, e.case_id) for e in town.events("viewed")]
    assert seen == [("kim", one), ("lee", one), ("kim", other), ("kim", one)]


def test_a_clock_that_ran_ahead_hides_no_look(town: City) -> None:
    """What is on record for a time to come does not count."""
    town.say(mention("m1", town.clock()))
    id = town.case().id
    with town.store.write() as tx:
        privacy.viewed(tx, "kim", id, town.clock() + timedelta(days=400), "page")
        assert privacy.viewed(tx, "kim", id, town.clock(), "page")


def test_every_unmasking_and_every_export_is_on_record(town: City) -> None:
    """An export with its reason, of no case; without one it is refused and nothing is kept."""
    town.say(mention("m1", town.clock()))
    with town.store.write() as tx:
        for _ in range(2):
            privacy.unmasked(tx, "kim", town.case().id, town.clock(), "m1")
        privacy.exported(tx, "park", "report 2026-W47 xlsx", " 의회 자료 ", town.clock())
    for reason in ("", " \n"):
        with town.store.write() as tx, pytest.raises(privacy.ReasonMissing, match="reason"):
            privacy.exported(tx, "park", "report 2026-W47 xlsx", reason, town.clock())
    assert [e.data for e in town.events("unmasked")] == [{"what": "m1"}] * 2
    assert [(e.case_id, e.actor, e.data) for e in town.events("exported")] == [
        (None, "park", {"what": "report 2026-W47 xlsx", "reason": "의회 자료"})
    ]


def test_looks_change_nothing_that_is_counted(town: City) -> None:
    """The fold, the report, its proof and the seals pass over them; the case's history shows them."""
    town.say(mention("m1", town.clock()))
    id = town.case().id
    week = "2026-W47"
    before = weekly(town.store, town.rules, week, town.clock())
    with town.store.write() as tx:
        privacy.viewed(tx, "kim", id, town.clock(), "page")
        privacy.unmasked(tx, "kim", id, town.clock(), "m1")
        privacy.exported(tx, "park", "cases csv", "감사", town.clock())
    after = weekly(town.store, town.rules, week, town.clock())
    assert (after.total, after.unexplained) == (before.total, ())
    Sealer(town.store, town.clock).run()
    assert verify(town.store, town.rules, town.clock()).findings == ()
    town.tick(minutes=20)
    assert town.alerted() == {"kim": [("warning", 1)]}
    with town.store.read() as tx:
        shown = views.case_file_json(tx, town.case(), town.rules.zone)["events"]
        told = [(e.kind, e.actor) for e in events.of_case(tx, id) if e.kind in privacy.LOOKS]
    assert [(e["kind"], e["actor"]) for e in shown if e["kind"] in privacy.LOOKS] == told == [
        ("viewed", "kim"), ("unmasked", "kim")
    ]  # fmt: skip
