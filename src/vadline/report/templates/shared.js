"use strict";
const report = JSON.parse(document.getElementById("report-data").textContent);
const byId = (id) => document.getElementById(id);
const WORDS = { accept: "accepted", review: "for review", reject: "rejected", undecided: "undecided" };

// Texts come from file names: they are only ever set as text.
function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function draw(tag, attributes, text) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function scoreInWords(value) {
  if (value === null) return "–";
  return Math.abs(value) < 1000 ? value.toFixed(2) : value.toPrecision(4);
}

function shareInWords(part, whole) {
  return whole ? (100 * part / whole).toFixed(1) + "\u00a0%" : "–";
}

function enlarge(picture, words) {
  const button = make("button", "picture");
  const image = make("img");
  button.type = "button";
  button.dataset.words = words;
  image.loading = "lazy";
  image.alt = words;
  image.src = picture;
  button.append(image);
  return button;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest ? event.target.closest("button.picture") : null;
  const dialog = byId("large");
  if (!button || !dialog.showModal) return;
  dialog.querySelector("img").src = button.querySelector("img").src;
  dialog.querySelector("img").alt = button.dataset.words;
  dialog.querySelector("p").textContent = button.dataset.words;
  dialog.showModal();
});

byId("large").addEventListener("click", (event) => {
  if (event.target === event.currentTarget) event.currentTarget.close();
});
