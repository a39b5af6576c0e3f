// Countdowns, ages and standings go on by the server's clock, with or without the network.
//   [data-deadline]            "12:05 left", then "0:10 over"
//   [data-since]               "3 min ago"
//   .state[data-risk][data-due]  on time, soon overdue, overdue

const words = JSON.parse(document.body.dataset.words);
const SHOWN = ["overdue", "risk", "calm"];

// By how much the server's clock is ahead of ours, as when the first byte of the page came. Date, not
// performance.now(): the latter stands still while a laptop sleeps.
const [load] = performance.getEntriesByType("navigation");
let ahead = Date.parse(document.body.dataset.now) - (performance.timeOrigin + (load ? load.responseStart : 0));

export const serverNow = () => Date.now() + ahead;

export function setNow(millis) {
  ahead = millis - Date.now();
}

const two = (number) => String(number).padStart(2, "0");

function lasts(millis) {
  const seconds = Math.floor(Math.abs(millis) / 1000);
  const hours = Math.floor(seconds / 3600);
  if (hours >= 24) return words.days.replace("{d}", Math.floor(hours / 24)).replace("{h}", hours % 24);
  const rest = `${two(seconds % 60)}`;
  const minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${rest}` : `${minutes}:${rest}`;
}

function ago(millis) {
  const minutes = Math.max(0, Math.floor(millis / 60000));
  if (minutes < 60) return words.min.replace("{}", minutes);
  return minutes < 1440 ? words.h.replace("{}", Math.floor(minutes / 60)) : words.d.replace("{}", Math.floor(minutes / 1440));
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function tick() {
  const now = serverNow();
  for (const element of document.querySelectorAll("[data-deadline]")) {
    const left = Date.parse(element.dataset.deadline) - now;
    say(element, (left < 0 ? words.over : words.left).replace("{}", lasts(left)));
  }
  for (const element of document.querySelectorAll("[data-since]")) {
    say(element, ago(now - Date.parse(element.dataset.since)));
  }
  for (const element of document.querySelectorAll(".state[data-due]")) {
    const is = now > Date.parse(element.dataset.due) ? "overdue" : now >= Date.parse(element.dataset.risk) ? "risk" : "calm";
    if (element.classList.contains(is)) continue;
    element.classList.remove(...SHOWN);
    element.classList.add(is);
    say(element, words[is]);
  }
  document.dispatchEvent(new Event("tick"));
}

function every() {
  tick();
  setTimeout(every, 1000 - (serverNow() % 1000));
}

every();
document.addEventListener("visibilitychange", () => document.hidden || tick());
