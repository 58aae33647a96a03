// The page of a record: choices by thumb, more rows without a round trip, the parts this member uses first, and lines
// that begin with 问题： or 我来办： offered as what they are, while they are typed, spoken or pasted. Without JavaScript
// the lists stay lists, the server adds the rows, and the page after saving says which lines these are.

const findings = document.querySelector("#findings");
const offers = document.querySelector("#offers");
const pattern = document.querySelector("#offer");
const folds = document.querySelector(".folds");
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
  rows.append(next);
  next.querySelectorAll("select[data-chips]").forEach(show);
  return next;
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

// --- the parts this member uses, first; only their names are kept, and nobody's name ---

const place = `folds.${folds.dataset.owner}`;

function used() {
  try {
    return JSON.parse(localStorage.getItem(place)) ?? [];
  } catch {
    return []; // no storage here, or not ours
  }
}

function remember(name, open) {
  const names = used().filter((one) => one !== name);
  try {
    localStorage.setItem(place, JSON.stringify(open ? [name, ...names] : names));
  } catch {
    // A full or forbidden storage: then the order is the usual one.
  }
}

const empty = (part) => [...part.querySelectorAll("textarea, input[type=text]")].every((box) => !box.value);
const known = used();
folds.prepend(...known.map((name) => folds.querySelector(`[data-fold="${CSS.escape(name)}"]`)).filter(Boolean));
folds.addEventListener("click", ({ target }) => {
  const part = target.closest("summary")?.parentElement;
  if (part && (!part.open || empty(part))) remember(part.dataset.fold, !part.open); // as it was before this tap
});

// --- lines that are more than a line ---

const KINDS = ["problem", "undertaking"].map((kind) => ({ kind, starts: new RegExp(`^(${pattern.dataset[kind]})[：:]\\s*`) }));
const CLOSEST = 3; // open problems offered with a line
const PAUSE = 600; // milliseconds without a key
const refused = new Set();
let waiting;

const bare = (line, { starts }) => line.replace(starts, "").trim();
const pairs = (text) => new Set([...text].slice(1).map((_letter, i) => text.slice(i, i + 2)));

// How many pairs of letters two texts share: enough to put the likeliest first.
function alike(one, other) {
  const theirs = pairs(other);
  return [...pairs(one)].filter((pair) => theirs.has(pair)).length;
}

function take(line, found, { take: kind, repeats }) {
  if (!kind) {
    refused.add(line);
  } else {
    const row = emptyRow(kind);
    row.querySelector("textarea").value = bare(line, found);
    if (repeats) row.querySelector("[name=problem_repeats]").value = repeats;
    form.querySelector(`#fold-${kind}`).open = true;
    remember(kind, true);
    findings.value = findings.value.split("\n").filter((one) => one !== line).join("\n");
    if (!findings.value.trim()) findings.value = bare(line, found);
    findings.dispatchEvent(new Event("input", { bubbles: true }));
  }
  offer();
}

function offerOf(line, found) {
  const box = pattern.content.firstElementChild.cloneNode(true);
  const text = bare(line, found);
  box.querySelector("p").textContent = `“${text}”`;
  for (const { kind } of KINDS) {
    if (kind !== found.kind) box.querySelector(`[data-take="${kind}"]`).remove();
  }
  const list = box.querySelector(".progress");
  const here = form.elements.branch_id.value === offers.dataset.branch; // another branch has other problems
  if (!here) list?.remove();
  const likely = [...box.querySelectorAll("[data-repeats]")].sort((a, b) => alike(text, b.textContent) - alike(text, a.textContent));
  likely.forEach((button, i) => (i < CLOSEST ? list.append(button) : button.remove()));
  box.addEventListener("click", ({ target }) => target.matches("button") && take(line, found, target.dataset));
  return box;
}

function offer() {
  const found = findings.value.split("\n").flatMap((line) => {
    const kind = KINDS.find((one) => one.starts.test(line) && bare(line, one));
    return kind && !refused.has(line) ? [[line, kind]] : [];
  });
  // Redrawn only when something changed: leaving the text box for a button must not take the button away.
  const shown = JSON.stringify(found.map(([line]) => line));
  if (shown === offers.dataset.shown) return;
  offers.dataset.shown = shown;
  offers.replaceChildren(...found.map(([line, kind]) => offerOf(line, kind)));
  // On a phone the text box fills the screen; but a list of errors is read first.
  if (!document.querySelector(".errors")) offers.scrollIntoView({ block: "nearest" });
}

function soon(event) {
  clearTimeout(waiting);
  if (!event.isComposing) waiting = setTimeout(offer, PAUSE);
}

findings.addEventListener("change", offer);
findings.addEventListener("input", soon);
findings.addEventListener("compositionend", soon);
offer();

// --- what is being filled stands clear of the button that stays: focus alone heeds no scroll padding ---

form.addEventListener("focusin", ({ target }) => {
  if (target.offsetHeight < innerHeight / 2) target.scrollIntoView({ block: "nearest" });
});

// --- a text box as tall as its text, where the browser's own sizing is not known ---

function grow({ target }) {
  if (!target.matches("textarea")) return;
  target.style.height = "auto";
  target.style.height = `${target.scrollHeight + 2}px`;
}

if (!CSS.supports("field-sizing", "content")) form.addEventListener("input", grow);
