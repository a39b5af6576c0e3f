"""Routing by words: which route wins, how keywords are compared, and what is shown as the reason."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sla.routing import Route, Routed, Router, fold

LIGHTS = Route("facility", any=("가로등", "보안등"))
ROADWORK = Route("roads", all=("도로", "공사"))
CAMPAIGN = Route("press", any=("CAFÉ", "축제"), all=("대전",), none=("사고", "화재"))
ROUTER = Router((LIGHTS, ROADWORK, CAMPAIGN))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("우리 동네 가로등이 꺼졌어요", Routed("facility", 0, "가로등")),
        ("골목 보안등 수리 부탁드립니다", Routed("facility", 0, "보안등")),
        ("보안등과 가로등", Routed("facility", 0, "가로등")),
        ("도로 공사는 언제 끝나나요", Routed("roads", 1, "도로")),
        ("공사는 언제 끝나나요", None),
        ("대전 축제 안내", Routed("press", 2, "축제")),
        ("축제 안내", None),
        ("대전 안내", None),
        ("대전 축제에서 화재", None),
        ("안녕하세요", None),
        ("", None),
    ],
)
def test_conditions(text: str, expected: Routed | None) -> None:
    """Any of these, all of those and none of the others, with the first keyword found as the reason."""
    assert ROUTER.route(text) == expected


def test_first_match_wins() -> None:
    """The order of the routes decides, not that of the words; an excluded route gives way to the next one."""
    text = "도로 공사 중 가로등 파손"
    assert ROUTER.route(text) == Routed("facility", 0, "가로등")
    assert Router((ROADWORK, LIGHTS)).route(text) == Routed("roads", 0, "도로")
    excluded = Route("facility", any=("가로등",), none=("공사",))
    assert Router((excluded, ROADWORK)).route(text) == Routed("roads", 1, "도로")


def test_the_reason_is_spelled_as_in_the_settings() -> None:
    """What is shown is the keyword that people wrote, not its folded form."""
    assert Router((Route("press", any=("NEWS",)),)).route("city news") == Routed("press", 0, "NEWS")
    assert Router((Route("press", all=("NEWS", "City")),)).route("city news") == Routed("press", 0, "NEWS")


def test_route_without_a_condition_matches_nothing() -> None:
    """A route that only excludes would take everything else; it takes nothing and keeps its number."""
    router = Router((Route("all"), Route("most", none=("가로등",)), LIGHTS))
    assert router.route("안녕하세요") is None
    assert router.route("가로등") == Routed("facility", 2, "가로등")
    assert Router((Route("all"),)).route("안녕하세요") is None
    assert Router(()).route("안녕하세요") is None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("keyword_form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("keyword", "text"), [("가로등", "저기 가로등이"), ("café", "le café du coin"), ("ångström", "10 Ångström")]
)
def test_composed_and_taken_apart_are_the_same(keyword: str, text: str, keyword_form: str, form: str) -> None:
    """Texts from phones that send Hangul jamo one by one match, and so do keywords typed that way."""
    spelled = normalize(keyword_form, keyword)  # type: ignore[arg-type]
    routed = Router((Route("facility", any=(spelled,)),)).route(normalize(form, text))  # type: ignore[arg-type]
    assert routed == Routed("facility", 0, spelled)


def test_a_syllable_is_not_found_inside_another() -> None:
    """Taken apart, 각 begins with 가; it is another syllable all the same."""
    router = Router((Route("facility", any=("가",)),))
    assert router.route(normalize("NFD", "각")) is None
    assert router.route(normalize("NFD", "가각")) is not None


def test_compatibility_jamo_are_letters_of_their_own() -> None:
    """ㅋㅋ as typed is found as typed."""
    assert Router((Route("press", any=("ㅋㅋ",)),)).route("이게 뭐야 ㅋㅋㅋ") == Routed("press", 0, "ㅋㅋ")


@pytest.mark.parametrize(
    ("keyword", "text"),
    [
        ("Bus", "the BUS is late"),
        ("CAFÉ", "café"),
        ("straße", "STRASSE"),
        ("ΟΔΟΣ", "οδος"),
        ("\u03aa\u0301", "\u0390"),
        ("\u1fb4", "\u03b1\u0345\u0301"),
    ],
)
def test_case_does_not_matter(keyword: str, text: str) -> None:
    """Case is folded, not lowered: ß is ss, a final sigma is a sigma, and marks end up in one order."""
    assert Router((Route("transport", any=(keyword,)),)).route(text) == Routed("transport", 0, keyword)


def test_keywords_are_plain_text() -> None:
    """Signs that mean something in a pattern mean themselves."""
    router = Router((Route("press", any=("c++", "(주)", "a.b", "$5")),))
    assert router.route("C++ 강좌") == Routed("press", 0, "c++")
    assert router.route("(주)대전") == Routed("press", 0, "(주)")
    assert router.route("US$5") == Routed("press", 0, "$5")
    assert router.route("cc 주 axb") is None


@pytest.mark.parametrize("where", ["any", "all", "none"])
@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_blank_keyword_is_refused(where: str, blank: str) -> None:
    """It would be found in every text, or in every one with a space."""
    with pytest.raises(ValueError, match="'facility' has a blank keyword"):
        Route("facility", **{where: ("가로등", blank)})


@pytest.mark.parametrize("text", ["\ud83d 가로등", "\x00가로등", "\u202e가로등", "x" * 1_000_000 + "가로등"])
def test_odd_texts_are_routed_like_others(text: str) -> None:
    """Lone surrogates, NUL, direction marks and a megabyte are no error."""
    assert ROUTER.route(text) == Routed("facility", 0, "가로등")


WORDS = ["가로등", "보안등", "도로", "공사", "대전", "café", "CAFÉ", "축제", "사고", "ǰ", "각", "가", "ㄱ", "ᆨ", "́", " "]
TEXTS = st.lists(st.sampled_from(WORDS) | st.text(max_size=3), max_size=8).map("".join)
KEYWORDS = st.lists(st.sampled_from([word for word in WORDS if word.strip()]), max_size=2).map(tuple)
ROUTES = st.lists(st.builds(Route, st.sampled_from("abc"), KEYWORDS, KEYWORDS, KEYWORDS), max_size=4)


@settings(deadline=None)
@given(ROUTES, TEXTS)
def test_every_composition_is_routed_alike(routes: list[Route], text: str) -> None:
    """The text as sent, composed and taken apart go the same way."""
    router = Router(routes)
    assert router.route(text) == router.route(normalize("NFC", text)) == router.route(normalize("NFD", text))


@settings(deadline=None)
@given(ROUTES, TEXTS)
def test_router_agrees_with_the_rule_read_aloud(routes: list[Route], text: str) -> None:
    """What is prepared for speed finds what trying every route in turn does."""
    folded = fold(text)

    def meets(route: Route) -> bool:
        any_of, all_of, none_of = (
            [fold(keyword) in folded for keyword in words] for words in (route.any, route.all, route.none)
        )
        return bool(any_of or all_of) and (any(any_of) or not any_of) and all(all_of) and not any(none_of)

    expected = next((index for index, route in enumerate(routes) if meets(route)), None)
    routed = Router(routes).route(text)
    assert (routed and routed.rule) == expected
    if routed is not None:
        assert routed.department == routes[routed.rule].department
        assert fold(routed.keyword) in folded
