// The form: what is typed is kept as a draft here and on the server, and leaves through the outbox.

import { form, here, panel, placeOf, texts, trustPage, value, when } from "./here.js";
import * as outbox from "./outbox.js";
import { draw, note } from "./panel.js";
import { chosen } from "./photos.js";
import * as store from "./store.js";

const { states } = outbox;
const PAUSE = 700; // milliseconds without a key, before a draft is kept here
const SERVER_PAUSE = 4000; // and on the server

let timers = [];

function pairs() {
  const kept = (name, text) => typeof text === "string" && name !== "csrf_token" && name !== "typed_by";
  return [...new FormData(form)].filter(([name, text]) => kept(name, text));
}

const written = () => [...form.querySelectorAll("textarea, input[type=text], input:not([type])")].some((one) => one.value.trim());

function say(text) {
  const line = document.querySelector("#draft-state");
  if (line) line.textContent = text;
}

let turn = Promise.resolve(); // this page writes its draft once at a time, or it would meet itself

function inTurn(act) {
  turn = turn.then(act, act);
  return turn;
}

export const keep = () => inTurn(keepHere);

async function keepHere() {
  if (!here.bound || here.bound.state !== states.draft || !(written() || here.bound.rev)) return;
  const fields = pairs();
  if (here.bound.rev && stored && JSON.stringify(fields) === JSON.stringify(here.bound.fields)) return; // only looked at
  Object.assign(here.bound, { fields, dirty: true });
  try {
    await store.put(here.key, here.bound);
    keptHere(true);
    say(texts.here);
  } catch (error) {
    if (error instanceof store.Elsewhere) return fork();
    keptHere(false);
    say(texts.full);
  }
  return undefined;
}

let stored = true; // what is in the form is stored here

// Where it is, nothing is lost by leaving, and logbook.js does not ask.
function keptHere(on) {
  stored = on;
  if (on) document.documentElement.dataset.kept = "";
  else delete document.documentElement.dataset.kept;
}

// Another page wrote the same draft: this text becomes a draft of its own, and both stay.
async function fork() {
  delete here.bound.rev;
  delete here.bound.revision;
  here.bound.id = outbox.newKey();
  here.bound.elsewhere = true;
  here.bound.files = []; // they stay with what the other page wrote
  form.elements.client_key.value = here.bound.id;
  here.bound.fields = pairs();
  await store.put(here.key, here.bound);
  say(texts.forked);
}

// What was typed without signal goes to the server from the first page that has it.
export async function draftsBothWays() {
  for (const item of await store.list(here.key)) {
    if (item.state !== states.draft || !item.dirty) continue;
    const revision = await outbox.saveDraft(here.key, item);
    await store.put(here.key, Object.assign(item, { revision, dirty: false }));
  }
  await outbox.fetchDrafts(here.key);
}

let saving = Promise.resolve(); // a draft on its way: it must not come after its record

function keepOnServer() {
  saving = saving.then(toServer);
}

async function toServer() {
  if (!here.bound?.rev || here.bound.state !== states.draft || navigator.onLine === false) return;
  try {
    const sent = JSON.stringify(here.bound.fields);
    const revision = await outbox.saveDraft(here.key, here.bound);
    if (here.bound.state !== states.draft) return;
    await inTurn(() => {
      Object.assign(here.bound, { revision, dirty: JSON.stringify(here.bound.fields) !== sent });
      return store.put(here.key, here.bound);
    });
    say(texts.saved);
  } catch { /* it is here; the server follows when it can */ }
}

function later() {
  timers.forEach(clearTimeout);
  timers = [setTimeout(keep, PAUSE), setTimeout(keepOnServer, SERVER_PAUSE)];
}

// An open problem of a branch that is not chosen yet: its list comes with the branch, and knows its name.
function choose(control, text) {
  const known = control.name !== "problem_repeats" || !text || [...control.options ?? []].some((one) => one.value === text);
  if (!known) control.append?.(new Option(text, text));
  control.value = text;
}

