"""Words of the weekly report on its way: its message, its faults, its commands; Korean, then English."""

from __future__ import annotations

from collections.abc import Mapping

REPORTS: Mapping[str, tuple[str, str]] = {
    # faults, for the root contact
    "report.failed": (
        "{week} 주간 보고서를 만들지 못했습니다: {why}\n`sns-monitor report verify`로 기록을 확인하십시오."
        " 자동으로 다시 시도합니다.",
        "The weekly report {week} cannot be made: {why}\nRun `sns-monitor report verify`; it is tried again by itself.",
    ),
    "report.made": ("{week} 주간 보고서를 다시 만들어 보관하였습니다.",
            "The weekly report {week} was made after all and is kept."),
    "report.face_failed": ("주간 보고서의 {face} 파일을 만들 수 없어 빼고 보냅니다: {why}",
            "The weekly report goes out without its {face} file, which cannot be made: {why}"),
    "report.face_over": ("주간 보고서의 {face} 파일을 다시 만들 수 있습니다.",
            "The weekly report's {face} file can be made again."),
    # in the message
    "report.on_web": ("웹에서 보기", "On the web"),
    "report.left_out": ("첨부하지 못한 파일: {face}(만들 수 없음, 운영 담당에게 알림)",
            "Not attached: the {face} file could not be made; the operator was told"),
    "report.too_big": ("첨부하지 못한 파일: {face}(첨부 한도 {limit}MB 초과)",
            "Not attached: the {face} file, because mails carry {limit} MB at most"),
    # commands
    "report.kept": ("보관된 보고서입니다({made_at} 작성). SHA-256: {sha256}",
            "As kept, made on {made_at}. SHA-256: {sha256}"),
    "report.same": ("지금 다시 집계해도 보관된 보고서와 같습니다.", "Counted as of now, it is what was kept."),
    "report.differs": ("보관된 보고서와 다른 수치 {count}개(보관 → 현재)",
            "{count} figures differ from the report that was kept (kept → now)"),
    "report.counting": ("집계", "counting"),
    "report.no_week": ("없는 주입니다: {value}. ISO 연도와 주를 2026-W47처럼 쓰십시오", "{why}"),
    "report.binary": ("{format} 파일은 화면에 표시할 수 없습니다. --output으로 저장하거나 `> 파일`로 보내십시오",
            "{format} is no text for a terminal: use --output, or send it into a file"),
    "report.reason_for_xlsx": (
        "--reason은 사례 목록이 든 xlsx를 만들 때, 사유와 함께 쓰십시오(--format xlsx 또는 --output)",
        "--reason says why the cases are listed in the workbook: give one, with --format xlsx or --output",
    ),
    "report.send_alone": ("--send는 --week, --yes와만 함께 쓰십시오", "--send goes with --week and --yes alone"),
    "report.runs": ("{week} 주가 아직 끝나지 않아 보낼 수 없습니다.", "The week {week} is not over yet: not sent."),
    "report.ask": ("{week} 주간 보고서 {count}건을 보낼까요?", "Send the weekly report {week} in {count} messages?"),
    "report.sent": ("{week} 주간 보고서 {count}건을 발송 대기에 올렸습니다.",
            "{count} messages with the weekly report {week} are on their way."),
    "report.none": ("보관된 주간 보고서가 없습니다.", "No weekly report was kept yet."),
    "report.week": ("주간", "week"),
    "report.made_when": ("작성 시각", "made at"),
    "report.made_by": ("작성", "made by"),
}  # fmt: skip
