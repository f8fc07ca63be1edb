// Tries limits: one request scores nothing and counts every step of the slider; turning it asks nobody.
"use strict";

const TIMEOUT_MS = 60000;
const DAY_MS = 86400000;
const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 800, HEIGHT = 430, LEFT = 8, BOTTOM = 34, TOP = 26;

const limit = document.getElementById("limit");
const about = limit ? JSON.parse(limit.dataset.about) : null;
const by = (id) => document.getElementById(id);
const language = document.documentElement.lang;
let answer = null;
let asked = 0;

function text(key, values = {}) {
  return Object.entries(values).reduce((all, [name, value]) => all.replace(`{${name}}`, value), about.words[key]);
}

function shown(value) {
  return value.toLocaleString(language, { maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 });
}

function knob() {
  return document.querySelector("input[name=knob]:checked").value;
}

function step() {
  return Number(by("slide").value);
}

function nearest(values, wanted) {
  return values.reduce((best, value, at) => (Math.abs(value - wanted) < Math.abs(values[best] - wanted) ? at : best), 0);
}

async function send(method, path, wish) {
  const got = await fetch(path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(wish),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const told = await got.json();
  if (got.status !== 200) throw new Error(told.detail);
  return told;
}

async function count() {
  const mine = ++asked;
  const wish = { sweep: knob() };
  const from = start(by("period").value);
  if (from !== null) wish.from = new Date(from).toISOString();
  limit.setAttribute("aria-busy", "true");
  answer = null;
  settable();
  let got = null, said;
  try {
    got = await send("POST", "/api/v1/threshold/try", wish);
  } catch (error) {
    said = error.message;
  }
  if (mine !== asked) return;  // another period was chosen meanwhile: its answer counts
  answer = got;
  by("told").textContent = got ? told() : said;
  limit.removeAttribute("aria-busy");
  if (!got) for (const id of ["numbers", "histogram"]) by(id).replaceChildren();
  show();
  settable();
}

function start(period) {
  if (period === "newest") return about.newest - 7 * DAY_MS;
  return period ? Date.now() - Number(period) * DAY_MS : null;
}

// A limit that was tried on nothing is not set.
function settable() {
  if (by("set")) by("set").disabled = !answer?.shots;
}

function told() {
  if (!answer.shots) return text("no_shots");
  const parts = [text("shots", { n: shown(answer.shots), days: shown(answer.present.days) })];
  if (answer.left_out) parts.push(text("left_out", { n: shown(answer.left_out) }));
  if (!answer.complete) parts.push(text("newest_only"));
  return parts.join("; ");
}

const ROWS = [
  ["flags_a_day", (one) => shown(one.flags_a_day)],
  ["flags", (one) => shown(one.flags)],
  ["warns", (one) => shown(one.warns)],
  ["confirmed", (one) => text("of", { k: shown(one.confirmed_flagged), n: shown(one.confirmed) })],
  ["false_alarms", (one) => text("of", { k: shown(one.false_alarms_flagged), n: shown(one.false_alarms) })],
  ["precision", (one) => (one.precision === null ? "–" : `${shown(100 * one.precision)} %`)],
];

function show() {
  const value = about.steps[knob()][step()];
  by("value").textContent = text(`${knob()}_value`, { n: shown(value) });
  by("slide").setAttribute("aria-valuetext", by("value").textContent);
  if (!answer) return;
  const tried = answer.sweep[step()];
  by("numbers").replaceChildren(...ROWS.map(([name, say]) => {
    const row = document.createElement("tr");
    const head = document.createElement("th");
    head.scope = "row";
    head.textContent = text(name);
    const cells = [answer.present, tried].map((one) => {
      const cell = document.createElement("td");
      cell.textContent = say(one);
      return cell;
    });
    row.append(head, ...cells);
    return row;
  }));
  draw(tried.limit_ratio);
}

function shape(name, attributes, words) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (words !== undefined) made.textContent = words;
  return made;
}

function draw(ratio) {
  const { widest, unknown, good, bad } = answer.histogram;
  // Most shots lie far below the limit: on a scale of roots a handful beside thousands is still seen.
  const totals = unknown.map((n, at) => n + good[at] + bad[at]);
  const most = Math.sqrt(Math.max(1, ...totals));
  const room = HEIGHT - BOTTOM - TOP, wide = (WIDTH - 2 * LEFT) / unknown.length;
  const shapes = [];
  totals.forEach((total, at) => {
    let y = HEIGHT - BOTTOM;
    const tall = (room * Math.sqrt(total)) / most;
    for (const [name, n] of [["unknown", unknown[at]], ["good", good[at]], ["bad", bad[at]]]) {
      if (!n) continue;
      const height = Math.max(2, (tall * n) / total);
      y -= height;
      shapes.push(shape("rect", { class: name, x: LEFT + at * wide + 1, y, width: wide - 2, height }));
    }
  });
  const x = (value) => LEFT + ((WIDTH - 2 * LEFT) * Math.min(value, widest)) / widest;
  shapes.push(shape("line", { class: "axis", x1: LEFT, x2: WIDTH - LEFT, y1: HEIGHT - BOTTOM, y2: HEIGHT - BOTTOM }));
  for (let mark = 0; mark <= widest; mark += 0.5) {
    const last = mark === widest;
    const anchor = mark === 0 ? "start" : last ? "end" : "middle";
    shapes.push(shape("text", { x: x(mark), y: HEIGHT - 12, "text-anchor": anchor }, `${shown(mark)}${last ? "+" : ""}`));
  }
  const ends = { y1: TOP - 14, y2: HEIGHT - BOTTOM };
  shapes.push(shape("line", { class: "line_present", x1: x(1), x2: x(1), ...ends }));
  if (ratio !== null) shapes.push(shape("line", { class: "line_tried", x1: x(ratio), x2: x(ratio), ...ends }));
  by("histogram").replaceChildren(...shapes);
}

async function choose(rule) {
  const wish = { rule, why: by("why").value };
  if (by("who")?.value.trim()) wish.who = by("who").value;
  const outcome = by("outcome");
  if (!wish.why.trim()) {
    outcome.textContent = text("needs_why");
    by("why").focus();
    return;
  }
  for (const id of ["set", "clear"]) by(id).disabled = true;
  try {
    const stored = await send("PUT", "/api/v1/threshold", wish);
    outcome.textContent = text("saved", { n: stored.id });
  } catch (error) {
    outcome.textContent = error.message;
  } finally {
    by("clear").disabled = false;
    settable();
  }
}

function turn() {
  by("slide").value = nearest(about.steps[knob()], about.value[knob()]);
  count();
  show();
}

if (about) {
  document.querySelector(`input[name=knob][value=${about.knob}]`).checked = true;
  for (const one of document.querySelectorAll("input[name=knob]")) one.addEventListener("change", turn);
  by("slide").addEventListener("input", show);
  by("period").addEventListener("change", count);
  by("set")?.addEventListener("click", () => { if (answer) choose(answer.sweep[step()].rule); });
  by("clear")?.addEventListener("click", () => choose({}));
  turn();
}
