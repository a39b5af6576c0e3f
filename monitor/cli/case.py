"""`case …`: what staff do to a case."""

from __future__ import annotations

from collections.abc import Callable

import click

from config.durations import parse_duration
from monitor import case_words, conflicts, privacy
from monitor.cli.call import Call, Refusal, as_json, pass_call
from monitor.cli.case_file import print_case
from monitor.cli.output import print_json
from monitor.cli.queue import state_of
from monitor.desk import BadRequest, Conflict, Desk, UnknownCase
from monitor.rules import Rules
from monitor.store import cases, events, views
from monitor.store.engine import Store
from sla.actions import ANSWERED_ELSEWHERE, DISMISSALS
from sla.case import Case

_by = click.option("--by", metavar="STAFF", required=True, help="Who does it: a staff id of the settings.")
_reason = click.option("--reason", metavar="TEXT", required=True, help="Why; it is kept with the case.")
_id = click.argument("id", metavar="ID")


@click.group()
def case() -> None:
    """What staff do to a case. IDs are those that `queue` prints."""


@case.command()
@_id
@as_json
@pass_call
def show(call: Call, id: str, as_json: bool) -> None:
    """Everything on record of a case: its clock, posts, events and alerts."""
    rules = call.rules()
    with call.store() as store, store.read() as tx:
        found = cases.get(tx, id)
        if found is None:
            raise Refusal(call.words()("unknown_case", id=id))
        on_record = views.case_file_json(tx, found, rules.zone)
    if as_json:
        print_json(on_record)
    else:
        print_case(call, rules, found, on_record)


@case.command()
@_id
@_by
@as_json
@pass_call
def ack(call: Call, id: str, by: str, as_json: bool) -> None:
    """ "I have it": holds the alerts for a while; the clock runs on."""
    _act(call, "ack", id, by, as_json, lambda desk: desk.acknowledge(id, by))


@case.command()
@_id
@_by
@as_json
@pass_call
def claim(call: Call, id: str, by: str, as_json: bool) -> None:
    """It is mine: the assignee's alerts go to me from now on."""
    _act(call, "claim", id, by, as_json, lambda desk: desk.claim(id, by))


@case.command()
@_id
@_by
@click.option("--to", metavar="DEPARTMENT", required=True, help="The department it goes to.")
@_reason
@as_json
@pass_call
def transfer(call: Call, id: str, by: str, to: str, reason: str, as_json: bool) -> None:
    """Another department's from now on; the citizen's clock goes on."""
    departments = call.rules().departments
    if to not in departments:
        raise Refusal(call.words()("unknown_department", id=to, known=", ".join(departments)))
    _act(call, "transfer", id, by, as_json, lambda desk: desk.transfer(id, by, to, reason))


@case.command()
@_id
@_by
@as_json
@pass_call
def release(call: Call, id: str, by: str, as_json: bool) -> None:
    """Undo ack and claim: its alerts go to the duty again."""
    _act(call, "release", id, by, as_json, lambda desk: desk.release(id, by))


@case.command()
@_id
@_by
@click.option("--for", "span", metavar="DURATION", required=True, help='How long, as "45m" or "2h".')
@_reason
@as_json
@pass_call
def snooze(call: Call, id: str, by: str, span: str, reason: str, as_json: bool) -> None:
    """Put its alerts off; the clock runs on, and a follow-up of the citizen ends it."""
    try:
        until = call.clock() + parse_duration(span)
    except ValueError as exc:
        raise click.BadParameter(call.words()("bad_duration", value=span), param_hint="--for") from exc
    _act(call, "snooze", id, by, as_json, lambda desk: desk.snooze(id, by, until, reason))


@case.command()
@_id
@_by
@as_json
@pass_call
def wake(call: Call, id: str, by: str, as_json: bool) -> None:
    """Undo snooze."""
    _act(call, "wake", id, by, as_json, lambda desk: desk.wake(id, by))


@case.command()
@_id
@_by
@click.option("--into", metavar="ID", required=True, help="The older case, which goes on.")
@_reason
@as_json
@pass_call
def merge(call: Call, id: str, by: str, into: str, reason: str, as_json: bool) -> None:
    """The same matter as an older case of the same citizen; `reopen` undoes it."""
    _act(call, "merge", id, by, as_json, lambda desk: desk.merge(id, by, into, reason), beside=into)


