"""One break or more for each row of the semantics, and the tests that must see it.

A row whose code can be broken in silence is not proved. `python -m tests.proof.mutate` makes each break in a copy of
the tree and runs the tests named; a test asserts on every run that the table still fits the sources.
"""

from __future__ import annotations

from typing import NamedTuple

ROWS = range(1, 39)
CLOCK = "tests/monitor/test_rows_clock.py::test_row_"
ESCALATING = "tests/monitor/test_rows_escalating.py::test_"
SEEING = "tests/monitor/test_rows_seeing.py::test_row_"
DESK = "tests/monitor/test_rows_desk.py::test_row_"
FOUND = "tests/proof/test_found.py::test_"
CALENDAR = "tests/sla/test_calendar.py::test_row_"


class Mutation(NamedTuple):
    """A break: in `file`, `before`, which stands there exactly once, becomes `after`."""

    row: int
    file: str
    before: str
    after: str
    tests: tuple[str, ...]
    """Node ids; at least one test of each must fail."""


MUTATIONS = (
    Mutation(
        1, "monitor/intake/reckon.py",
        "written = post.created_at if post.created_at <= post.stored_at + AHEAD else post.stored_at",
        "written = post.stored_at",
        (CLOCK + "1_the_clock_starts_at_the_platforms_own_time",),
    ),
    Mutation(
        2, "sla/case.py",
        "for mention in sorted(mentions, key=lambda m: (m.created_at, m.id)):",
        "for mention in sorted(mentions, key=lambda m: (m.created_at, m.id), reverse=True):",
        (CLOCK + "2_two_follow_ups_are_one_case_from_the_earliest",),
    ),
    Mutation(
        3, "sla/case.py",
        "(a for a in ordered if a.created_at >= mention.created_at and a.id != mention.reply_to)",
        "iter(ordered)",
        (CLOCK + "3_a_follow_up_after_an_answer_is_a_new_case",),
    ),
    Mutation(
        4, "sla/case.py",
        "State.ANSWERED, answer.created_at, answer=answer.id, answered_at=answer.created_at,",
        "State.ANSWERED, answer.created_at, answer=answer.id, answered_at=now,",
        (CLOCK + "4_an_answer_found_after_the_breach_puts_things_right",),
    ),
    Mutation(
        4, "monitor/alerts/outbox.py",
        "if any(e.kind == kind for e in change.events)}",
        "if not change.events}",
        (CLOCK + "4_an_answer_found_after_the_breach_puts_things_right",),
    ),
    Mutation(
        5, "sla/case.py",
        "met = answer.created_at <= case.deadline",
        "met = answer.created_at < case.deadline",
        (CLOCK + "5_an_answer_exactly_at_the_deadline_is_met",),
    ),
    Mutation(
        5, "sla/history.py",
        "return Status.MET if self.answered_at <= self.deadline else Status.LATE",
        "return Status.MET if self.answered_at < self.deadline else Status.LATE",
        ("tests/sla/test_compliance.py::test_row_5_an_answer_exactly_at_the_deadline_is_met",),
    ),
    Mutation(
        6, "monitor/rules.py", 'return "automatic"', 'return "official"',
        (CLOCK + "6_an_automatic_reply_is_no_answer",),
    ),
    Mutation(
        7, "sla/case.py",
        "min((a for a in finals if a.created_at > after)",
        "min((a for a in finals if a.created_at > case.opened_at)",
        (DESK + "7_an_official_post_before_it_was_asked_for_is_not_final",),
    ),
    Mutation(
        7, "sla/policy.py",
        "return self.final if clock is Clock.FINAL else self.first",
        "return self.first",
        (DESK + "7_each_stage_has_its_own_steps_and_attainment",),
    ),
    Mutation(
        7, "sla/case.py",
        "    case, told = _finally(case, turn, finals, now, kept=kept)\n    return Change(case, (*events, *told))",
        "    return Change(case, tuple(events))",
        (FOUND + "final_after_elsewhere",),
    ),
    Mutation(
        7, "sla/actions.py", "final_asked_at=max(now, shown or now)", "final_asked_at=now",
        (FOUND + "what_was_there_before_is_not_final",),
    ),
    Mutation(
        7, "sla/case.py", "if not turn.standing and not kept:", "if not turn.standing:",
        (FOUND + "final_of_what_was_merged_into_it",),
    ),
    Mutation(
        8, "monitor/intake/reckon.py",
        "m.id for m in mentions if m.case == case.id and (m.gone_at is not None or not deleted)",
        "m.id for m in mentions",
        (CLOCK + "8_a_thank_you_is_dismissed_and_hides_no_follow_up",),
    ),
    Mutation(
        9, "monitor/intake/reckon.py",
        'return post.conversation, post.author or f"post:{post.id}"',
        'return post.conversation, "everybody"',
        (CLOCK + "9_another_citizens_comment_is_a_new_case",),
    ),
    Mutation(
        10, "sla/history.py",
        'legs=(*_ended(so_far, event.at), Leg(data["to"], event.at, None)),',
        'legs=(Leg(data["to"], so_far.found_at, None),),',
        (
            "tests/sla/test_compliance.py::test_row_10_each_departments_leg_is_timed",
            DESK + "10_each_department_has_its_leg",
        ),
    ),
    Mutation(
        10, "monitor/desk.py",
        "case, department.id, policy.name, self._rules.deadline(policy, department.id, case.opened_at), by,",
        "case, department.id, policy.name, self._rules.deadline(policy, department.id, now), by,",
        (ESCALATING + "row_20_a_transfer_starts_a_round",),
    ),
    Mutation(
        11, "sla/escalation.py", "level = due[-1][0] if due else 0", "level = 0",
        (CLOCK + "11_reopening_long_after_fires_no_old_alert",),
    ),
    Mutation(
        12, "sla/calendar.py",
        "pause_spans += (_on(day, pause.start, pause.end) for pause in self.pauses)",
        "pass",
        (CALENDAR + "12_lunch_pause",),
    ),
    Mutation(
        12, "monitor/rules.py",
        "return self._local.get((name, department)) or self.calendars[name]",
        "return self.calendars[name]",
        ("tests/monitor/test_local_holidays.py::test_row_12_a_local_holiday_moves_the_departments_deadline",),
    ),
    Mutation(
        13, "sla/calendar.py",
        "first = max((opening - offset).replace(tzinfo=UTC), begin)",
        "first = max((opening - self.zone.utcoffset(datetime(number, 1, 1))).replace(tzinfo=UTC), begin)",
        (CALENDAR + "13_opening_follows_the_clock_change",),
    ),
    Mutation(
        14, "monitor/reschedule.py",
        "deadline = rules.deadline(policy, case.department, case.opened_at)",
        "deadline = case.deadline",
        ("tests/monitor/test_reschedule.py::test_row_14_a_holiday_declared_late_keeps_old_beside_new",),
    ),
    Mutation(
        15, "monitor/reschedule.py",
        "        deadline = rules.deadline(policy, case.department, case.opened_at)\n",
        "        deadline = now\n",
        ("tests/monitor/test_reschedule.py::test_row_15_a_new_target_applies_to_open_cases_and_closed_history_stays",),
    ),
    Mutation(
        16, "sla/case.py", "if gone_at <= case.deadline:", "if gone_at:",
        (CLOCK + "16_deleted_is_the_first_look_that_missed_it",),
    ),
    Mutation(
        16, "sla/case.py",
        "breach_stands = case.breached_at is not None and first.created_at > case.opened_at",
        "breach_stands = False",
        (CLOCK + "16_a_breach_stands_when_its_mention_is_deleted_and_another_remains",),
    ),
    Mutation(
        16, "sla/case.py",
        "return max(self.mentions, key=lambda mention: mention.gone_at or mention.created_at)",
        "return self.mentions[0]",
        (FOUND + "gone_one_after_the_other",),
    ),
    Mutation(
        16, "sla/case.py",
        "seen_at = ran.seen_at or ran.stored_at", "seen_at = max(m.seen_at or m.stored_at for m in turn.mentions)",
        (FOUND + "a_later_mention_does_not_vouch_for_the_first",),
    ),
    Mutation(
        16, "sla/case.py",
        "state = State.OPEN if case.assignee is None else State.CLAIMED", "state = State.OPEN",
        (FOUND + "restored",),
    ),
    Mutation(
        17, "sla/case.py", "if case.snoozed_until is not None and case.is_open:", "if False:",
        (DESK + "17_a_follow_up_ends_a_snooze",),
    ),
    Mutation(
        18, "monitor/rules.py",
        "watch_from is None or post.created_at < watch_from.replace(microsecond=0)",
        "watch_from is None",
        (CLOCK + "18_what_was_posted_before_is_context",),
    ),
    Mutation(
        19, "monitor/rules.py",
        "obliges = post.kind is PostKind.POST and post.addressed and not ignored",
        "obliges = bool(post.addressed) and not ignored",
        (CLOCK + "19_what_is_not_a_mention",),
    ),
    Mutation(
        19, "monitor/intake/reckon.py",
        "watchers=place.watchers,", "watchers=(),",
        (CLOCK + "19_one_post_that_names_two_departments_is_one_case",),
    ),
    Mutation(
        19, "monitor/intake/reckon.py",
        "is_earlier = first.case is None and (first.created_at, first.id) < earliest", "is_earlier = False",
        (FOUND + "whose_it_is_does_not_depend_on_the_order_of_arrival",),
    ),
    Mutation(
        19, "monitor/intake/reckon.py",
        "mine[id].is_untouched and id not in joined", "True",
        (FOUND + "what_somebody_has_to_do_with_is_not_taken_from_them",),
    ),
    Mutation(
        20, "sla/escalation.py",
        "due = calendar.add(case.opened_at, ladder.steps[level].at)",
        "due = calendar.add(case.next_action_at or case.opened_at, ladder.steps[level].at)",
        (ESCALATING + "row_20_steps_are_anchored_to_the_case",),
    ),
    Mutation(
        21, "monitor/escalation/engine.py",
        "self._looker.look(telling) if telling else frozenset()",
        "frozenset(case.id for case in telling)",
        (
            ESCALATING + "row_21_answered_at_the_last_look_is_no_alert",
            ESCALATING + "row_21_an_unreachable_platform_escalates_all_the_same",
        ),
    ),
    Mutation(
        22, "monitor/store/alerts.py",
        'return state != "answered"',
        "return True",
        (ESCALATING + "row_22_answered_between_queueing_and_sending_is_dropped",),
    ),
    Mutation(
        23, "sla/escalation.py",
        "(level, due_at), overtaken = due[-1], tuple(number for number, _ in due[:-1])",
        "(level, due_at), overtaken = due[0], ()",
        (
            "tests/sla/test_escalation.py::test_row_23_the_highest_level_due",
            ESCALATING + "row_23_one_catch_up_after_downtime",
        ),
    ),
    Mutation(
        23, "sla/duty.py",
        "for number in (level, *sorted(overtaken))",
        "for number in (level,)",
        ("tests/sla/test_duty.py::test_row_23_recipients_of_overtaken_levels_are_told_too",),
    ),
    Mutation(
        24, "sla/duty.py", "        return (root,)\n", "        return ()\n",
        ("tests/sla/test_duty.py::test_row_24_after_the_last_step_the_root_contact_is_told",),
    ),
    Mutation(
        24, "sla/escalation.py",
        "reason, kind = Reason.REPEAT, Kind.ESCALATION", "kind = Kind.ESCALATION",
        (ESCALATING + "the_ladder_from_warning_to_root",),
    ),
    Mutation(
        25, "config/checks.py",
        'if person.get("channels", []) == []:', "if False:",
        ("tests/config/test_config_faults.py::test_row_25_a_person_who_cannot_be_reached_is_a_fault",),
    ),
    Mutation(
        26, "sla/actions.py",
        "held = case._replace(state=state, held_until=until, held_level=case.level)",
        "held = case._replace(state=state, held_until=until)",
        (ESCALATING + "row_26_acknowledged_holds_until_it_does_not",),
    ),
    Mutation(
        26, "sla/escalation.py", "return due if on_record else min(due, deadline)", "return due",
        (ESCALATING + "row_26_acknowledged_holds_until_it_does_not",),
    ),
    Mutation(
        27, "monitor/alerts/hold.py", "if clock is Clock.FINAL:", "if clock is None:",
        ("tests/monitor/test_rows_nights.py::test_row_27_reminders_of_final_answers_wait_for_duty_hours",),
    ),
    Mutation(
        28, "monitor/alerts/bundle.py",
        "return group.due_at <= last or now >= last + self._rules.settings.alerts.bundle",
        "return True",
        (ESCALATING + "row_28_bundles",),
    ),
    Mutation(
        29, "monitor/alerts/deliver.py",
        "channel = self._next_channel(tx, stored)\n        if channel is None:",
        "channel = self._next_channel(tx, stored)\n        if channel:",
        (ESCALATING + "row_29_a_failing_channel_falls_back",),
    ),
    Mutation(
        29, "monitor/alerts/deliver.py",
        "later = mine[mine.index(stored.channel) + 1 :]", "later = mine[mine.index(stored.channel) + 2 :]",
        (ESCALATING + "row_29_a_failing_channel_falls_back",),
    ),
    Mutation(
        30, "config/builtin.py",
        '{"at": "20m", "kind": "warning", "notify": ["assignee"]}',
        '{"at": "20m", "kind": "warning", "notify": ["assignee", "manager"]}',
        (ESCALATING + "the_ladder_from_warning_to_root",),
    ),
    Mutation(
        31, "monitor/intake/poll.py",
        "                if page.resume is None:\n", "                if page.posts is not None:\n",
        (SEEING + "31_complete_until_moves_with_the_last_page_only",),
    ),
    Mutation(
        31, "monitor/intake/watch.py",
        'elif account.fetched_at is not None and started - account.fetched_at > limit:',
        "elif False:",
        ("tests/monitor/test_rows_seeing.py::test_downtime_of_our_own_is_a_gap_not_an_alarm",),
    ),
    Mutation(
        31, "monitor/store/accounts.py",
        "was = c.is_(None) if since else c.is_not(None)", "was = c.is_(None) | c.is_not(None)",
        (SEEING + "31_blind_is_told_once_and_its_end_too",),
    ),
    Mutation(
        32, "monitor/intake/watch.py", "if silence is not None:", "if silence is None:",
        ("tests/monitor/test_rows_watch.py::test_row_32_an_account_that_falls_silent_is_said_so_once",),
    ),
    Mutation(
        33, "sla/coverage.py",
        "return (self.watched - self.blind) * 1_000_000 // self.watched / 1_000_000",
        "return round((self.watched - self.blind) / self.watched, 2)",
        ("tests/sla/test_compliance.py::test_row_33_blind_time_is_never_shown_as_whole",),
    ),
    Mutation(
        34, "sla/case.py",
        '"deadline": min(deadline, case.deadline)', '"deadline": deadline',
        ("tests/sla/test_actions.py::test_row_34_a_crisis_shortens_and_never_lengthens",),
    ),
    Mutation(
        34, "monitor/crisis/watch.py",
        "self._room.admit(one.joining, None, self._ordinary)", "pass",
        ("tests/monitor/test_rows_crisis.py::test_row_34_later_mentions_join_and_nobody_is_told_twice",),
    ),
    Mutation(
        35, "monitor/reports/count.py",
        "yield fold(events.of_cases(tx, some, last_event))", "yield fold(events.of_cases(tx, some))",
        ("tests/reports/test_weekly.py::test_row_35_a_recount_gives_the_same_report_later",),
    ),
    Mutation(
        36, "monitor/alerts/outbox.py",
        'return "shadow" if rules.settings.alerts.mode == "shadow" else "waiting"', 'return "waiting"',
        (ESCALATING + "row_36_shadow_decides_and_tells_nobody",),
    ),
    Mutation(
        37, "sla/duty.py",
        "found = None if claimed is None else stand_in(claimed)", "found = claimed",
        ("tests/sla/test_duty.py::test_row_37_what_an_absent_person_claimed_returns_to_the_duty",),
    ),
    Mutation(
        37, "monitor/reschedule.py",
        "return case.owed_by is not None and case.assignee is not None and not rules.knows(case.assignee)",
        "return False",
        ("tests/monitor/test_reschedule.py::test_row_37_a_person_who_left_holds_nothing",),
    ),
    Mutation(
        38, "monitor/housekeeping.py",
        "CLOCK_TOLERATED = timedelta(seconds=30)", "CLOCK_TOLERATED = timedelta(seconds=3000)",
        ("tests/monitor/test_rows_watch.py::test_row_38_a_clock_that_is_off_is_told_once_and_its_end_too",),
    ),
)  # fmt: skip
