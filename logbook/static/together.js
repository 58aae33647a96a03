// Two pages of one browser with the same draft open: what each changed is brought together; where both changed the same
// field, their owner is asked once.

import { texts } from "./here.js";

const ROWS = /^(voice|problem|undertaking)_/; // the fields of a row go together
const OF_THE_PAGE = new Set(["client_key"]);

const groupOf = (name) => ROWS.exec(name)?.[1] ?? name;

function grouped(fields) {
  const found = new Map();
  for (const pair of fields) {
    const group = groupOf(pair[0]);
    if (!OF_THE_PAGE.has(group)) found.set(group, [...(found.get(group) ?? []), pair]);
  }
  return found;
}

const said = (groups, name) => JSON.stringify((groups.get(name) ?? []).filter(([, text]) => text));

// Whether two lists of fields say the same.
export function same(one, other) {
  const [here, there] = [grouped(one), grouped(other)];
  return [...new Set([...here.keys(), ...there.keys()])].every((name) => said(here, name) === said(there, name));
}

// The fields of both, from `base` on; `clash`: the names of those that both changed, which are as here.
export function merged(base, mine, theirs) {
  const [then, here, there] = [base, mine, theirs].map(grouped);
  const fields = mine.filter(([name]) => OF_THE_PAGE.has(name));
  const clash = [];
  for (const name of new Set([...here.keys(), ...there.keys()])) {
    const [was, now, other] = [then, here, there].map((groups) => said(groups, name));
    if (now !== other && now !== was && other !== was) clash.push(name);
    fields.push(...((now === was && other !== was ? there : here).get(name) ?? []));
  }
  return { fields, clash };
}

const textOf = (fields, names) => fields.filter(([name, text]) => text && names.includes(groupOf(name))).map(([, text]) => text).join("\n");

// "mine", "theirs" or "both", as the owner says; both where they say nothing.
export function choose(clash, mine, theirs) {
  const dialog = document.querySelector("#clash");
  dialog.querySelector("[data-mine]").textContent = textOf(mine, clash) || texts.nothing;
  dialog.querySelector("[data-theirs]").textContent = textOf(theirs, clash) || texts.nothing;
  dialog.returnValue = "both";
  dialog.showModal();
  return new Promise((resolve) => { dialog.addEventListener("close", () => resolve(dialog.returnValue), { once: true }); });
}