@case.command()
@_id
@_by
@click.option("--withdraw", is_flag=True, help="Undo it: the first answer is all that is owed.")
@_reason
@as_json
@pass_call
def final(call: Call, id: str, by: str, withdraw: bool, reason: str, as_json: bool) -> None:
    """A final answer is owed beside the first one, in working days."""
    if withdraw:
        _act(call, "not_final", id, by, as_json, lambda desk: desk.withdraw_final(id, by, reason))
    else:
        _act(call, "final", id, by, as_json, lambda desk: desk.ask_final(id, by, reason))


@case.command()
@_id
@_by
@click.option("--text", metavar="TEXT", help="What to write.")
@click.option("--strike", metavar="NUMBER", type=int, help="Take a note back.")
@as_json
@pass_call
def note(call: Call, id: str, by: str, text: str | None, strike: int | None, as_json: bool) -> None:
    """Write a note beside a case; it answers nobody and stops no clock."""
    if (text is None) == (strike is None):
        raise click.UsageError(call.words()("note.one_of"))
    if strike is not None:
        number = strike
        _act(call, "strike", id, by, as_json, lambda desk: desk.strike(id, by, number))
        return
    written = text or ""
    _act(call, "note", id, by, as_json, lambda desk: desk.note(id, by, written))


@case.command()
@_id
@_by
@click.option(
    "--as",
    "outcome",
    type=click.Choice(DISMISSALS),
    default="dismissed",
    show_default=True,
    help="No reply due, spam, or taken back by the citizen.",
)
@_reason
@as_json
@pass_call
def dismiss(call: Call, id: str, by: str, outcome: str, reason: str, as_json: bool) -> None:
    """No reply is due; it leaves the attainment and is counted apart."""
    _act(call, "dismiss", id, by, as_json, lambda desk: desk.dismiss(id, by, reason, outcome))


@case.command()
@_id
@_by
@click.option("--outcome", type=click.Choice(ANSWERED_ELSEWHERE), required=True, help="How it was answered.")
@click.option("--reference", metavar="TEXT", default="", help="A petition's number, or what else tells where.")
@as_json
@pass_call
def answer(call: Call, id: str, by: str, outcome: str, reference: str, as_json: bool) -> None:
    """Record an answer given elsewhere; nothing is posted."""
    _act(call, "answer", id, by, as_json, lambda desk: desk.answer(id, by, outcome, reference))


@case.command()
@_id
@_by
@_reason
@as_json
@pass_call
def reopen(call: Call, id: str, by: str, reason: str, as_json: bool) -> None:
    """Undo a dismissal, a merge or an answer given elsewhere; old steps fire no alert again."""
    _act(call, "reopen", id, by, as_json, lambda desk: desk.reopen(id, by, reason))


def _act(
    call: Call, done: str, id: str, by: str, as_json: bool, what: Callable[[Desk], Case], beside: str | None = None
) -> None:
    rules = call.rules()
    words = call.words()
    if not rules.knows(by):
        known = ", ".join(person.id for person in rules.settings.staff)
        raise Refusal(words("unknown_staff", id=by, known=known))
    with call.store() as store:
        try:
            after = what(Desk(store, rules, call.clock))
        except UnknownCase as exc:
            with store.read() as tx:
                missing = id if beside is None or cases.get(tx, id) is None else beside
            raise Refusal(words("unknown_case", id=missing)) from exc
        except BadRequest as exc:
            raise click.UsageError(case_words.to_mend(words, rules, exc)) from exc
        except Conflict as exc:
            raise Refusal(_what_happened(call, rules, store, id, exc)) from exc
        if as_json:
            with store.read() as tx:
                (queued,) = views.with_mentions(tx, [after])
                print_json(views.case_json(queued, rules.zone))
            return
    click.echo(case_words.done(words, rules, done, after, by))


def _what_happened(call: Call, rules: Rules, store: Store, id: str, conflict: Conflict) -> str:
    """The first one to act wins; the second is told how the case stands and who did what last."""
    words = call.words()
    with store.read() as tx:
        now = cases.get(tx, id)
        # That somebody read it is no reason why an action comes too late.
        history = [event for event in events.of_case(tx, id) if event.kind not in privacy.LOOKS]
    assert now is not None
    last = case_words.staff_or_actor(words, rules, history[-1].actor)
    said = f"{words.when(history[-1].at, rules.zone)} {words.known(f'event.{history[-1].kind}', history[-1].kind)}"
    return words(
        "conflict", id=id, why=conflicts.why_not(words, rules, conflict, history, call.clock()),
        state=state_of(words, rules, now), last=f"{said}, {last}",
    )  # fmt: skip
