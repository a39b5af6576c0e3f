"""Log in as a person does."""

from __future__ import annotations

from playwright.sync_api import expect

from monitor import members
from tests.browser.conftest import Shoot, Site

PASSWORD = "서른 분 안에 답합니다"


def test_in_by_keyboard_and_out(site: Site, shoot: Shoot) -> None:
    """The cookie works in a real browser, with its prefix and all."""
    with site.app.store.write() as tx:
        members.add(tx, site.app.rules, "kim", "staff", [], "", "ops", site.app.clock())
        members.set_password(tx, "kim", PASSWORD, "ops", site.app.clock())
    page = site.open()
    page.goto("/")
    shoot(page, "login")
    page.keyboard.type("kim")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="김담당")).to_be_visible()
    page.get_by_role("button", name="로그아웃").click()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    page.goto("/account")
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()


def test_two_languages(site: Site) -> None:
    """By what the browser asks for, and by choice."""
    page = site.open(locale="en-US")
    page.goto("/login")
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    page.get_by_role("link", name="한국어").click()
    expect(page.get_by_role("heading", name="로그인")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "ko"
