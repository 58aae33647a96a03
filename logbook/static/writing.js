// The form: what is typed is kept as a draft here and on the server, and leaves through the outbox.

import { asksAboutMarks } from "./asking.js";
import { dropDraft, saveDraft } from "./drafts.js";
import { form, here, panel, placeOf, texts, trustPage, value, when } from "./here.js";
import * as outbox from "./outbox.js";
import { draw, note } from "./panel.js";
import { chosen } from "./photos.js";
import * as store from "./store.js";
import { choose, merged, same } from "./together.js";

const { states } = outbox;
const PAUSE = 700; // milliseconds without a key, before a draft is kept here
const UNBROKEN = 2500; // of typing without a pause: what is lost with the phone is less than three seconds
const SERVER_PAUSE = 4000; // and on the server
const SERVER_UNBROKEN = 15_000;

let base = []; // the fields as they were stored last, here or by another page that was heard

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
  if (here.gone || !here.bound || here.bound.state !== states.draft || !(written() || here.bound.rev)) return;
  if (here.bound.rev && stored && same(pairs(), base)) return; // only looked at
  try {
    if (!(await storeForm())) return;
    keptHere(true);
    say(here.bound.after ? texts.after : texts.here);
  } catch {
    keptHere(false);
    say(texts.full);
  }
}

let stored = true; // what is in the form is stored here

// Where it is, nothing is lost by leaving, and logbook.js does not ask.
function keptHere(on) {
  stored = on;
  if (on) document.documentElement.dataset.kept = "";
  else delete document.documentElement.dataset.kept;
}

// Stores what is in the form; false where another page has sent it, and nothing was written here since.
async function storeForm(more = () => ({}), files = undefined) {
  for (let tries = 9; ; tries -= 1) {
    const fields = pairs();
    const item = { ...here.bound, fields, dirty: true, ...(await more(fields)) };
    try {
      Object.assign(here.bound, await store.put(here.key, item, files));
      base = fields;
      return true;
    } catch (error) {
      if (!(error instanceof store.Elsewhere) || !tries) throw error;
      if (!(await meet())) return false;
    }
  }
}

// Another page wrote this item meanwhile: what both wrote is brought together.
async function meet() {
  const now = await store.get(here.key, here.bound.id);
  if (!now) for (const name of ["rev", "revision"]) delete here.bound[name]; // removed there: this is its only copy
  else if (isSent(now)) return meetSent(now);
  else await takeTogether(now);
  return true;
}

const isSent = (item) => Boolean(item.visit) || [states.queued, states.received].includes(item.state);

async function takeTogether(now) {
  const mine = pairs();
  const { fields, clash } = merged(base, mine, now.fields);
  const answer = clash.length ? await askOwner(clash, mine, now) : "";
  if (answer === "both") return;
  take(now, answer === "theirs" ? now.fields : answer === "mine" ? mine : fields);
}

// Goes on from the item as another page wrote it, with these fields in the form.
function take(now, fields) {
  if (!same(fields, pairs())) fill(fields, { over: true });
  here.bound = { ...now, state: states.draft };
  base = now.fields;
}

// Until the question is answered this page's text is a draft of its own, so that nothing is lost with the phone.
async function askOwner(clash, mine, now) {
  const { rev, revision, tried, ...text } = here.bound;
  const aside = { ...text, id: outbox.newKey(), fields: mine, files: [], elsewhere: true, dirty: true };
  await store.put(here.key, aside);
  const answer = await choose(clash, mine, now.fields);
  if (answer === "both") bindTo(aside, mine);
  else await store.remove(aside.id);
  return answer;
}

function bindTo(item, fields) {
  here.bound = item;
  base = fields;
  form.elements.client_key.value = item.id;
}

// It was sent from another page: what was written here since then goes out as a change to it.
async function meetSent(now) {
  const nothingNew = same(pairs(), base) || now.mark === (await markOf(pairs()));
  if (nothingNew) {
    here.sent = now;
    if (now.state === states.received) await wait(now);
    return false;
  }
  const { rev, revision, tried, ...text } = here.bound;
  bindTo({ ...text, id: outbox.newKey(), after: now.id, files: [], elsewhere: true, created: Date.now() }, base);
  return true;
}

const markOf = (fields) => store.markOf(fields.filter(([name, text]) => text && name !== "client_key"));

// Follows what another page writes, as long as nothing is written here that is not stored.
async function look() {
  const now = here.bound?.rev && here.bound.state === states.draft ? await store.get(here.key, here.bound.id) : null;
  if (!now || now.rev === here.bound.rev || !same(pairs(), base)) return;
  if (now.state === states.draft) take(now, now.fields);
  else if (now.state === states.received) await wait(now);
}

let saving = Promise.resolve(); // a draft on its way: it must not come after its record

function keepOnServer() {
  saving = saving.then(toServer);
}

async function toServer() {
  if (!here.bound?.rev || here.bound.state !== states.draft || navigator.onLine === false) return;
  try {
    const now = await saveDraft(here.key, here.bound.id);
    await inTurn(() => (now?.after && now.id !== here.bound?.id ? goOnBeside(now) : look()));
    if (now && !now.dirty && !now.after) say(texts.saved);
  } catch { /* it is here; the server follows when it can */ }
}

