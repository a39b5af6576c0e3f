// A page with the bar of _live.html renews what lies in its [data-live] elements when the server says that something
// changed: at most every two seconds, and never where it would cost focus, place or what is typed.
import { setNow, tick } from "./clock.js";
import { morph } from "./morph.js";

const bar = document.getElementById("live");
export const words = bar ? JSON.parse(bar.dataset.words) : {};
const SILENCE = 40000; // the server says something every 15 s
const OFTEN = 2000;
const LONGEST = 60000;
const HIDDEN = 10000;

const line = document.getElementById("live-line");
const pause = document.getElementById("live-pause");
const heard = { new: 0, answered: 0, closed: 0, overdue: 0 };
let paused = sessionStorage.getItem("paused") === "yes";
let stream = null;
let failures = 0;
let lostAt = null;
let silence, soon, leaving;
let readAt = -Infinity;
let took = 0;
let reading = false;
let behind = false;
let wanted = () => false; // whether a hidden page has to listen too

export const listenWhenHidden = (asked) => {
  wanted = asked;
};

export function announce(text) {
  document.getElementById("live-news").textContent = text;
}

export function problem(text) {
  const shown = document.getElementById("live-problem");
  shown.textContent = text;
  shown.hidden = !text;
}

function show() {
  const time = lostAt && new Intl.DateTimeFormat("ko", {
    hour: "2-digit", minute: "2-digit", hour12: false, timeZone: bar.dataset.zone,
  }).format(lostAt);
  const state = lostAt ? "lost" : paused ? (behind ? "behind" : "paused") : stream && stream.met ? "on" : "joining";
  bar.dataset.state = state;
  line.textContent = words[state].replace("{}", time);
  pause.textContent = paused ? words.resume : words.pause;
}

function listen() {
  if (stream) return;
  const opened = new EventSource("/live");
  stream = opened;
  const hear = (name, then) =>
    opened.addEventListener(name, (event) => {
      const told = JSON.parse(event.data);
      setNow(told.now);
      clearTimeout(silence);
      silence = setTimeout(lost, SILENCE);
      then(told);
    });
  hear("hello", () => {
    const missed = !paused || lostAt; // a page that was loaded just now and paused has missed nothing
    if (lostAt) announce(words.back);
    opened.met = true;
    failures = 0;
    lostAt = null;
    missed ? changed() : show();
  });
  hear("changed", (told) => {
    for (const counts of Object.values(told.departments)) {
      for (const [what, count] of Object.entries(counts)) heard[what] += count;
    }
    changed();
  });
  hear("beat", () => "beat" in bar.dataset && !paused && changed());
  opened.onerror = lost;
  silence = setTimeout(lost, SILENCE);
  show();
}

function hush() {
  clearTimeout(silence);
  if (stream) stream.close();
  stream = null;
}

function lost() {
  hush();
  lostAt ??= new Date();
  show();
  failures += 1;
  const wait = Math.min(LONGEST, 1000 * 2 ** Math.min(failures - 1, 6)) * (0.5 + Math.random() / 2);
  setTimeout(() => (document.hidden && !wanted()) || listen(), wait);
}

function changed() {
  if (paused || (document.hidden && !wanted())) {
    behind = true;
    show();
    return;
  }
  show();
  // A busy server is asked less often; not all pages at the same moment.
  const pauseFor = Math.max(OFTEN, 10 * took) - (performance.now() - readAt);
  clearTimeout(soon);
  // Paused meanwhile: then it is only noted.
  soon = setTimeout(() => (paused ? changed() : refresh()), Math.max(Math.random() * 250, pauseFor));
}

export async function refresh() {
  if (reading) return changed();
  clearTimeout(soon);
  reading = true;
  behind = false;
  readAt = performance.now();
  try {
    const answer = await fetch(bar.dataset.url || location.href, { cache: "no-store", credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname === "/login") return out();
    if (answer.status >= 500) throw new Error(String(answer.status));
    if (answer.status === 403 || answer.status === 404) return problem(words.gone);
    if (answer.ok) renew(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    lost();
  } finally {
    took = performance.now() - readAt;
    reading = false;
  }
}

function out() {
  hush();
  paused = true;
  bar.dataset.state = "out";
  line.textContent = words.out;
  problem(words.out);
}

function renew(page) {
  const active = document.activeElement;
  const row = active.closest("[data-live] .case");
  const rows = () => [...document.querySelectorAll("[data-live] .case")];
  const index = rows().indexOf(row);
  // Who looks at the beginning of the list is to see what comes there; whoever is further down keeps their place.
  const shown = rows().find(visible);
  const anchor = visible(row) ? row : shown === rows()[0] ? null : shown;
  const top = anchor && anchor.getBoundingClientRect().top;
  for (const fresh of page.querySelectorAll("[data-live][id]")) {
    const old = document.getElementById(fresh.id);
    if (old) for (const added of morph(old, fresh)) added.classList.add("fresh");
  }
  document.title = page.title;
  tick();
  if (anchor && anchor.isConnected) scrollBy(0, anchor.getBoundingClientRect().top - top);
  if (document.activeElement !== active) {
    // Moved, or gone: to the same row, else to the one that is in its place now.
    const next = row && (row.isConnected ? row : rows()[Math.min(index, rows().length - 1)]);
    const target = active.isConnected ? active : next && next.querySelector("a.open");
    if (target) target.focus({ preventScroll: true });
  }
  const told = Object.keys(heard).filter((what) => heard[what]).map((what) => words[what].replace("{}", heard[what]));
  for (const what of Object.keys(heard)) heard[what] = 0;
  if (told.length) announce(told.join(", "));
}

function visible(element) {
  if (!element) return false;
  const box = element.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight;
}

function focusPlace() {
  if (location.hash) document.getElementById(location.hash.slice(1))?.querySelector("a.open")?.focus();
}

export function togglePause() {
  paused = !paused;
  sessionStorage.setItem("paused", paused ? "yes" : "no");
  show();
  announce(paused ? words.paused : words.on);
  if (!paused && behind) refresh();
}

if (bar) {
  bar.hidden = false;
  pause.addEventListener("click", togglePause);
  // A browser opens six connections to one host: pages that nobody looks at give theirs back.
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (!document.hidden) listen();
    else if (!wanted()) leaving = setTimeout(hush, HIDDEN);
  });
  addEventListener("pagehide", hush);
  addEventListener("pageshow", (event) => event.persisted && listen());
  addEventListener("online", () => lostAt && listen());
  // After the browser has gone to the place itself, which takes the focus away from everything.
  addEventListener("load", () => setTimeout(focusPlace));
  listen();
}