function fillControl(control, texts) {
  if (control.type === "radio" || control.type === "checkbox") control.checked = texts.includes(control.value);
  else if (control.type !== "file" && texts.length) choose(control, texts.shift());
}

function fill(fields) {
  const left = new Map();
  for (const [name, text] of fields) left.set(name, [...(left.get(name) ?? []), text]);
  for (const kind of ["voice", "problem", "undertaking"]) {
    const wanted = left.get(`${kind}_text`)?.length ?? 0;
    const rows = form.querySelector(`[data-rows="${kind}"]`);
    for (let n = rows?.children.length ?? wanted; n < wanted; n += 1) form.querySelector(`[data-add="${kind}"]`)?.click();
  }
  for (const control of form.elements) {
    if (!control.name || ["csrf_token", "typed_by", "client_key", "add"].includes(control.name)) continue;
    if (control.name === "member_id" && control.type === "hidden") continue; // one's own; the office chooses
    fillControl(control, left.get(control.name) ?? []);
  }
  otherDay(left.get("visited_on")?.[0]);
  for (const fold of form.querySelectorAll("details")) {
    fold.open ||= [...fold.querySelectorAll("textarea, input[type=text], input:not([type])")].some((one) => one.value);
  }
  for (const list of form.querySelectorAll("select[data-chips]")) list.dispatchEvent(new Event("change", { bubbles: true }));
  for (const kind of ["input", "change"]) form.querySelector("#findings").dispatchEvent(new Event(kind, { bubbles: true }));
}

// A draft of the day before yesterday: its day has no chip any more.
function otherDay(day) {
  const chips = [...form.querySelectorAll("[name=visited_on]")];
  if (!day || chips.some((chip) => chip.checked)) return;
  chips.at(-1).checked = true;
  form.elements.other_on.value = day;
}

export async function bind() {
  const correction = !form.action.endsWith("/visits/new");
  const id = form.elements.client_key.value ||= outbox.newKey();
  const path = new URL(form.action).pathname;
  const asked = new URLSearchParams(location.hash.slice(1)).get("item");
  const another = /^#new\b/.test(location.hash);
  const branch = new URLSearchParams(location.search).get("branch");
  const named = await store.get(here.key, asked ?? id);
  const drafts = (await store.list(here.key)).filter((one) => one.state === states.draft && one.url === path && !one.elsewhere);
  const mine = drafts.filter((one) => !branch || value(one, "branch_id") === branch);
  const last = named ?? (another || document.querySelector(".errors") ? null : mine.at(-1));
  const found = here.typed && last?.id !== id ? null : last; // what was typed while this was looked for is not replaced
  here.bound = found ?? { id, kind: correction ? "correction" : "visit", url: path, fields: [], files: [], state: states.draft, created: Date.now(), attempts: 0 };
  if (another) history.replaceState(history.state, "", `#new&item=${here.bound.id}`); // loaded again it is this one, no third
  if (found) resume(found);
  else if (here.typed) later();
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", submit);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());
  addEventListener("pagehide", keep);
  keptHere(here.bound.state === states.draft && !here.bound.visit);
}

function resume(item) {
  const shownAgain = (here.typed || document.querySelector(".errors")) && form.elements.client_key.value === item.id;
  if (!shownAgain) fill(item.fields);
  if (!shownAgain) tellResumed(item);
  form.elements.client_key.value = item.id;
  if (item.files?.length) say(`${texts.photosHere} ${item.files.map((file) => file.name).join(" ")}`);
  const compared = item.state === states.conflict && !item.visit; // the server shows both texts side by side
  if (item.state === states.refused || compared) item.state = states.draft;
  if (item.state !== states.draft || item.visit) editSent(item);
}

