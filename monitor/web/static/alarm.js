// A notification, a sound, where asked for: when a case of mine ([data-mine]) is soon overdue or overdue. Neither says
// what a citizen wrote: a locked screen shows it to whoever passes.
import { listenWhenHidden, problem, words } from "./live.js";

const notify = document.getElementById("live-notify");
const sound = document.getElementById("live-sound");
const RANK = { risk: 1, overdue: 2 };
const known = new Map();
let audio = null;

const on = (button) => button.getAttribute("aria-pressed") === "true";

function set(button, pressed) {
  button.setAttribute("aria-pressed", String(pressed));
  localStorage.setItem(button.id, pressed ? "on" : "off");
}

function beep() {
  audio ??= new AudioContext();
  audio.resume();
  for (const [start, pitch] of [[0, 660], [0.18, 880]]) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const from = audio.currentTime + start;
    tone.frequency.value = pitch;
    volume.gain.setValueAtTime(0.0001, from);
    volume.gain.exponentialRampToValueAtTime(0.2, from + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + 0.16);
    tone.connect(volume).connect(audio.destination);
    tone.start(from);
    tone.stop(from + 0.17);
  }
}

function look(first) {
  const worse = [];
  const seen = new Set();
  for (const row of document.querySelectorAll("[data-mine]")) {
    const state = row.querySelector(".state[data-due]");
    const rank = state.classList.contains("overdue") ? RANK.overdue : state.classList.contains("risk") ? RANK.risk : 0;
    if (rank > (known.get(row.id) || 0)) worse.push([row, rank]);
    known.set(row.id, Math.max(rank, known.get(row.id) || 0));
    seen.add(row.id);
  }
  if (first || !worse.length) return;
  if (on(sound)) beep();
  if (!on(notify)) return;
  const [row, rank] = worse.reduce((worst, one) => (one[1] > worst[1] ? one : worst));
  const text = (rank === RANK.overdue ? words.alarm_overdue : words.alarm_risk).replace("{}", row.dataset.mine);
  const shown = new Notification(text + (worse.length > 1 ? ` +${worse.length - 1}` : ""), { tag: "queue" });
  shown.onclick = () => {
    window.focus();
    row.querySelector("a.open").focus();
  };
}

if (notify) {
  if (!("Notification" in window)) notify.hidden = true;
  else set(notify, localStorage.getItem(notify.id) === "on" && Notification.permission === "granted");
  set(sound, localStorage.getItem(sound.id) === "on");
  listenWhenHidden(() => on(notify) || on(sound));
  notify.addEventListener("click", async () => {
    if (on(notify)) return set(notify, false);
    const allowed = (await Notification.requestPermission()) === "granted";
    problem(allowed ? "" : words.refused);
    set(notify, allowed);
  });
  sound.addEventListener("click", () => {
    set(sound, !on(sound));
    if (on(sound)) beep();
  });
  // A browser lets a page sound only after somebody touched it.
  addEventListener("pointerdown", () => on(sound) && (audio ??= new AudioContext()).resume(), { once: true });
  look(true);
  document.addEventListener("tick", () => look(false));
}
