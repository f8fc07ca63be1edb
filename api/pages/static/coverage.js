// Says what a sign stands for, and lets arrow keys walk from sign to sign.
"use strict";

const detail = document.getElementById("detail");
const signs = [...document.querySelectorAll(".sign-of")];

function show(sign) {
  detail.classList.remove("idle");
  detail.textContent = sign.getAttribute("aria-label");
}

function beside(sign, key) {
  const place = signs.indexOf(sign);
  if (key === "ArrowRight") return signs[place + 1];
  if (key === "ArrowLeft") return signs[place - 1];
  // The sign nearest below or above: in the next row that has one in or after this column.
  const column = sign.closest("td").cellIndex;
  const step = key === "ArrowDown" ? "nextElementSibling" : "previousElementSibling";
  for (let row = sign.closest("tr")[step]; row; row = row[step]) {
    const there = [...row.querySelectorAll(".sign-of")];
    if (there.length) {
      const far = (one) => Math.abs(one.closest("td").cellIndex - column);
      return there.reduce((best, one) => (far(one) < far(best) ? one : best));
    }
  }
  return undefined;
}

if (detail && signs.length) {
  detail.classList.add("idle");
  // One stop of the Tab key for the whole picture.
  signs.forEach((sign, place) => (sign.tabIndex = place ? -1 : 0));
  const picture = document.querySelector(".matrix");
  picture.addEventListener("mouseover", (event) => {
    const sign = event.target.closest(".sign-of");
    if (sign) show(sign);
  });
  picture.addEventListener("focusin", (event) => {
    const sign = event.target.closest(".sign-of");
    if (!sign) return;
    signs.forEach((one) => (one.tabIndex = one === sign ? 0 : -1));
    show(sign);
  });
  picture.addEventListener("keydown", (event) => {
    const sign = event.target.closest(".sign-of");
    if (!sign || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    beside(sign, event.key)?.focus();
  });
}
