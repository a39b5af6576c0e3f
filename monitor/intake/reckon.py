"""Work out the cases of some conversations afresh from their stored posts, and what that changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from connectors.contract import Post
from monitor.rules import Rules
from monitor.store import cases, posts
from monitor.store.engine import Transaction, lock_conversations, new_id
from monitor.store.posts import Stored
from sla.case import Answer, Case, Change, Closing, Event, Mention, State, Turn, followed, merged, opened, turns
from sla.duty import Department
from sla.escalation import next_action
from sla.routing import Routed

AHEAD = timedelta(minutes=10)
"""How far a platform's clock may run before ours and still be believed."""

_Citizen = tuple[str, str]
"""A conversation, and one citizen in it; a post without an author is a citizen of its own."""


def reckon(
    tx: Transaction, rules: Rules, platform: str, touched: Collection[str], page: Mapping[str, Post], now: datetime
) -> list[Change]:
    """Return the changes of every case in the `touched` conversations; says to which case each mention belongs.

    `page` spares a look into the store for posts that have just come. Where a case was merged into one of another
    conversation by hand, that one is worked out too.
    """
    related = posts.related(tx, platform, touched)
    existing = {case.id: case for case in cases.of_conversations(tx, platform, touched, lock=True)}
    joined = _joined(tx, rules, existing)
    changes: list[Change] = []
    assigned: list[tuple[str, str]] = []
    for citizen, (mentions, answers) in _by_citizen(related, rules.official(platform)).items():
        if citizen[0] not in touched or not mentions:
            continue
        mine = _cases_among(mentions, existing)
        answers += (answer for id in mine for answer in joined.get(id, _ALONE).answers)
        found = turns(mentions, answers, _closings(mine, mentions, {answer.id for answer in answers}))
        owner: dict[str, str] = {}
        for turn, case in _matched(found, mine):
            moves = case is None or _may_be_anothers(turn, case, mine, joined)
            place = _placed(tx, rules, platform, turn.first, mine, page) if moves else None
            if place is not None and (case is None or case.department != place.department.id):
                change = _opened(rules, platform, citizen, turn, mine, place, now)
            else:
                assert case is not None
                change = _followed(rules, case, turn, answers, joined.get(case.id, _ALONE).stands, now)
            owner |= {mention.id: change.case.id for mention in turn.mentions}
            if change.events:
                changes.append(change)
        changes += _merged(mine, mentions, owner, now)
        assigned += [(m.id, owner[m.id]) for m in mentions if m.case != owner[m.id]]
    posts.assign(tx, platform, assigned)
    for beyond, conversations in _survivors(tx, platform, touched, existing).items():
        lock_conversations(tx, {f"{beyond}/{conversation}" for conversation in conversations})
        changes += reckon(tx, rules, beyond, conversations, {}, now)
    return changes


def last_answer(tx: Transaction, rules: Rules, case: Case) -> datetime | None:
    """The platform's time of the last official post to the case's citizen that is known; None where there is none."""
    related = posts.related(tx, case.platform, {case.conversation})
    for mentions, answers in _by_citizen(related, rules.official(case.platform)).values():
        if any(mention.case == case.id for mention in mentions):
            return max((answer.created_at for answer in answers), default=None)
    return None


class _Joined(NamedTuple):
    """What the cases that a person merged into one bring to it."""

    answers: tuple[Answer, ...] = ()
    """The first answer to each of them."""
    stands: bool = False
    """Whether a mention of theirs still stands."""


_ALONE = _Joined()


def _joined(tx: Transaction, rules: Rules, existing: Mapping[str, Case]) -> Mapping[str, _Joined]:
    """By case, what is known of those that people merged into it, wherever their conversations are."""
    found: dict[str, _Joined] = {}
    for case in cases.merged_into(tx, list(existing)) if existing else ():
        related = posts.related(tx, case.platform, {case.conversation})
        for mentions, answers in _by_citizen(related, rules.official(case.platform)).values():
            mine = [mention for mention in mentions if mention.case == case.id]
            if not mine:
                continue
            since = max(mention.created_at for mention in mine)
            first = min((a for a in answers if a.created_at >= since), key=lambda a: (a.created_at, a.id), default=None)
            before = found.get(case.merged_into or "", _ALONE)
            found[case.merged_into or ""] = _Joined(
                before.answers + ((first,) if first else ()),
                before.stands or any(mention.gone_at is None for mention in mine),
            )
    return found


