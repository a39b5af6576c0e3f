"""What is said of each fault, in Korean and English: the problem, and how to mend it.

Values in braces are filled in by `config.faults`; no message is ever given a secret or a whole address, because an
address may hold one.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Language = Literal["ko", "en"]


class Message(NamedTuple):
    """One fault's words; each pair is (problem, mend)."""

    ko: tuple[str, str]
    en: tuple[str, str]


_DURATION_KO = '"5s", "30m", "2h", "3d"처럼 쓰십시오'
_DURATION_EN = 'write it as "5s", "30m", "2h" or "3d"'
_HOURS_KO = '"mon-fri 09:00-18:00"처럼 쓰십시오'
_HOURS_EN = 'write it as "mon-fri 09:00-18:00"'
_REFERENCE_KO = '{{ env = "이름" }} 또는 {{ file = "경로" }}로 쓰십시오'
_REFERENCE_EN = 'write it as {{ env = "NAME" }} or {{ file = "path" }}'

MESSAGES: dict[str, Message] = {
    # The file itself.
    "unreadable": Message(
        ("파일을 읽을 수 없습니다({reason})", "경로와 권한을 확인하십시오"),
        ("the file cannot be read ({reason})", "check its path and permissions"),
    ),
    "not_utf8": Message(
        ("UTF-8이 아닌 바이트가 있습니다", "파일을 UTF-8로 저장하십시오"),
        ("the file holds bytes that are not UTF-8", "save it as UTF-8"),
    ),
    "not_toml": Message(
        ("TOML 문법에 맞지 않습니다({reason})", "이 줄의 따옴표, 괄호, 등호와 중복된 키를 확인하십시오"),
        ("this is not TOML ({reason})", "check quotes, brackets, equals signs and repeated keys on this line"),
    ),
    "too_deep": Message(
        ("너무 깊이 중첩되었습니다", "괄호의 짝을 확인하십시오"),
        ("this is nested too deeply", "check that brackets are paired"),
    ),
    # Keys and kinds of value.
    "missing": Message(
        ("꼭 있어야 하는데 없습니다", "이 키를 추가하십시오"),
        ("this is required and missing", "add it"),
    ),
    "unknown_key": Message(
        ("알 수 없는 키입니다", "{hint}"),
        ("this key is unknown", "{hint}"),
    ),
    "not_text": Message(
        ("문자열이 아닙니다", "따옴표로 묶으십시오"),
        ("this is not text", "put it in quotes"),
    ),
    "not_number": Message(
        ("정수가 아닙니다", "따옴표 없이 정수로 쓰십시오"),
        ("this is not a whole number", "write a whole number without quotes"),
    ),
    "not_switch": Message(
        ("true도 false도 아닙니다", "따옴표 없이 true 또는 false로 쓰십시오"),
        ("this is neither true nor false", "write true or false without quotes"),
    ),
    "not_list": Message(
        ("목록이 아닙니다", "[…]로 묶거나, 표의 목록이면 [[이름]]으로 시작하십시오"),
        ("this is not a list", "put it in [ ], or begin each table of a list with [[name]]"),
    ),
    "not_table": Message(
        ("표가 아닙니다", "[이름] 아래에 키를 하나씩 쓰십시오"),
        ("this is not a table", "write its keys below a [name] header"),
    ),
    "not_one_of": Message(
        ("쓸 수 없는 값입니다", "다음 중에서 고르십시오: {expected}"),
        ("this value is not allowed", "choose from {expected}"),
    ),
    "empty": Message(
        ("비어 있습니다", "값을 하나 이상 쓰십시오"),
        ("this is empty", "give at least one value"),
    ),
    "out_of_range": Message(
        ("범위를 벗어난 값입니다({detail})", "범위 안의 값으로 고치십시오"),
        ("this is out of range ({detail})", "give a value within the range"),
    ),
    "other": Message(
        ("잘못된 값입니다({detail})", "설명서의 해당 항목을 보고 고치십시오"),
        ("this value is wrong ({detail})", "see this key in the guide and correct it"),
    ),
    # Times and durations.
    "duration": Message(("기간이 아닙니다: {value}", _DURATION_KO), ("not a duration: {value}", _DURATION_EN)),
    "duration_zero": Message(
        ("기간은 0보다 커야 합니다", _DURATION_KO), ("this duration must be more than nothing", _DURATION_EN)
    ),
    "duration_long": Message(
        ("기간이 너무 깁니다: {value}", "{days}일 이하로 쓰십시오"),
        ("this duration is too long: {value}", "give at most {days} days"),
    ),
    "hours": Message(("시간대가 아닙니다: {value}", _HOURS_KO), ("not opening hours: {value}", _HOURS_EN)),
    "hours_overlap": Message(
        ("시간대가 서로 겹칩니다: {value}", "겹치지 않게 나누십시오"),
        ("these hours overlap others: {value}", "write each minute of the week once"),
    ),
    "pause": Message(
        ("쉬는 시간이 아닙니다: {value}", '"12:00-13:00"처럼, 자정을 넘으면 둘로 나누어 쓰십시오'),
        ("not a pause: {value}", 'write it as "12:00-13:00", and two of them across midnight'),
    ),
    "pause_overlap": Message(
        ("쉬는 시간이 서로 겹칩니다: {value}", "하나로 합치십시오"),
        ("these pauses overlap: {value}", "make them one"),
    ),
    "never_open": Message(
        ("쉬는 시간을 빼면 열린 시간이 없습니다", "hours를 늘리거나 pauses를 줄이십시오"),
        ("the pauses leave no open minute", "widen hours or shorten pauses"),
    ),
    "date": Message(
        ("날짜가 아닙니다: {value}", '"2026-10-08"처럼 쓰십시오'),
        ("not a date: {value}", 'write it as "2026-10-08"'),
    ),
    "day_hours": Message(
        ("날짜와 시간대가 아닙니다: {value}", '"2026-12-31 09:00-13:00"처럼 쓰십시오'),
        ("not the hours of a date: {value}", 'write it as "2026-12-31 09:00-13:00"'),
    ),
    "day_holiday": Message(
        ("{value}은(는) days와 extra_holidays에 함께 있습니다", "둘 중 하나에서 지우십시오"),
        ("{value} stands in days and in extra_holidays", "take it out of one of them"),
    ),
    "instant": Message(
        ("시간대가 붙은 시각이 아닙니다", "따옴표 없이 2026-11-24T09:00:00+09:00처럼 쓰십시오"),
        ("not an instant with its offset", "write it without quotes as 2026-11-24T09:00:00+09:00"),
    ),
    "timezone": Message(
        ("알 수 없는 시간대입니다: {value}", '"Asia/Seoul"처럼 쓰십시오'),
        ("unknown time zone: {value}", 'write it as "Asia/Seoul"'),
    ),
    "country": Message(
        ("공휴일을 알 수 없는 나라입니다: {value}", '"KR"처럼 두 글자로, 공휴일이 없으면 ""로 쓰십시오'),
        ("no holidays are known for the country {value}", 'write a code as "KR", or "" for no holidays'),
    ),
    "weekly": Message(
        ("요일과 시각이 아닙니다: {value}", '"mon 09:00"처럼 쓰십시오'),
        ("not a day and time: {value}", 'write it as "mon 09:00"'),
    ),
    "rate": Message(
        ("빈도가 아닙니다: {value}", '"1/month"처럼 쓰십시오(minute, hour, day, week, month, year)'),
        ("not a rate: {value}", 'write it as "1/month" (minute, hour, day, week, month or year)'),
    ),
    "quiet": Message(
        ("방해 금지 시간이 아닙니다: {value}", '"22:00-07:00"처럼 쓰십시오'),
        ("not quiet hours: {value}", 'write them as "22:00-07:00"'),
    ),
    "quiet_always": Message(
        ("하루 종일 방해 금지입니다", "알림을 받을 시간을 남기십시오"),
        ("quiet all day", "leave some time in which reminders may come"),
    ),
    "blind_order": Message(
        ("조회 간격(polling.every)보다 짧습니다", "조회 간격 이상으로 늘리십시오"),
        ("this is shorter than polling.every", "make it at least as long"),
    ),
    # Addresses, ids and patterns.
    "url": Message(
        ("주소가 올바르지 않습니다", '"https://host/path"처럼 쓰십시오'),
        ("this is not a web address", 'write it as "https://host/path"'),
    ),
    "database": Message(
        (
            "데이터베이스 주소가 올바르지 않습니다",
            '"sqlite:///data/monitor.db" 또는 "postgresql://user@host/name"으로 쓰십시오',
        ),
        (
            "this is no database address",
            'write "sqlite:///data/monitor.db" or "postgresql://user@host/name"',
        ),
    ),
    "listen": Message(
        ("수신 주소가 아닙니다: {value}", '"127.0.0.1:8080"처럼, 쓰지 않으면 ""로 쓰십시오'),
        ("not an address to listen on: {value}", 'write it as "127.0.0.1:8080", or "" for none'),
    ),
    "email": Message(
        ("전자우편 주소가 아닙니다", '"kim@example.go.kr"처럼 하나만 쓰십시오'),
        ("this is not a mail address", 'write one, as "kim@example.go.kr"'),
    ),
    "id": Message(
        ("id로 쓸 수 없습니다: {value}", "글자, 숫자와 _ . - @ 만으로 쓰십시오"),
        ("not usable as an id: {value}", "use letters, digits and _ . - @ only"),
    ),
    "blank": Message(
        ("빈 문자열입니다", "내용을 쓰거나 지우십시오"),
        ("this text is blank", "write something, or remove it"),
    ),
    "author": Message(
        ("작성자가 아닙니다: {value}", '"twitter:12345"처럼 쓰십시오'),
        ("not an author: {value}", 'write it as "twitter:12345"'),
    ),
    "regex": Message(
        ("정규식이 아닙니다({reason})", "Python 정규식 문법으로 고치십시오"),
        ("not a regular expression ({reason})", "correct it to Python's syntax"),
    ),
    "ca_file": Message(
        ("인증서 파일을 읽을 수 없습니다", "경로와 권한을 확인하십시오"),
        ("the certificate file cannot be read", "check its path and permissions"),
    ),
    # What refers to what.
    "duplicate": Message(
        ("{line_of_first}행에 이미 있습니다: {value}", "하나를 지우거나 이름을 바꾸십시오"),
        ("already there on line {line_of_first}: {value}", "remove or rename one of them"),
    ),
    "unknown_name": Message(
        ("{table}에 없습니다: {value}", "{hint}"),
        ("not among {table}: {value}", "{hint}"),
    ),
    "role": Message(
        ("알릴 대상이 아닙니다: {value}", "{hint}"),
        ("nobody that can be notified: {value}", "{hint}"),
    ),
    "no_channels": Message(
        ("연락 채널이 없는 사람입니다", 'channels = ["채널 id"]를 추가하십시오'),
        ("this person cannot be reached", 'add channels = ["channel id"]'),
    ),
    "channel_needs": Message(
        ("{type} 채널에 꼭 있어야 하는데 없습니다", "이 키를 추가하십시오"),
        ("a channel of type {type} needs this", "add it"),
    ),
    "private_url": Message(
        ("내부망 또는 이 컴퓨터의 주소입니다", "의도한 것이면 allow_private = true를 추가하십시오"),
        ("this address is a private or loopback one", "if that is meant, add allow_private = true"),
    ),
    "route_empty": Message(
        ("any도 all도 없어 아무 글도 고르지 않습니다", 'any = ["낱말"]을 추가하십시오'),
        ("without any and all this route matches nothing", 'add any = ["word"]'),
    ),
    # Rosters, overrides and leave.
    "until_order": Message(
        ("until이 from보다 늦지 않습니다", "from보다 늦은 시각으로 고치십시오"),
        ("until is not after from", "give a time after from"),
    ),
    "roster_overlap": Message(
        ("{line_of_first}행의 근무표와 시간대가 겹칩니다: {value}", "겹치는 시간을 한쪽에서 빼십시오"),
        ("these hours overlap the roster on line {line_of_first}: {value}", "take the shared hours out of one of them"),
    ),
    "roster_alone": Message(
        (
            "이 부서의 근무표가 {line_of_first}행에 이미 있고, 둘 중 하나는 ics 파일입니다",
            "한 부서의 근무표는 ics 파일 하나 또는 hours로만 쓰십시오",
        ),
        (
            "this department has a roster on line {line_of_first}, and one of the two is an ics file",
            "keep one ics file for a department, or write hours only",
        ),
    ),
    "override_overlap": Message(
        ("{line_of_first}행의 당직 변경과 기간이 겹칩니다", "겹치지 않게 기간을 나누십시오"),
        ("this overlaps the override on line {line_of_first}", "make one of them end before the other begins"),
    ),
    "deputy_self": Message(
        ("자기 자신을 대행자로 적었습니다", "다른 직원을 적거나 지우십시오"),
        ("nobody is their own deputy", "name somebody else, or remove it"),
    ),
    "ics_beside": Message(
        ("ics와 {name}을(를) 함께 쓸 수 없습니다", "둘 중 하나를 지우십시오"),
        ("ics and {name} cannot stand together", "remove one of them"),
    ),
    "ics_file": Message(
        ("달력 파일 {name}을(를) 읽을 수 없습니다({reason})", "경로와 권한을 확인하십시오"),
        ("the calendar file {name} cannot be read ({reason})", "check its path and permissions"),
    ),
    "ics_format": Message(
        ("{name}은(는) 쓸 수 있는 iCalendar 파일이 아닙니다({reason})", "달력 프로그램에서 .ics로 다시 내보내십시오"),
        ("{name} is no usable iCalendar file ({reason})", "export it again as .ics from the calendar program"),
    ),
    "ics_broken": Message(
        ("{name}의 일정 {event}: {property}이(가) 잘못되었습니다({reason})", "그 일정을 고쳐 다시 내보내십시오"),
        ("{name}, event {event}: {property} is wrong ({reason})", "mend that event and export the file again"),
    ),
    "ics_zone": Message(
        ("{name}의 일정 {event}: 알 수 없는 시간대입니다: {value}", '"Asia/Seoul" 같은 시간대로 고치십시오'),
        ("{name}, event {event}: unknown time zone {value}", 'give it a zone as "Asia/Seoul"'),
    ),
    "ics_rule": Message(
        (
            "{name}의 일정 {event}: 쓸 수 없는 반복 규칙입니다: {value}",
            "시간·일·주·월·년 단위로 반복하게 고치십시오",
        ),
        ("{name}, event {event}: unusable repetition {value}", "repeat it by hours, days, weeks, months or years"),
    ),
    "ics_length": Message(
        ("{name}의 일정 {event}: 끝이 시작보다 늦지 않습니다", "끝나는 시각을 고치십시오"),
        ("{name}, event {event}: it does not end after it begins", "correct its end"),
    ),
    "ics_person": Message(
        ("{name}의 일정 {event}: 직원(staff)이 아닙니다: {value}", "제목에 직원 id나 이름을 쓰십시오. {hint}"),
        ("{name}, event {event}: {value} is not among staff", "put a staff id or name in its title; {hint}"),
    ),
    # What is no fault and is said all the same.
    "find_uncovered": Message(
        (
            "{department}의 근무표에 담당자가 없는 시간이 있습니다({calendar} 달력): {spans}",
            "그 시간의 근무자를 정하십시오. 그때의 알림은 바로 다음 단계로 넘어갑니다",
        ),
        (
            "the roster of {department} leaves hours of the calendar {calendar} to nobody: {spans}",
            "give these hours to somebody; an alert then goes to the next step at once",
        ),
    ),
    "find_chain_away": Message(
        (
            "{department}의 담당자, 팀장, 과장이 모두 부재입니다: {spans}",
            "대행자(deputy)나 당직 변경(overrides)을 정하십시오. 그때의 알림은 최종 연락처 {root}에게 갑니다",
        ),
        (
            "duty, manager and head of {department} are all away: {spans}",
            "name a deputy or an override; alerts go to the root contact {root} then",
        ),
    ),
    "find_deputy_away": Message(
        ("대행자 {deputy}도 같은 때 부재입니다: {spans}", "다른 대행자를 정하십시오"),
        ("the deputy {deputy} is away at the same time: {spans}", "name another deputy"),
    ),
    "find_holidays_unknown": Message(
        (
            "{calendar} 달력의 공휴일({country})은 {until}까지만 확실합니다",
            "새 판으로 갱신하거나, 공식 달력과 대조하여 빠진 날을 extra_holidays에 넣고 confirmed_until을 적으십시오",
        ),
        (
            "the holidays ({country}) of the calendar {calendar} are certain until {until} only",
            "update this program, or compare with the official calendar, put what is missing into extra_holidays"
            " and set confirmed_until",
        ),
    ),
    "find_unproved": Message(
        (
            "지금 주소로 알림이 나간 적이 없는 채널 {count}개: {channels}",
            "`sns-monitor channels test`로 시험 발송하십시오",
        ),
        (
            "{count} channels never delivered anything at their present address: {channels}",
            "send a test alert with `sns-monitor channels test`",
        ),
    ),
    "find_unknown_contacts": Message(
        (
            "데이터베이스를 열 수 없어 채널이 확인되었는지 알 수 없습니다",
            "데이터베이스가 열리는지 `sns-monitor db check`로 확인하십시오",
        ),
        (
            "the database cannot be asked which channels were proved",
            "see with `sns-monitor db check` whether it opens",
        ),
    ),
    # The ladder of a policy.
    "step_order": Message(
        ("앞 단계보다 늦지 않습니다", "단계를 시각 순서로 쓰고 서로 다르게 하십시오"),
        ("this step is not later than the one before", "order steps by `at`, each later than the last"),
    ),
    "no_breach": Message(
        ("breach 단계가 없습니다", 'at이 target과 같은 kind = "breach" 단계를 하나 추가하십시오'),
        ("there is no breach step", 'add one step of kind = "breach" whose at equals target'),
    ),
    "second_breach": Message(
        ("breach 단계가 둘 이상입니다", "하나만 남기고 escalation으로 바꾸십시오"),
        ("this is a second breach step", "keep one, and make the others escalations"),
    ),
    "breach_at": Message(
        ("breach 단계의 at이 target과 다릅니다", "at 또는 target을 같게 고치십시오"),
        ("the breach step's at differs from target", "make at and target equal"),
    ),
    "warning_late": Message(
        ("breach 뒤의 warning 단계입니다", "breach 앞으로 옮기거나 escalation으로 바꾸십시오"),
        ("this warning comes after the breach", "move it before the breach or make it an escalation"),
    ),
    "escalation_early": Message(
        ("breach 앞의 escalation 단계입니다", "breach 뒤로 옮기거나 warning으로 바꾸십시오"),
        ("this escalation comes before the breach", "move it after the breach or make it a warning"),
    ),
    # Saved replies.
    "reply_placeholder": Message(
        ("답변 문안에 쓸 수 없는 자리표시입니다: {value}", "{{department}}만 쓸 수 있습니다. 다른 중괄호는 지우십시오"),
        ("a saved reply holds a placeholder that is none: {value}", "only {{department}} may stand in braces"),
    ),
    "reply_long": Message(
        ("{platform}에 올리기에는 답변 문안이 깁니다({length}자, 한도 {limit}자)", "{limit}자 안으로 줄이십시오"),
        ("this reply is too long for {platform}: {length} by its count", "shorten it to {limit}"),
    ),
    # Connectors and secrets.
    "connector_broken": Message(
        ("{platform} 커넥터를 불러올 수 없습니다({reason})", "그 패키지를 다시 설치하거나 갱신하십시오"),
        ("the connector {platform} cannot be loaded ({reason})", "reinstall or update its package"),
    ),
    "connector_needs": Message(
        ("{platform} 계정 {account}에 꼭 필요한데 없습니다", "{detail}"),
        ("the {platform} account {account} needs this", "{detail}"),
    ),
    "secret_form": Message(
        ("비밀 값의 형식이 아닙니다", _REFERENCE_KO), ("this is no form of a secret", _REFERENCE_EN)
    ),
    "secret_inline": Message(
        ("비밀 값이 파일에 그대로 적혀 있습니다", _REFERENCE_KO),
        ("a secret stands in the file itself", _REFERENCE_EN),
    ),
    "secret_env": Message(
        ("환경 변수 {name}이(가) 없거나 비어 있습니다", "서비스의 환경에 {name}을(를) 설정하십시오"),
        ("the environment variable {name} is not set or empty", "set {name} in the service's environment"),
    ),
    "secret_file": Message(
        ("비밀 파일 {name}을(를) 읽을 수 없습니다({reason})", "파일을 만들고 권한을 확인하십시오"),
        ("the secret file {name} cannot be read ({reason})", "create it and check its permissions"),
    ),
    "secret_open": Message(
        ("비밀 파일 {name}을(를) 아무나 읽을 수 있습니다", "chmod 600 {path}"),
        ("everyone may read the secret file {name}", "chmod 600 {path}"),
    ),
    "secret_text": Message(
        ("비밀 파일 {name}에 쓸 수 있는 글이 없습니다", "UTF-8로 비밀 값 한 줄만 넣으십시오"),
        ("the secret file {name} holds no usable text", "put the secret in it as one line of UTF-8"),
    ),
    "issuer": Message(
        ("통합 로그인 주소 {value}이(가) https가 아닙니다", "https 주소를 쓰십시오"),
        ("the sign-on's address {value} is not https", "use its https address"),
    ),
    "key_short": Message(
        ("키가 너무 짧습니다", "임의의 글자 {least}자 이상을 쓰십시오(예: openssl rand -base64 33)"),
        ("this key is too short", "use {least} random signs or more, as from openssl rand -base64 33"),
    ),
    "secret_base64": Message(
        ('"whsec_" 뒤가 base64가 아닙니다', "받은 값을 그대로 다시 넣으십시오"),
        ('what follows "whsec_" is not base64', "copy the value again as it was given"),
    ),
}

TABLES: dict[str, tuple[str, str]] = {
    "departments": ("부서(departments)", "departments"),
    "staff": ("직원(staff)", "staff"),
    "channels": ("채널(channels)", "channels"),
    "policies": ("정책(policies)", "policies"),
    "calendars": ("달력(calendars)", "calendars"),
    "connectors": ("커넥터", "the installed connectors"),
    "types": ("채널 종류", "the channel types"),
}
"""How a table that names are looked up in is called, in Korean and English."""

HINTS: dict[str, tuple[str, str]] = {
    "close": ('혹시 "{close}"입니까?', 'did you mean "{close}"?'),
    "known": ("쓸 수 있는 것: {known}", "known are {known}"),
    "none": ("지우거나 먼저 추가하십시오", "remove it, or add what it names first"),
}
"""What a mend says of a name that is not known."""
