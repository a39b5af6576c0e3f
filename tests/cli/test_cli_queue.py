"""`queue`: the shape that programs hold on to, and what people see."""

from __future__ import annotations

from rich.cells import cell_len

from tests.cli.conftest import Town


def test_json_is_the_contracts(town: Town) -> None:
    """Exactly the keys of CONTRACT, instants in the service's zone, mentions oldest first."""
    town.ingest(town.post("9002", 10, conversation="9001"), town.post("9001", 12))
    (found,) = town.json("queue")
    assert found.pop("id").startswith("c")
    assert found == {
        "platform": "twitter",
        "account": "1001",
        "department": "transport",
        "state": "open",
        "assignee": None,
        "author": "555",
        "opened_at": "2026-11-16T08:48:00+09:00",
        "deadline": "2026-11-16T09:18:00+09:00",
        "next_action_at": "2026-11-16T09:08:00+09:00",
        "level": 0,
        "mentions": [
            {"id": "9001", "created_at": "2026-11-16T08:48:00+09:00", "permalink": "https://x.com/i/web/status/9001"},
            {"id": "9002", "created_at": "2026-11-16T08:50:00+09:00", "permalink": "https://x.com/i/web/status/9002"},
        ],
        "answered_at": None,
        "outcome": None,
        # What has grown since.
        "clock": "first",
        "final_deadline": None,
        "final_answered_at": None,
        "final_outcome": None,
        "snoozed_until": None,
        "incident": None,
    }


def test_json_of_an_empty_queue_is_a_list(town: Town) -> None:
    """Programs need no special case."""
    assert town.json("queue") == []


def test_earliest_deadline_first_and_open_only(town: Town) -> None:
    """The most urgent one leads; an answered one is not there."""
    town.ingest(*(town.post(id, ago, author=id) for id, ago in (("1", 5), ("2", 25), ("3", 15))))
    answered = town.json("queue")[0]["id"]
    town.run("case", "answer", answered, "--by", "kim", "--outcome", "phone")
    assert [found["mentions"][0]["id"] for found in town.json("queue")] == ["3", "1"]


def test_one_department(town: Town) -> None:
    """`--department` shows its cases alone; an unknown one is a no, never an empty queue."""
    town.ingest(town.post("1", 5), town.post("2", 5, "가로등이 꺼졌어요", author="556"))
    assert [found["mentions"][0]["id"] for found in town.json("queue", "--department", "facility")] == ["2"]
    unknown = town.run("queue", "--department", "traffic")
    assert unknown.exit_code == 1
    assert "traffic" in unknown.stderr and "transport, facility" in unknown.stderr


def test_a_department_without_settings_keeps_its_queue(town: Town) -> None:
    """Taken out of the settings while it has open cases, it can still be asked for."""
    town.ingest(town.post("1", 5))
    text = town.path.read_text(encoding="utf-8")
    town.path.write_text(text.replace('"transport"', '"traffic"'), encoding="utf-8")
    assert len(town.json("queue", "--department", "transport")) == 1


def test_nothing_is_hidden_unless_asked(town: Town) -> None:
    """All cases are shown; `--limit` says how many it left out."""
    town.ingest(*(town.post(f"{number}", 5, author=f"{number}") for number in range(60)))
    assert town.run("queue").output.count("https://") == 60
    limited = town.run("queue", "--limit", "2").output
    assert limited.count("https://") == 2
    assert "전체 60건" in limited
    assert len(town.json("queue", "--limit", "2")) == 2


def test_people_read_korean_on_eighty_columns(town: Town) -> None:
    """Time left in words, state, department, author, whole links, and columns that stand under each other."""
    long = "1857400000000000001"
    town.ingest(town.post(long, 33), town.post("2", 12, "가로등", author="556", author_name="Kim"))
    lines = town.run("queue").output.splitlines()
    assert lines[0] == "미답변 2건 (기한 초과 1건)"
    first, second = lines[3], lines[5]
    assert first.startswith("3분 초과") and "미답변" in first and "교통정책과" in first
    assert second.startswith("18분 남음") and "시설관리과" in second
    assert lines[4].strip() == f"홍길동 https://x.com/i/web/status/{long}".replace(" https", "  https")
    starts = [cell_len(line[: line.index("c1" if number else "사건")]) for number, line in
              enumerate((lines[2], first, second))]  # fmt: skip
    assert len(set(starts)) == 1
    assert all(cell_len(line) <= 80 for line in lines)


def test_links_are_never_broken(town: Town) -> None:
    """A link longer than the terminal is wide stays one piece, to be taken whole."""
    link = f"https://www.facebook.com/{'9' * 40}/posts/{'8' * 40}?comment_id={'7' * 20}"
    town.ingest(town.post("1", 5, permalink=link))
    (found,) = town.json("queue")
    assert link in town.run("queue").output
    assert link in town.run("case", "show", found["id"]).output


def test_english_where_the_settings_say_so(town: Town) -> None:
    """The language is that of the settings."""
    text = town.path.read_text(encoding="utf-8")
    town.path.write_text(text.replace('language = "ko"', 'language = "en"'), encoding="utf-8")
    assert town.run("queue").output == "Nothing waits for an answer.\n"
    town.ingest(town.post("1", 33))
    assert "1 unanswered, 1 of them overdue" in town.run("queue").output
    assert "3 min over" in town.run("queue").output


def test_strangers_do_not_steer_the_terminal(town: Town) -> None:
    """Escape codes, bidirectional overrides and rich's markup in names and texts come out as plain signs."""
    nasty = "[bold]ev\x1b[31mil\u202e\nname"
    town.ingest(town.post("1", 5, text=f"{nasty} :smile:", author_name=nasty))
    (found,) = town.json("queue")
    for shown in (town.run("queue").output, town.run("case", "show", found["id"]).output):
        assert "\x1b" not in shown and "\u202e" not in shown
        assert "[bold]ev" in shown
    assert ":smile:" in shown
