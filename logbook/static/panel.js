// The list of records on their way, and of those that came: a line each, with its state and what can be done.

import { dropDraft } from "./drafts.js";
import { form, here, inShell, panel, placeOf, texts, when } from "./here.js";
import * as outbox from "./outbox.js";
import * as store from "./store.js";

const { states } = outbox;
const KEPT = 24 * 3_600_000; // a line 已收到 stays so long

function stateOf(item) {
  if (item.state === states.received) return `${texts.received} ${item.number}`;
  if (item.state === states.refused) return `${texts.refused}${item.reasons?.join(" ") ?? ""}`;
  if (item.state === states.conflict) return texts.conflict;
  if (item.state === states.draft && item.reasons) return `${texts.refused}${item.reasons.join(" ")}`;
  if (item.state === states.draft) return item.revision && !item.dirty ? texts.saved : texts.here;
  if (item.visit) return `${texts.received} ${item.number} ${texts.photos}`;
  return item.attempts ? texts.sent : texts.waiting;
}

// Files that were refused, until their owner has read it or chosen others.
export const lostFiles = (item) => (item.files ?? []).filter((file) => file.refused !== undefined && !file.told);

export const whyLost = (file) => file.refused || texts.emptyFile.replace("{name}", file.name);

function rowOf(item) {
  const row = document.querySelector("#outbox-row").content.firstElementChild.cloneNode(true);
  row.dataset.item = item.id;
  row.dataset.state = item.state;
  row.querySelector("strong").textContent = item.place || placeOf(item) || texts.untitled;
  row.querySelector("[data-when]").textContent = `${when(item.created)}${item.elsewhere ? ` ${texts.elsewhere}` : ""}`;
  const state = row.querySelector("[data-state]");
  state.textContent = stateOf(item);
  state.classList.toggle("late", Boolean(item.reasons) || item.state === states.conflict);
  state.classList.toggle("ok", item.state === states.received);
  row.querySelector("[data-files]").textContent = lostFiles(item).map(whyLost).join(" ");
  for (const button of row.querySelectorAll("[data-for]")) {
    const shown = button.dataset.for.split(" ").includes(item.state) && !(item.state === states.queued && item.visit);
    if (shown) button.addEventListener("click", () => ACTS[button.dataset.do](item));
    else button.remove();
  }
  return row;
}

const ACTS = {
  open: (item) => { location.assign(`${item.url}#item=${item.id}`); if (form) location.reload(); },
  show: (item) => location.assign(`/visits/${item.visit}`),
  drop: async (item) => {
    if (!confirm(texts.sure)) return;
    await dropDraft(here.key, item.id);
    await draw();
  },
};

// What waits stands first, then what is being written, then what came; of a record and its correction one line.
const ORDER = [states.queued, states.refused, states.conflict, states.draft, states.received];

const writing = () => form && !form.hidden;

function shownOf(items) {
  const everything = form || inShell || location.pathname === "/"; // other pages tell only what has not gone out
  const later = (item, i) => !lostFiles(item).length && items.slice(i + 1).some((one) => one.state === states.received && one.number === item.number);
  return items
    .filter((item, i) => !(item.state === states.received && later(item, i)))
    .filter((item) => !(writing() && item.id === here.bound?.id))
    .filter((item) => everything || ![states.draft, states.received].includes(item.state) || lostFiles(item).length)
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.created - a.created);
}

export async function draw() {
  if (!panel) return;
  const items = here.key ? await store.list(here.key) : [];
  const others = await store.othersCount(here.key);
  const shown = shownOf(items);
  panel.querySelector("ul").replaceChildren(...shown.map(rowOf));
  note("others", others > 0 && here.key && !form);
  note("locked", others > 0 && !here.key && !form);
  note("offline", navigator.onLine === false && !document.querySelector("[data-no-signal]"));
  const safe = (item) => item.state === states.received || (item.state === states.draft && !item.dirty && item.revision);
  panel.querySelector("[data-acts]").hidden = shown.every(safe);
  panel.querySelector("[data-act=send]").hidden = !shown.some((item) => item.state === states.queued);
  panel.hidden = !(shown.length && !writing()) && !panel.querySelector("[data-note]:not([hidden])");
}

export function note(name, on) {
  const line = panel?.querySelector(`[data-note=${name}]`);
  if (line) line.hidden = !on;
}

export async function sweep() {
  for (const item of here.key ? await store.list(here.key) : []) {
    const read = item.state === states.received && !lostFiles(item).length;
    if (read && Date.now() - item.received > KEPT) await store.remove(item.id);
  }
}

export async function saveRescue() {
  const file = await outbox.rescue(here.key);
  if (navigator.canShare?.({ files: [file] })) {
    try { return await navigator.share({ files: [file] }); } catch { /* not shared: saved instead */ }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
