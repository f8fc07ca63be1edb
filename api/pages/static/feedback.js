// Gives feedback on a flagged shot; `refresh` of the page then shows what the service wrote.
"use strict";

const GIVING_TIMEOUT_MS = 40000;
const SAVED_SHOWN_MS = 8000;
const dialogue = document.getElementById("feedback");
const about = document.getElementById("feedback-about");
const reason = document.getElementById("feedback-reason");
const who = document.getElementById("feedback-who");
const problem = document.getElementById("feedback-problem");
const saved = document.getElementById("feedback-saved");
let token = "";

function ask(button) {
  token = button.dataset.token;
  about.textContent = button.dataset.about;
  dialogue.dataset.outcome = button.dataset.outcome;
  reason.value = "";
  problem.hidden = saved.hidden = true;
  dialogue.showModal();
  dialogue.querySelector(".choice").focus();
}

async function give(judgement) {
  const wish = { judgement, reason: reason.value };
  if (who?.value.trim()) wish.who = who.value;
  const buttons = dialogue.querySelectorAll(".choice");
  for (const one of buttons) one.disabled = true;
  try {
    const answer = await fetch(`/api/v1/verdicts/${encodeURIComponent(token)}/feedback`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(wish),
      signal: AbortSignal.timeout(GIVING_TIMEOUT_MS),
    });
    const said = await answer.json();
    if (answer.status !== 200) throw new Error(said.detail);
    dialogue.close();
    tell(about.textContent);
    await refresh();
    returnTo(token);
  } catch (error) {
    problem.querySelector("span").textContent = error.message;
    problem.hidden = false;
  } finally {
    for (const one of buttons) one.disabled = false;
  }
}

function tell(shot) {
  saved.textContent = `${saved.dataset.saved} ${shot}`;
  saved.hidden = false;
  setTimeout(() => { saved.hidden = true; }, SAVED_SHOWN_MS);
}

function returnTo(shot) {
  const button = [...document.querySelectorAll("button.give")].find((one) => one.dataset.token === shot);
  button?.focus({ preventScroll: true });
}

document.getElementById("content").addEventListener("click", (event) => {
  const button = event.target.closest("button.give");
  if (button) ask(button);
});
dialogue.addEventListener("click", (event) => {
  const choice = event.target.closest(".choice");
  if (choice) give(choice.dataset.judgement);
  if (event.target.closest(".cancel")) dialogue.close();
});
// The row may have been exchanged while the dialogue was open.
dialogue.addEventListener("close", () => returnTo(token));
