"""What the root contact reads of the service's own faults, in both languages."""

from __future__ import annotations

from monitor.rules import Rules

_WORDS: dict[str, tuple[str, str]] = {
    "reload_refused": (
        "설정을 다시 읽었으나 쓸 수 없습니다(고칠 곳 {count}건). 기존 설정을 그대로 사용합니다.",
        "The settings were read again and cannot be used ({count} to mend); the old ones stay in force.",
    ),
    "reload_more": ("… 외 {count}건: `sns-monitor check-config`로 확인하십시오.",
            "… and {count} more: see `sns-monitor check-config`."),
    "reload_database": (
        "service.database는 다시 읽기로 바꿀 수 없습니다. 되돌리거나, 멈추고 새 데이터베이스로 다시 시작하십시오.",
        "service.database cannot be changed by a reload; put it back, or stop and start on the new database.",
    ),
    "reload_failed": ("새 설정으로 시작할 수 없습니다: {why}", "The new settings cannot be started with: {why}"),
    "node_waits": (
        "{host}의 설정({mine})이 시행 중인 설정({force}, {others})과 다릅니다. 이 노드는 판단과 발송을 멈추고"
        " 기다립니다. 모든 노드를 같은 설정으로 다시 읽게 하십시오.",
        "The settings of {host} ({mine}) are not those in force ({force}, {others}). This node decides and sends"
        " nothing until they are: reload every node with the same settings.",
    ),
    "ownerless": (
        "설정에 없는 부서({departments})에 미답변 사건이 {count}건 있습니다. 그 알림은 모두 최종 연락처로 갑니다."
        " `sns-monitor case transfer`로 담당 부서에 이관하십시오.",
        "{count} open cases belong to departments that are not in the settings ({departments}); their alerts all come"
        " to the root contact. Transfer them with `sns-monitor case transfer`.",
    ),
    "audit": ("점검: 처리되지 않은 일이 있습니다.", "The auditor is not content."),
    "audit_over": ("점검: 다시 이상이 없습니다.", "The auditor is content again."),
    "clock": (
        "{host}의 시계가 {platform}의 시각과 {seconds}초 다릅니다(허용 30초). 시각 동기화(NTP)를 확인하십시오.",
        "The clock of {host} is {seconds} s off that of {platform} (30 s are tolerated). See to its time"
        " synchronisation (NTP).",
    ),
    "clock_over": ("{host}의 시계가 {platform}의 시각과 다시 맞습니다.",
            "The clock of {host} agrees with that of {platform} again."),
    "suspect": (
        "{account}: {since} 이후 글이 없어 의심스럽습니다(suspiciously quiet). 평소에는 길어야 {usually} 동안"
        " 없었습니다. 검색어, 계정 이름, 토큰 권한을 확인하십시오.",
        "{account} is suspiciously quiet since {since}, usually never for longer than {usually}. See whether its"
        " handle, its search and its token's rights are still right.",
    ),
    "suspect_over": ("{account}: 글이 다시 들어옵니다.", "{account}: posts arrive again."),
}  # fmt: skip


def say(rules: Rules, key: str, **values: object) -> str:
    """The words of one fault in the language of the settings."""
    return _WORDS[key][rules.settings.service.language == "en"].format(**values)
