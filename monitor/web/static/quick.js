// Forms that are done in passing: sent without leaving the page where it renews itself, else as any form.
import { announce, problem, refresh, words } from "./live.js";

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.dataset.quick === undefined || !words.unsent) return;
  event.preventDefault();
  const button = event.submitter;
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true"); // not disabled: that would lose the focus
  problem("");
  try {
    // Its answer leads back here: nothing of it is needed but that it is one.
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), redirect: "manual", credentials: "same-origin",
    });
    if (answer.type === "opaqueredirect") announce(form.dataset.quick);
    else {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      problem((page.querySelector("[role=alert]") || page.querySelector("main")).textContent.trim());
    }
    await refresh();
  } catch {
    problem(words.unsent);
  } finally {
    button.removeAttribute("aria-disabled");
  }
});
