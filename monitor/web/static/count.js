// How long an answer is, as its platform counts: the server counts, so that there is one way to do it.
const text = document.querySelector("textarea[data-length]");
const shown = document.getElementById("answer-length");
let waiting, asked = 0;

async function count() {
  const number = ++asked;
  const body = new URLSearchParams({ csrf: text.form.elements.csrf.value, text: text.value });
  try {
    const answer = await fetch(text.dataset.length, { method: "POST", body, credentials: "same-origin" });
    if (!answer.ok || number !== asked) return;
    const { length } = await answer.json();
    shown.textContent = `${length} / ${text.dataset.limit}`;
    shown.parentElement.classList.toggle("over", length > Number(text.dataset.limit));
  } catch {
    shown.textContent = ""; // without the network the server says so when the answer is sent
  }
}

if (text) {
  text.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(count, 250);
  });
  if (text.value) count();
}