def _survivors(
    tx: Transaction, platform: str, touched: Collection[str], existing: Mapping[str, Case]
) -> dict[str, set[str]]:
    """Conversations elsewhere, by platform, of the cases that people merged some of these into."""
    ids = {case.merged_into for case in existing.values() if case.merged_into} - set(existing)
    found: dict[str, set[str]] = defaultdict(set)
    for case in cases.by_ids(tx, [id for id in ids if id]).values() if ids else ():
        if case.platform != platform or case.conversation not in touched:
            found[case.platform].add(case.conversation)
    return found


def _by_citizen(
    related: Iterable[Stored], official: frozenset[str]
) -> dict[_Citizen, tuple[list[Mention], list[Answer]]]:
    """Sort mentions and answers by whom they are from and whom they are to."""
    by_id = {post.id: post for post in related}
    sorted_out: dict[_Citizen, tuple[list[Mention], list[Answer]]] = defaultdict(lambda: ([], []))
    for post in by_id.values():
        if post.role == "mention":
            # A time that has not come yet is the platform's mistake: its clock would never run.
            written = post.created_at if post.created_at <= post.stored_at + AHEAD else post.stored_at
            mention = Mention(post.id, written, post.stored_at, post.reply_to, post.gone_at, post.seen_at, post.case_id)
            sorted_out[_citizen(post)][0].append(mention)
        elif post.role == "official":
            quoted = by_id.get(post.quote_of or "")
            asked = by_id.get(post.reply_to or "")
            if post.reply_to_author is not None and post.reply_to_author not in official:
                to = (post.conversation, post.reply_to_author)
            elif asked is not None and asked.author not in official:
                to = _citizen(asked)
            elif quoted is not None and quoted.author not in official:
                to = _citizen(quoted)
            else:
                continue
            sorted_out[to][1].append(Answer(post.id, post.created_at, quoted=quoted is not None and asked is None))
    return sorted_out


def _citizen(post: Stored) -> _Citizen:
    return post.conversation, post.author or f"post:{post.id}"


def _cases_among(mentions: Iterable[Mention], existing: Mapping[str, Case]) -> dict[str, Case]:
    ids = {mention.case for mention in mentions if mention.case is not None}
    return {id: existing[id] for id in ids if id in existing and not _is_absorbed(existing[id])}


def _is_absorbed(case: Case) -> bool:
    """Whether its posts made it part of another case; one that a person merged still has its own."""
    return case.state is State.MERGED and case.merged_into is None


def _closings(mine: Mapping[str, Case], mentions: Sequence[Mention], answers: Collection[str]) -> list[Closing]:
    """What people closed, each with the mentions they had before them; and what was deleted, as far as it still is."""
    closings = []
    for case in mine.values():
        if case.closed_at is None or case.answer in answers:
            continue
        deleted = case.state is State.DELETED
        covers = frozenset(m.id for m in mentions if m.case == case.id and (m.gone_at is not None or not deleted))
        closings.append(Closing(case.id, case.closed_at, covers))
    return closings


def _matched(found: Sequence[Turn], mine: Mapping[str, Case]) -> Iterator[tuple[Turn, Case | None]]:
    """Give each turn the oldest case that holds one of its mentions and no earlier turn took."""
    taken: set[str] = set()
    for turn in found:
        held = {m.case for m in turn.mentions if m.case in mine} - taken
        case = min((mine[id] for id in held if id), key=lambda c: (c.opened_at, c.id), default=None)
        if case is not None:
            taken.add(case.id)
        yield turn, case


def _may_be_anothers(turn: Turn, case: Case, mine: Mapping[str, Case], joined: Mapping[str, _Joined]) -> bool:
    """Whether an earlier mention than any it had, found late, may say anew whose it is, for any order to give the same.

    Only while nobody was told or had to do with it: from then on it is a person who transfers.
    """
    first, held = turn.first, {m.case for m in turn.mentions if m.case in mine}
    earliest = min((m.created_at, m.id) for m in turn.mentions if m.case == case.id)
    is_earlier = first.case is None and (first.created_at, first.id) < earliest
    return is_earlier and all(mine[id].is_untouched and id not in joined for id in held if id)


