"""The bench of crises in small: the same weeks from the same seed, and what the detection makes of some of them."""

from __future__ import annotations

from bench.crisis import figures, run
from bench.made_weeks import week
from bench.made_words import CHATTER, INNOCENT_KEYWORDS, SCENES


def test_a_seed_is_a_week() -> None:
    """The same twice; another seed, or other scenes, is another week."""
    one = week(3, "dev", bursts=2)
    assert one.said == week(3, "dev", bursts=2).said
    assert one.said != week(4, "dev", bursts=2).said != week(4, "unseen", bursts=2).said
    assert len(one.incidents) == 3 and {said.incident for said in one.said} == {None, 0, 1, 2}


def _phrases(name: str) -> set[str]:
    of_scenes = {phrase for scene in SCENES[name] for phrase in scene.phrases}
    of_bursts = {phrase for kind in CHATTER[name].values() for phrase in kind}
    return of_scenes | of_bursts | set(INNOCENT_KEYWORDS[name])


def test_the_unseen_weeks_share_no_phrase_with_those_that_were_chosen_on() -> None:
    """The words are unseen too, of incidents and of innocent bursts; of the same kinds in both."""
    assert not _phrases("dev") & _phrases("unseen")
    assert set(CHATTER["dev"]) == set(CHATTER["unseen"])


def test_some_weeks_of_those_the_numbers_were_chosen_on() -> None:
    """Nearly every incident is found, most within five minutes, and few others are."""
    said = figures([run(week(seed, "dev")) for seed in (1, 2, 3)])
    assert said["incidents"] == 9 and said["detected"] >= 8 and said["within_5_minutes"] >= 7
    assert said["false"] <= 4
    assert len(said["misses"]) == 9 - said["within_5_minutes"]
