// Keeps the page fresh: the server renders, this only swaps in what it sent.
"use strict";

const PERIOD_MS = 2000;
const TIMEOUT_MS = 10000;

async function refresh() {
  const offline = document.getElementById("offline");
  try {
    const language = document.documentElement.lang;
    const answer = await fetch(`/hall?lang=${language}`, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    // Whoever walks the page by keyboard stays where they are.
    const within = "#summary a, #content a, #content button";
    const nameOf = (one) => one?.getAttribute("href") ?? one?.dataset.token;
    const held = nameOf(document.activeElement?.closest(within));
    for (const id of ["summary", "content"]) {
      document.getElementById(id).replaceChildren(...fresh.getElementById(id).childNodes);
    }
    const places = document.querySelectorAll(within);
    if (held) [...places].find((one) => nameOf(one) === held)?.focus({ preventScroll: true });
    offline.hidden = true;
  } catch {
    offline.hidden = false;
  }
}

async function keepFresh() {
  if (!document.hidden) await refresh();
  setTimeout(keepFresh, PERIOD_MS);
}

setTimeout(keepFresh, PERIOD_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) refresh();
});
