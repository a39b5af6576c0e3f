"""`crisis …`: what is on record of an incident, who has it, and its end."""

from __future__ import annotations

import pytest

from monitor.app import build
from tests.cli.conftest import Town


@pytest.fixture
def fire(town: Town) -> str:
    """The id of an incident that one mention opened five minutes after it was written."""
    town.ingest(town.post("9001", 5, "유성시장에 화재가 났어요"))
    app = build(town.settings, town.clock)
    app.crisis.run()
    app.close()
    (found,) = town.json("crisis", "list")
    assert isinstance(found["id"], str)
    return found["id"]


def test_nothing_to_list(town: Town) -> None:
    """A quiet city says so."""
    assert town.json("crisis", "list") == []
    assert "위기 상황이 없습니다" in town.run("crisis", "list").output


def test_list_and_show_tell_what_is_on_record(town: Town, fire: str) -> None:
    """What opened it, whose it is, who was told, its cases, and what it came to so far."""
    found = town.json("crisis", "show", fire)
    assert (found["kind"], found["subject"], found["department"], found["owner"]) == (
        "keyword", "화재", "transport", "kim",
    )  # fmt: skip
    assert found["told"] == ["kim", "choi", "ops"] and found["ended_at"] is None
    assert found["first_post_at"] == "2026-11-16T08:55:00+09:00"
    assert found["summary"]["detected_after_seconds"] == 300 and found["summary"]["open"] == 1
    (queued,) = town.json("queue")
    assert found["cases"] == [queued["id"]] and queued["deadline"] == "2026-11-16T09:05:00+09:00"
    assert town.json("crisis", "list")[0] == found
    shown = town.run("crisis", "show", fire).output
    assert "글 1건 · 1명 · 사건 1건" in shown and "김담당" in shown and queued["id"] in shown
    assert "진행 중" in town.run("crisis", "list").output


def test_claim_and_end(town: Town, fire: str) -> None:
    """One owner at a time; an end with a reason; afterwards the answer is no."""
    assert town.json("crisis", "claim", fire, "--by", "park")["owner"] == "park"
    ended = town.json("crisis", "end", fire, "--by", "park", "--reason", "진화 완료")
    assert (ended["ended_by"], ended["reason"], ended["ended_at"]) == ("park", "진화 완료", "2026-11-16T09:00:00+09:00")
    assert "종료" in town.run("crisis", "list").output
    again = town.run("crisis", "end", fire, "--by", "park", "--reason", "다시")
    assert again.exit_code == 1 and fire in again.stderr and again.stdout == ""
    assert town.json("queue")[0]["state"] == "open"


def test_the_answer_no_says_what_happened_already(town: Town, fire: str) -> None:
    """In the settings' language, Korean and English: whose it is, and since when and why it is over."""
    korean = town.path.read_text(encoding="utf-8")
    english = korean.replace('language = "ko"', 'language = "en"')
    asked = (("claim", fire, "--by", "kim"), ("end", fire, "--by", "kim", "--reason", " "))
    said = {}
    for language, text in (("ko", korean), ("en", english)):
        town.path.write_text(text, encoding="utf-8")
        said[language] = [town.run("crisis", *one).stderr for one in asked]
    assert town.run("crisis", "end", fire, "--by", "kim", "--reason", "진화 완료").output == "It is over.\n"
    for language, text in (("ko", korean), ("en", english)):
        town.path.write_text(text, encoding="utf-8")
        said[language].append(town.run("crisis", "claim", fire, "--by", "lee").stderr)
    for language, words in (("ko", ("총괄 담당은 이미 김담당", "종료 사유를 쓰세요", "이미 종료된")),
                            ("en", ("owned by 김담당", "Say why", "over since"))):  # fmt: skip
        assert all(word in told for word, told in zip(words, said[language], strict=True))
    assert "진화 완료" in said["ko"][2] and "진화 완료" in said["en"][2]


def test_everything_in_english(town: Town, fire: str) -> None:
    """The list, the record and what is done."""
    text = town.path.read_text(encoding="utf-8")
    town.path.write_text(text.replace('language = "ko"', 'language = "en"'), encoding="utf-8")
    assert "going on" in town.run("crisis", "list").output
    shown = town.run("crisis", "show", fire).output
    assert "1 posts by 1 people" in shown and "Detected by" in shown and "keyword" in shown
    assert "Owned by" in town.run("crisis", "claim", fire, "--by", "lee").output


@pytest.mark.parametrize(
    ("crisis", "key"),
    [
        ('enabled = "yes"', "crisis.enabled"),
        ('keywords = [""]', "crisis.keywords[0]"),
        ('keywords = "화재"', "crisis.keywords"),
        ("keywords_none = [1]", "crisis.keywords_none[0]"),
        ('trouble = [" "]', "crisis.trouble[0]"),
        ("calm = false", "crisis.calm"),
        ('surge_false_alarms = "often"', "crisis.surge_false_alarms"),
        ("surge_false_alarms = 1", "crisis.surge_false_alarms"),
        ('policy = "panic"', "crisis.policy"),
        ("notify = []", "crisis.notify"),
        ('notify = ["assignee"]', "crisis.notify[0]"),
        ('notify = ["staff:nobody"]', "crisis.notify[0]"),
        ('department = "nowhere"', "crisis.department"),
        ('ends_after = "0s"', "crisis.ends_after"),
        ('ends_after = "soon"', "crisis.ends_after"),
        ("keyword = []", "crisis.keyword"),
    ],
)
def test_a_bad_value_is_a_finding_of_check_config(bare: Town, crisis: str, key: str) -> None:
    """Exit 78, with the key and what is wrong; nothing is started with it."""
    with bare.path.open("a", encoding="utf-8") as settings:
        settings.write(f"\n[crisis]\n{crisis}\n")
    done = bare.run("check-config", columns=200)
    assert done.exit_code == 78 and key in done.output + done.stderr


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("show", "i0"), 1),
        (("claim", "i0", "--by", "kim"), 1),
        (("claim", "FIRE", "--by", "nobody"), 1),
        (("claim", "FIRE", "--by", "kim"), 1),
        (("claim", "FIRE"), 2),
        (("end", "FIRE", "--by", "kim"), 2),
        (("end", "FIRE", "--by", "kim", "--reason", " "), 2),
        (("list", "--limit", "0"), 2),
    ],
    ids=" ".join(map(str, range(8))).split(),
)
def test_what_cannot_be_done(town: Town, fire: str, arguments: tuple[str, ...], code: int) -> None:
    """1 for a no, 2 for what was asked wrongly; the incident stays as it was."""
    before = town.json("crisis", "show", fire)
    done = town.run("crisis", *(fire if word == "FIRE" else word for word in arguments))
    assert done.exit_code == code
    assert done.stderr and not done.stdout
    assert town.json("crisis", "show", fire) == before