function tellResumed(item) {
  const again = document.querySelector("#resumed");
  if (!again) return;
  again.hidden = false;
  const refused = item.reasons && item.state !== states.queued;
  const words = refused ? `${texts.refused}${item.reasons.join(" ")}` : again.dataset[item.state === states.queued ? "sent" : "draft"];
  again.classList.toggle("flash", !refused);
  again.classList.toggle("warning", Boolean(refused));
  again.querySelector("[data-said]").textContent = words;
  again.querySelector("[data-when]").textContent = when(item.created);
  again.querySelector("button").addEventListener("click", () => { location.hash = "new"; location.reload(); });
  again.scrollIntoView({ block: "start" }); // read before the text box, which fills the screen
}

// What was sent once is frozen: a change goes out as a correction of what was received.
function editSent(item) {
  here.bound = { ...item };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    try {
      await deliver(await storeEdit(item));
    } catch {
      form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
      say(texts.full);
    }
  }, { capture: true });
}

// The outbox may write the item at the same moment: then once more, on what it wrote.
async function storeEdit(item, tries = 5) {
  const now = (await store.get(here.key, item.id)) ?? { ...item, rev: 0 };
  now.edit = { id: outbox.newKey(), fields: [...pairs().filter(([name]) => name !== "reason"), ["reason", texts.changedAfter]] };
  if (now.visit) now.state = states.queued;
  try {
    await store.put(here.key, now);
  } catch (error) {
    if (!(error instanceof store.Elsewhere) || !tries) throw error;
    return storeEdit(item, tries - 1);
  }
  keptHere(true);
  return now;
}

// A button that answers a question says so in the form, which may be sent more than once.
function answer(button) {
  if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
}

async function submit(event) {
  if (event.submitter?.name === "add" || !here.bound) return;
  event.preventDefault();
  answer(event.submitter);
  timers.forEach(clearTimeout);
  form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  say(texts.sending);
  const files = await chosen(form);
  Object.assign(here.bound, { fields: pairs(), place: placeOf({ fields: pairs() }), state: states.queued, asked: Date.now(), attended: true, attempts: 0, reasons: undefined });
  const before = here.bound.files;
  here.bound.files = [...before, ...files.map(({ key: id, name }) => ({ key: id, name }))];
  try {
    await inTurn(() => store.put(here.key, here.bound, files));
  } catch (error) {
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
    Object.assign(here.bound, { state: states.draft, files: before });
    if (error instanceof store.Elsewhere) return fork();
    keptHere(false);
    say(texts.full);
    const reached = await fetch("/phone/token", { cache: "no-store" }).catch(() => null); // or the page would be lost
    if (reached?.ok) return plainly({ files: true });
    return undefined;
  }
  return deliver(here.bound);
}

async function deliver(item) {
  const slow = setTimeout(() => wait(item), 8000);
  await saving;
  await outbox.flush();
  clearTimeout(slow);
  const now = await store.get(here.key, item.id);
  if (now?.visit && now.state !== states.conflict) {
    location.assign(`/visits/${now.visit}?received=${now.version}`);
  } else if (now && !now.visit && (now.state === states.refused || now.state === states.conflict)) {
    now.state = states.draft;
    await store.put(here.key, now);
    plainly(); // the server's own page says what is wrong, beside its field; the photos stay here
  } else {
    await wait(item);
  }
}

// The form as it stands, sent by the browser itself: the server answers with its page.
function plainly({ files = false } = {}) {
  form.querySelectorAll("[type=file]").forEach((input) => { input.disabled = !files; });
  form.removeEventListener("submit", submit);
  trustPage();
  HTMLFormElement.prototype.submit.call(form);
}

async function wait(item) {
  if (form) {
    form.hidden = true;
    form.before(panel);
    document.querySelector("#resumed")?.setAttribute("hidden", "");
  }
  here.bound = null;
  note("kept", true);
  await draw();
  panel.querySelector(`[data-item="${item.id}"]`)?.scrollIntoView({ block: "center" });
}
