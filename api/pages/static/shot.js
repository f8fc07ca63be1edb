// Shows what was said of the shot once feedback was given: the page itself does not change.
"use strict";

const SHOT_TIMEOUT_MS = 10000;

async function refresh() {
  const answer = await fetch(location.href, { signal: AbortSignal.timeout(SHOT_TIMEOUT_MS) });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("content").replaceChildren(...fresh.getElementById("content").childNodes);
}
