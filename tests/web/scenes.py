"""What pages show in tests: a table's numbers by row and column, and a week with everything in it."""

from __future__ import annotations

from html.parser import HTMLParser

from monitor.app import App
from monitor.store import incidents
from tests.city import City, answer, mention, put_together
from tests.support import Clock


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: dict[tuple[str, str], str] = {}
        self._row, self._cell = "", ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "tr":
            self._row = given.get("data-department") or ""
        if tag == "td":
            self._cell = given.get("data-name") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "td":
            self._cell = ""

    def handle_data(self, data: str) -> None:
        if self._cell:
            key = self._row, self._cell
            self.found[key] = f"{self.found.get(key, '')} {data}".strip()


def cells(page: str) -> dict[tuple[str, str], str]:
    """The texts of cells that are named, by department ("" for the sum) and name."""
    parser = _Cells()
    parser.feed(page)
    return parser.found


def busy_week(app: App, clock: Clock) -> City:
    """Met, late, dismissed, transferred, pending and owed for good: in both departments."""
    town = put_together(app.store, app.rules, clock)
    asked = [mention(f"m{n}", clock(), conversation=f"v{n}", author=f"a{n}") for n in range(6)]
    light = mention("m6", clock(), "@dj_facility 가로등", conversation="v6", author="a6", addressed=("1002",))
    clock.forward(minutes=5)
    town.say(*asked, light)
    of = {town.mentions(one)[0]: one.id for one in town.cases()}
    town.say(answer("r0", asked[0], clock()), answer("r6", light, clock(), author="1002"))
    town.desk.dismiss(of["m1"], "kim", "감사 인사")
    town.desk.transfer(of["m2"], "kim", "facility", "시설 소관")
    town.tick(minutes=40)
    town.say(answer("r3", asked[3], clock()))
    town.say(mention("m9", clock(), conversation="v9", author="a9"))
    return town


def fire(app: App, clock: Clock, department: str = "transport", text: str = "유성시장에 화재가 났어요") -> str:
    """The id of an incident that one mention opened."""
    account = {"transport": "1001", "facility": "1002"}[department]
    town = put_together(app.store, app.rules, clock)
    town.say(mention(f"fire-{department}", clock(), f"@dj {text}", author=f"z-{department}", addressed=(account,)))
    app.crisis.run()
    with app.store.read() as tx:
        return incidents.latest(tx, 1)[0].id