// Its record was there already: what is in the form goes on beside it.
function goOnBeside(item) {
  if (here.bound?.id !== item.after || here.bound.state !== states.draft) return;
  bindTo(item, base);
  say(texts.after);
}

let pauses = [];
const unbroken = new Map();

function later() {
  pauses.forEach(clearTimeout);
  pauses = [setTimeout(keep, PAUSE), setTimeout(keepOnServer, SERVER_PAUSE)];
  for (const [act, most] of [[keep, UNBROKEN], [keepOnServer, SERVER_UNBROKEN]]) {
    if (!unbroken.has(act)) unbroken.set(act, setTimeout(() => { unbroken.delete(act); act(); }, most));
  }
}

function stopTimers() {
  [...pauses, ...unbroken.values()].forEach(clearTimeout);
  unbroken.clear();
}

// An open problem of a branch that is not chosen yet: its list comes with the branch, and knows its name.
function fillIn(control, text) {
  const known = control.name !== "problem_repeats" || !text || [...control.options ?? []].some((one) => one.value === text);
  if (!known) control.append?.(new Option(text, text));
  control.value = text;
}

// `over`: in the place of what stands there, where a row has gone as well.
function fillControl(control, texts, over) {
  if (control.type === "radio" || control.type === "checkbox") control.checked = texts.includes(control.value);
  else if (control.type !== "file" && texts.length) fillIn(control, texts.shift());
  else if (over && control.name.endsWith("_text")) control.value = "";
}

function fill(fields, { over = false } = {}) {
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
    fillControl(control, left.get(control.name) ?? [], over);
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
  if (here.gone) return;
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
  addEventListener("hashchange", () => location.hash === "#new" && location.reload());
  if (asked && last?.state === states.received && !here.typed) return wait(last); // back from its record: it is no new one
  const found = here.typed && last?.id !== id ? null : last; // what was typed while this was looked for is not replaced
  if (here.gone) return;
  here.bound = found ?? { id, kind: correction ? "correction" : "visit", url: path, fields: [], files: [], state: states.draft, created: Date.now(), attempts: 0 };
  if (another) history.replaceState(history.state, "", `#new&item=${here.bound.id}`); // loaded again it is this one, no third
  if (found) resume(found);
  if (here.typed) later();
  base = found && !here.typed ? pairs() : here.bound.fields;
  listen();
  if (found?.dirty) keepOnServer();
  keptHere(here.bound.state === states.draft && !here.bound.visit);
}

function listen() {
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", submit);
  document.addEventListener("visibilitychange", () => (document.visibilityState === "hidden" ? keep() : inTurn(look)));
  addEventListener("pagehide", keep);
  addEventListener("pageshow", (event) => event.persisted && inTurn(look));
  store.watch((id) => id === here.bound?.id && inTurn(look));
}

// The page that was refused shows what it was sent; opened again by Back it is older than what was typed since.
function resume(item) {
  const old = new URLSearchParams(location.search).has("refused");
  const shownAgain = (here.typed || (document.querySelector(".errors") && !old)) && form.elements.client_key.value === item.id;
  if (!shownAgain) fill(item.fields);
  if (!shownAgain && !old) tellResumed(item);
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
    if (await asksAboutMarks(form)) return;
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

const hold = (held) => form.querySelectorAll("button").forEach((button) => { button.disabled = held; });

// A button that answers a question says so in the form, which may be sent more than once.
function answer(button) {
  if (button?.name) form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
}

async function submit(event) {
  if (event.submitter?.name === "add" || !here.bound) return undefined;
  event.preventDefault();
  const { submitter } = event;
  hold(true);
  if (await asksAboutMarks(form)) return hold(false);
  answer(submitter);
  stopTimers();
  say(texts.sending);
  const files = await chosen(form);
  const added = files.map(({ key: id, name }) => ({ key: id, name }));
  const frozen = async (fields) => ({
    place: placeOf({ fields }), state: states.queued, asked: Date.now(), attended: true, attempts: 0,
    reasons: undefined, mark: await markOf(fields),
    files: [...here.bound.files, ...added],
  });
  try {
    if (here.bound.after) return deliver(await inTurn(() => sendAfter(frozen, files)));
    return deliver((await inTurn(() => storeForm(frozen, files))) ? here.bound : here.sent);
  } catch {
    hold(false);
    keptHere(false);
    say(texts.full);
    const reached = await fetch("/phone/token", { cache: "no-store" }).catch(() => null); // or the page would be lost
    if (reached?.ok) plainly({ files: true });
  }
  return undefined;
}

// What was written beside a record that another page sent goes out as a change to it; a record of its own where that
// one is here no more.
async function sendAfter(frozen, files) {
  const draft = here.bound;
  const sent = await store.get(here.key, draft.after);
  delete draft.after;
  if (!sent || (sent.state !== states.queued && !sent.visit)) return (await storeForm(frozen, files)) ? here.bound : here.sent;
  const now = await storeEdit(sent);
  await dropDraft(here.key, draft.id).catch(() => {});
  return now;
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
    await store.update(here.key, item.id, () => ({ state: states.draft }));
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
  const now = await store.get(here.key, item.id);
  note("kept", now?.state !== states.received);
  note("done", now?.state === states.received);
  await draw();
  panel.querySelector(`[data-item="${item.id}"]`)?.scrollIntoView({ block: "center" });
}
