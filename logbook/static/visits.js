// The page of a record: more rows without a round trip, and lines that begin with 问题： or 我来办：
// offered as what they are, while they are typed, spoken or pasted. Without JavaScript the server adds the rows,
// and the page after saving says which lines these are.

const findings = document.querySelector("#findings");
const offers = document.querySelector("#offers");
const KINDS = [
  { kind: "problem", starts: /^问题[：:]\s*/, yes: "记为问题", en: "Note as problem" },
  { kind: "undertaking", starts: /^(我来办|领办)[：:]\s*/, yes: "记为领办事项", en: "Note as undertaking" },
];
const english = document.documentElement.lang === "en";
const refused = new Set();
const PAUSE = 600; // milliseconds without a key
let waiting;

function addRow(kind) {
  const rows = document.querySelector(`[data-rows="${kind}"]`);
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
  return next;
}

function emptyRow(kind) {
  const free = [...document.querySelectorAll(`[data-rows="${kind}"] > *`)].find((row) => !row.querySelector("textarea").value);
  return free ?? addRow(kind);
}

function take(line, { kind, starts }) {
  const row = emptyRow(kind);
  row.querySelector("textarea").value = line.replace(starts, "");
  document.querySelector(`#fold-${kind}`).open = true;
  findings.value = findings.value.split("\n").filter((one) => one !== line).join("\n");
  if (!findings.value.trim()) findings.value = line.replace(starts, "");
  offer();
}

function offerOf(line, found) {
  const box = document.createElement("div");
  box.className = "line offer";
  const text = document.createElement("p");
  text.textContent = `“${line.replace(found.starts, "")}”`;
  const yes = document.createElement("button");
  const no = document.createElement("button");
  yes.type = no.type = "button";
  yes.className = "button plain";
  no.className = "button quiet";
  yes.textContent = english ? found.en : found.yes;
  no.textContent = english ? "No" : "不用";
  yes.addEventListener("click", () => take(line, found));
  no.addEventListener("click", () => { refused.add(line); offer(); });
  box.append(text, yes, no);
  return box;
}

function offer() {
  const found = findings.value.split("\n").flatMap((line) => {
    const kind = KINDS.find(({ starts }) => starts.test(line) && line.replace(starts, "").trim());
    return kind && !refused.has(line) ? [[line, kind]] : [];
  });
  // Redrawn only when something changed: leaving the text box for a button must not take the button away.
  const shown = JSON.stringify(found.map(([line]) => line));
  if (shown === offers.dataset.shown) return;
  offers.dataset.shown = shown;
  offers.replaceChildren(...found.map(([line, kind]) => offerOf(line, kind)));
  offers.scrollIntoView({ block: "nearest" }); // on a phone the text box fills the screen
}

function soon(event) {
  clearTimeout(waiting);
  if (!event.isComposing) waiting = setTimeout(offer, PAUSE);
}

findings.addEventListener("change", offer);
findings.addEventListener("input", soon);
findings.addEventListener("compositionend", soon);
offer();

for (const button of document.querySelectorAll("[data-add]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    addRow(button.dataset.add).querySelector("textarea").focus();
  });
}
