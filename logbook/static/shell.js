// Fills the shell's pages, which hold nothing themselves, from what this member's phone took along when it had signal.

import { ZONE } from "./here.js";
import * as phone from "./phone.js";

const root = document.documentElement;
const part = (name) => document.querySelector(`#${name}`).content.firstElementChild.cloneNode(true);
const card = /^\/branches\/(\d+)$/.exec(location.pathname)?.[1];

const TAGS = { missed: "late", due: "due", done: "ok" };

function row(id, state) {
  const found = part("branch-row");
  const words = document.querySelector("#card-words").dataset;
  found.querySelector("[data-name]").textContent = id.name;
  found.querySelector("[data-state]").textContent = state.state ?? "";
  found.querySelector("[data-state]").classList.add(TAGS[state.standing] ?? "plain");
  found.querySelector("[data-state]").hidden = !state.state;
  found.querySelector("[data-line]").textContent = [state.why, state.last_on, state.visitors ? words.visitors.replace("{n}", state.visitors) : ""].filter(Boolean).join(" ");
  found.querySelector("[data-card]").href = `/branches/${state.branch_id}`;
  found.querySelector("[data-new]").href = `/visits/new?branch=${state.branch_id}`;
  return found;
}

function section(title, lines) {
  const found = part("card-part");
  found.querySelector("h2").textContent = title;
  const words = document.querySelector("#card-words").dataset;
  for (const line of lines.length ? lines : [words.none]) {
    const item = document.createElement("li");
    item.textContent = line;
    found.querySelector("ul").append(item);
  }
  return found;
}

function showCard(one) {
  const words = document.querySelector("#card-words").dataset;
  const place = document.querySelector("[data-branches]");
  const first = row({ name: one.line ?? "" }, one);
  first.classList.add("sheet");
  first.querySelector("[data-card]").remove();
  document.querySelector("[data-heading]").textContent = one.name;
  document.querySelector("[data-home]").hidden = false;
  place.classList.remove("sheet");
  place.replaceChildren(
    first,
    ...(one.last_report ? [section("", [one.last_report])] : []),
    section(words.problems, one.problems.map(said)),
    section(words.owed, one.owed.map(said)),
    section(words.promises, one.promises.map(said)),
    section(words.records, one.records.map((record) => [record.number, record.day, record.member, record.findings].join("　"))),
  );
}

const said = (one) => [one.text, one.member, one.state, one.side, one.due].filter(Boolean).join("　");

function showHome(pack) {
  const known = new Set(["/", "/phone/home"]);
  const found = card && pack.cards.find((one) => String(one.branch_id) === card);
  if (found) return showCard(found);
  document.querySelector("[data-needs-signal]").hidden = known.has(location.pathname);
  document.querySelector("[data-branches]").replaceChildren(...pack.cards.map((one) => row({ name: one.name }, one)));
  return undefined;
}

// --- the form ---

const day = (date) => new Intl.DateTimeFormat("sv", { timeZone: ZONE }).format(date); // 2026-03-05

function option(value, text) {
  const made = document.createElement("option");
  made.value = value;
  made.textContent = text;
  return made;
}

function group(label, options) {
  const made = document.createElement("optgroup");
  made.label = label;
  made.append(...options);
  return made;
}

function fillForm(form, pack) {
  const days = form.querySelectorAll("[name=visited_on]");
  [new Date(), new Date(Date.now() - 86_400_000)].forEach((date, i) => {
    days[i].value = day(date);
    const label = form.querySelector(`label[for="${days[i].id}"]`);
    label.textContent = label.textContent.split(" ")[0]; // 今天, 昨天: the shell's own day is any day
  });
  const branches = form.elements.branch_id;
  const words = document.querySelector("#phone-texts").dataset;
  const mine = new Set(pack.cards.map((one) => one.branch_id));
  branches.append(
    group(words.mine, pack.cards.map((one) => option(one.branch_id, one.name))),
    group(words.others, pack.branches.filter(({ id }) => !mine.has(id)).map(({ id, name }) => option(id, name))),
  );
  branches.value = new URLSearchParams(location.search).get("branch") ?? "";
  if (form.elements.member_id) form.elements.member_id.value = pack.is_member ? pack.member_id : "";
  for (const name of ["kinds", "level"]) {
    const preset = pack.defaults[name === "kinds" ? "kind" : "level"];
    for (const one of form.querySelectorAll(`[name=${name}]`)) one.checked = one.value === preset;
  }
  companions(form, pack);
}

function companions(form, pack) {
  const field = form.querySelector("#companion_ids .chips");
  if (!field) return;
  field.replaceChildren(...pack.members.map(({ id, name }) => {
    const chip = document.createElement("span");
    chip.className = "chip";
    const input = Object.assign(document.createElement("input"), { type: "checkbox", name: "companion_ids", value: id, id: `companion-${id}` });
    const label = Object.assign(document.createElement("label"), { htmlFor: input.id, textContent: name });
    chip.append(input, label);
    return chip;
  }));
}

// Signal again: what is shown is still what was taken along.
async function lookForSignal() {
  const gone = document.querySelector("[data-no-signal]");
  if (!gone) return;
  const answer = navigator.onLine === false ? null : await fetch("/health", { cache: "no-store" }).catch(() => null);
  const back = Boolean(answer?.ok) && !(await answer.text()).startsWith("<");
  gone.hidden = back || !document.querySelector("[data-locked]").hidden;
  document.querySelector("[data-signal-back]").hidden = !back;
}

function watchSignal() {
  for (const name of ["online", "offline", "focus"]) addEventListener(name, lookForSignal);
  setInterval(() => document.visibilityState === "visible" && lookForSignal(), 15_000);
}

phone.begin().then(async (ready) => {
  const form = document.querySelector("#findings")?.form;
  const locked = document.querySelector("[data-locked]");
  const at = document.querySelector("[data-at]");
  if (locked) locked.hidden = Boolean(ready?.pack);
  document.querySelector("[data-no-signal]")?.toggleAttribute("hidden", !ready?.pack);
  watchSignal();
  if (ready?.pack) {
    if (form) {
      fillForm(form, ready.pack);
      document.querySelector(".folds").dataset.owner = ready.key.owner;
      await import("./visits.js"); // it makes chips of what is in the lists now
    }
    if (!form) showHome(ready.pack);
    const log = document.querySelector("[data-log]");
    if (log) log.hidden = false;
    if (at) at.textContent = new Intl.DateTimeFormat(root.lang, { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", timeZone: ZONE }).format(ready.pack.at);
  } else if (form) {
    location.replace("/phone/home");
  }
  return phone.start();
});
