// The page of a record: choices by thumb, more rows without a round trip, and what the text tells the ledger offered
// as what it is, while it is typed, spoken or pasted. Without JavaScript the lists stay lists, the server adds the rows,
// and the page after saving says what the text tells.

import { askWhyLate, openForFilling } from "./folds.js";
import { Grammar, ledgerLines, without } from "./lines.js";
import { OpenProblems } from "./progress.js";

const findings = document.querySelector("#findings");
const offers = document.querySelector("#offers");
const pattern = document.querySelector("#offer");
const form = findings.form;

// --- a list's choices as chips: the list stays what is sent, whoever sets it says so with a change event ---

function chip(option) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "chip";
  button.dataset.pick = option.value;
  button.textContent = option.label;
  return button;
}

function show(select) {
  for (const button of select.closest(".field").querySelectorAll("[data-pick]")) {
    button.setAttribute("aria-pressed", String(button.dataset.pick === select.value));
  }
}

function addChips(select) {
  const some = select.dataset.chips === "first"; // the first group only: the list stays for all the others
  const from = some ? select.querySelector("optgroup") : select;
  if (!from) return;
  const box = document.createElement("div");
  box.className = "chips picks";
  box.setAttribute("role", "group");
  box.setAttribute("aria-label", some ? from.label : select.labels[0].textContent);
  box.append(...[...from.querySelectorAll("option")].filter((option) => option.value).map(chip));
  select.before(box);
  select.hidden = !some;
  show(select);
}

function pick(button) {
  const select = button.closest(".field").querySelector("select");
  const again = button.dataset.pick === select.value && select.querySelector("option[value='']");
  select.value = again ? "" : button.dataset.pick;
  select.dispatchEvent(new Event("change", { bubbles: true }));
  select.dispatchEvent(new Event("input", { bubbles: true }));
}

form.querySelectorAll("select[data-chips]").forEach(addChips);
form.addEventListener("click", ({ target }) => target.matches("[data-pick]") && pick(target));
form.addEventListener("change", ({ target }) => target.matches("select[data-chips]") && show(target));

// --- more rows ---

function addRow(kind) {
  const rows = form.querySelector(`[data-rows="${kind}"]`);
  const next = rows.lastElementChild.cloneNode(true);
  const n = rows.children.length + 1;
  for (const part of next.querySelectorAll("[id], [for]")) {
    for (const name of ["id", "for", "aria-describedby"]) {
      if (part.hasAttribute(name)) part.setAttribute(name, part.getAttribute(name).replace(/\d+$/, n));
    }
  }
  for (const control of next.querySelectorAll("input, textarea")) control.value = "";
  next.querySelectorAll(".error").forEach((error) => error.remove());
  next.querySelectorAll("[name=problem_repeats]").forEach(forget);
  rows.append(next);
  next.querySelectorAll("select[data-chips]").forEach(show);
  return next;
}

// Of the row it was copied from: what was asked there, and answered.
function forget(select) {
  select.querySelector("[value=new]")?.remove();
  select.options[0].textContent = pattern.dataset.fresh;
  select.value = "";
}

function emptyRow(kind) {
  const free = [...form.querySelectorAll(`[data-rows="${kind}"] > *`)].find((row) => !row.querySelector("textarea").value);
  return free ?? addRow(kind);
}

for (const button of form.querySelectorAll("[data-add]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addRow(button.dataset.add).querySelector("textarea").focus();
  });
}

openForFilling(form.querySelector(".folds"));
askWhyLate(form, form.querySelector(".folds"));

// --- what the text tells the ledger ---

const PAUSE = 600; // milliseconds without a key
const grammar = new Grammar(JSON.parse(pattern.dataset.grammar));
const problems = new OpenProblems(form, offers, pattern.dataset);
const refused = new Set();
let waiting;

const keyOf = ({ kind, text }) => `${kind} ${text}`;

function take(line, { take: kind, repeats }) {
  if (!kind) {
    refused.add(keyOf(line));
  } else {
    const row = emptyRow(kind);
    row.querySelector("textarea").value = line.text;
    if (kind === "problem") row.querySelector("[name=problem_repeats]").value = repeats ?? "";
    form.querySelector(`#fold-${kind}`).open = true;
    findings.value = without(findings.value, line) || line.text;
    findings.dispatchEvent(new Event("input", { bubbles: true }));
  }
  offer();
}

function offerOf(line) {
  const box = pattern.content.firstElementChild.cloneNode(true);
  box.querySelector("p").textContent = `“${line.text}”`;
  box.querySelectorAll("[data-take]").forEach((button) => button.dataset.take && button.dataset.take !== line.kind && button.remove());
  const list = box.querySelector(".progress");
  const likely = problems.buttons(line.text);
  if (likely.length) list.append(...likely);
  else list.remove();
  // Found anew: what stands before it may have been taken meanwhile.
  const now = () => told().find((one) => keyOf(one) === keyOf(line));
  box.addEventListener("click", ({ target }) => target.matches("button") && now() && take(now(), target.dataset));
  return box;
}

const told = () => ledgerLines(findings.value, grammar).filter((line) => !refused.has(keyOf(line)));

function offer() {
  const found = told();
  // Redrawn only when something changed: leaving the text box for a button must not take the button away.
  const shown = JSON.stringify([found.map(keyOf), problems.list() ?? []]);
  if (shown === offers.dataset.shown) return;
  offers.dataset.shown = shown;
  offers.replaceChildren(...found.map(offerOf));
  // On a phone the text box fills the screen; but a list of errors is read first, and nothing moves under a finger.
  const writing = document.activeElement === findings;
  if (found.length && writing && !document.querySelector(".errors")) offers.scrollIntoView({ block: "nearest" });
}

function soon(event) {
  clearTimeout(waiting);
  if (!event.isComposing) waiting = setTimeout(offer, PAUSE);
}

findings.addEventListener("change", soon); // not at once: it is told in the middle of a tap on something else
findings.addEventListener("input", soon);
findings.addEventListener("compositionend", soon);
problems.addEventListener("change", offer);
offer();

// --- what is being filled stands clear of the button that stays: focus alone heeds no scroll padding ---

form.addEventListener("focusin", ({ target }) => {
  if (target.matches(":focus-visible") && target.offsetHeight < innerHeight / 2) target.scrollIntoView({ block: "nearest" });
});

// --- a text box as tall as its text, where the browser's own sizing is not known ---

function grow({ target }) {
  if (!target.matches("textarea")) return;
  target.style.height = "auto";
  target.style.height = `${target.scrollHeight + 2}px`;
}

if (!CSS.supports("field-sizing", "content")) form.addEventListener("input", grow);
