// The open problems of the branch that is chosen, whichever way the form was opened: from the page, from the server, or
// without signal from what the phone took along. A line may be taken as progress of one of them.

import { here } from "./here.js";

const CLOSEST = 3; // open problems offered with a line

const pairs = (text) => new Set([...text].slice(1).map((_letter, i) => text.slice(i, i + 2)));

// How many pairs of letters two texts share: enough to put the likeliest first.
function alike(one, other) {
  const theirs = pairs(other);
  return [...pairs(one)].filter((pair) => theirs.has(pair)).length;
}

const isText = (text) => typeof text === "string";
const named = ({ number, day, text }) => [number, day && `（${day}）`, text].filter(Boolean).join("");

export class OpenProblems extends EventTarget {
  constructor(form, offers, words) {
    super();
    Object.assign(this, { form, offers, words, known: new Map(), branch: form.elements.branch_id.value });
    const listed = document.querySelector("#open-problems")?.content.querySelectorAll("button") ?? [];
    const first = [...listed].map((one) => ({ id: one.dataset.repeats, number: one.dataset.number, day: one.dataset.day, text: one.textContent }));
    if (offers.dataset.branch) this.known.set(offers.dataset.branch, first);
    form.addEventListener("change", ({ target }) => target.name === "branch_id" && this.choose());
    this.choose();
  }

  list() {
    return this.known.get(this.form.elements.branch_id.value);
  }

  async choose() {
    const branch = this.form.elements.branch_id.value;
    const card = document.querySelector("#card");
    if (card) card.hidden = !branch;
    if (branch && card) card.querySelector("a").href = `/branches/${branch}`;
    if (branch && !this.known.has(branch)) {
      const found = (await this.asked(branch)) ?? this.takenAlong(branch);
      if (found) this.known.set(branch, found);
    }
    if (branch !== this.form.elements.branch_id.value) return; // another was chosen meanwhile
    this.offerInRows();
    this.dispatchEvent(new Event("change"));
  }

  async asked(branch) {
    if (navigator.onLine === false || document.documentElement.hasAttribute("data-shell")) return null;
    const but = this.offers.dataset.but ? `?but=${this.offers.dataset.but}` : "";
    try {
      const answer = await fetch(`/branches/${branch}/open-problems${but}`, { headers: { Accept: "application/json" }, cache: "no-store" });
      const said = answer.ok ? await answer.json() : null;
      return Array.isArray(said) && said.every((one) => isText(one.text)) ? said.map((one) => ({ ...one, id: String(one.id) })) : null;
    } catch {
      return null; // no signal: what the phone took along serves
    }
  }

  takenAlong(branch) {
    const card = here.pack?.cards.find((one) => String(one.branch_id) === branch);
    return card ? [...card.problems, ...card.owed].map((one) => ({ ...one, id: String(one.id) })) : null;
  }

  // The lists of the rows: what was chosen stays where it is one of them, or where nobody knows them.
  offerInRows() {
    const list = this.form.elements.branch_id.value ? this.list() : [];
    if (!list) return;
    for (const select of this.form.querySelectorAll("select[name=problem_repeats]")) {
      const before = select.value;
      [...select.options].filter((one) => /^\d+$/.test(one.value)).forEach((one) => one.remove());
      select.append(...list.map((one) => new Option(named(one), one.id)));
      if ([...select.options].some((one) => one.value === before)) select.value = before;
      select.closest(".field").hidden = !list.length && select.value === "";
    }
  }

  // The likeliest, as buttons beside a line.
  buttons(text) {
    const likely = [...(this.list() ?? [])].sort((a, b) => alike(text, b.text) - alike(text, a.text));
    return likely.slice(0, CLOSEST).map((one) => {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "chip", textContent: named(one) });
      Object.assign(button.dataset, { take: "problem", repeats: one.id });
      return button;
    });
  }
}
