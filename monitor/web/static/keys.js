// Single keys of the queue. They can be turned off (WCAG 2.1.4), and do nothing that Tab and Enter do not do as well.
import { togglePause } from "./live.js";

const help = document.getElementById("keys");
const choice = document.getElementById("keys-on");
const rows = () => [...document.querySelectorAll(".cases .case")];
const current = () => document.activeElement.closest(".cases .case");

function move(by) {
  const all = rows();
  const at = all.indexOf(current());
  const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (!next) return;
  next.querySelector("a.open").focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

function press(verb) {
  const row = current();
  const button = row && row.querySelector(`button[data-verb="${verb}"]`);
  if (button) button.form.requestSubmit(button);
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  a: () => press("acknowledge"),
  c: () => press("claim"),
  p: togglePause,
  "/": () => document.getElementById("q").focus(),
  "?": () => help.showModal(),
};
// By the key's place: with Korean input switched on, "j" arrives as "ㅓ".
const PLACES = { KeyJ: "j", KeyK: "k", KeyA: "a", KeyC: "c", KeyP: "p" };

function typing(element) {
  return element.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
}

if (help) {
  choice.checked = localStorage.getItem("keys") !== "off";
  choice.addEventListener("change", () => localStorage.setItem("keys", choice.checked ? "on" : "off"));
  document.getElementById("keys-help").addEventListener("click", () => help.showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || help.open || typing(event.target)) return;
    const arrow = { ArrowDown: "j", ArrowUp: "k" }[event.key];
    const name = arrow ? current() && arrow : choice.checked && (event.key in KEYS ? event.key : !event.shiftKey && PLACES[event.code]);
    if (!name) return;
    event.preventDefault();
    KEYS[name]();
  });
}