class _Place(NamedTuple):
    """Whose a turn is."""

    account: str
    department: Department
    watchers: tuple[str, ...]
    routed: Routed | None


def _placed(
    tx: Transaction, rules: Rules, platform: str, first: Mention, mine: Mapping[str, Case], page: Mapping[str, Post]
) -> _Place:
    """Whose a turn is by its first mention: by its words, else by the account it speaks to."""
    post = page.get(first.id)
    addressed, text = (post.addressed, post.text) if post else posts.addressed_and_text(tx, platform, first.id)
    homes = {id: home for id in addressed if (home := rules.department_of(platform, id)) is not None}
    account, home = next(iter(homes.items()), (addressed[0], None))
    routed = rules.routed(text)
    if routed is not None:
        department = rules.departments[routed.department]
    else:
        # An account that was taken out of the settings: its cases stay where they are.
        department = home or rules.department(next((case.department for case in mine.values()), ""))
    return _Place(account, department, tuple(sorted({home.id for home in homes.values()} - {department.id})), routed)


def _opened(
    rules: Rules, platform: str, citizen: _Citizen, turn: Turn, mine: Mapping[str, Case], place: _Place, now: datetime
) -> Change:
    first, department, routed = turn.first, place.department, place.routed
    policy = rules.policy(department.policy)
    calendar = rules.calendar(policy.calendar, department.id)
    case = Case(
        id=new_id("c"), platform=platform, account=place.account, department=department.id, conversation=citizen[0],
        author=None if citizen[1].startswith("post:") else citizen[1], policy=policy.name,
        opened_at=first.created_at, found_at=first.stored_at, deadline=calendar.add(first.created_at, policy.target),
        next_action_at=None, watchers=place.watchers,
    )  # fmt: skip
    why = {"calendar": f"{calendar.name}/{calendar.version}"}
    if routed:
        why |= {"route": str(routed.rule), "keyword": routed.keyword}
    change = opened(case._replace(next_action_at=next_action(case, policy, calendar)), turn, now, **why)
    if turn.closer is None and turn.standing:
        return change
    if isinstance(turn.closer, Closing):
        # Split off from a case a person had closed: what they decided covers it still.
        of = mine[turn.closer.case]
        late = of.answered_at is not None and of.answered_at > change.case.deadline
        closed = change.case._replace(
            state=of.state, outcome=of.outcome, closed_at=of.closed_at, answered_at=of.answered_at,
            next_action_at=None, breached_at=change.case.deadline if late else None, merged_into=of.merged_into,
        )  # fmt: skip
        data = {"of": of.id, "state": of.state, "answered_at": of.answered_at, "outcome": of.outcome}
        return Change(closed, (*change.events, Event("split", now, "platform", data)))
    own = Turn(tuple(replace(mention, case=case.id) for mention in turn.mentions), turn.closer)
    after = followed(change.case, own, case.deadline, now)
    return Change(after.case, change.events + after.events)


def _followed(rules: Rules, case: Case, turn: Turn, answers: Sequence[Answer], kept: bool, now: datetime) -> Change:
    policy, start = rules.policy(case.policy), turn.first.created_at
    final = None if case.final_deadline is None else rules.final_deadline(policy, case.department, start)
    deadline = rules.deadline(policy, case.department, start)
    change = followed(case, turn, deadline, now, final_deadline=final, finals=answers, kept=kept)
    if change.events and change.case.owed_by is not None:
        due = next_action(change.case, *rules.terms(change.case))
        return Change(change.case._replace(next_action_at=due), change.events)
    return change


def _merged(
    mine: Mapping[str, Case], mentions: Sequence[Mention], owner: Mapping[str, str], now: datetime
) -> Iterator[Change]:
    """Cases that no turn is left for: their mentions belong to another case now."""
    kept = set(owner.values())
    for case in mine.values():
        if case.id not in kept and case.state is not State.MERGED:
            first = next(mention for mention in mentions if mention.case == case.id)
            yield merged(case, owner[first.id], now)
