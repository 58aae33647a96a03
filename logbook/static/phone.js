// The pages of somebody who records: what was typed stays on the device until the server has said that it has it.
// Texts stand in templates/phone/parts.html; without JavaScript, or without encryption, the form is sent as ever.

import * as store from "./store.js";
import * as outbox from "./outbox.js";

const { states } = outbox;
const PACK_AGE = 5 * 60_000; // milliseconds: younger is not asked for again
const KEPT = 24 * 3_600_000; // a line 已收到 stays so long
const PAUSE = 700; // without a key, before a draft is kept here
const SERVER_PAUSE = 4000; // and on the server
const PATIENCE = 30_000; // for what is taken along
const LEAVING = "leaving";
const LONGEST_EDGE = 1600; // pixels of a photo that is sent

const owner = document.querySelector("meta[name=owner]");
const panel = document.querySelector("#outbox");
const texts = document.querySelector("#phone-texts")?.dataset ?? {};
const form = document.querySelector("#findings")?.form;
const inShell = document.documentElement.hasAttribute("data-shell");

let key = null;
let pack = null;
let typed = false; // by the owner, since the page is there
let locked = false; // they are leaving
form?.addEventListener("input", (event) => { typed ||= event.isTrusted; });

// --- the key and what is taken along ---

async function prepare() {
  key = await store.unlock();
  if (owner && key && key.owner !== owner.content) {
    key = null;
    await store.forget(); // somebody else has signed in: without signal as well this phone is not the other's any more
  }
  pack = key && (await store.pack(key).catch(() => null));
  const known = pack?.language === document.documentElement.lang && Math.abs(Date.now() - pack.at) < PACK_AGE;
  if (!owner || known) return;
  const asked = takeAlong();
  if (!pack) await asked; // what is here serves meanwhile: nobody waits to write
}

async function takeAlong() {
  try {
    const answer = await fetch("/phone/pack", { cache: "no-store", headers: { Accept: "application/json" }, signal: AbortSignal.timeout?.(PATIENCE) });
    if (!answer.ok) return;
    const { key: bytes, ...rest } = await answer.json();
    if (locked || rest.owner !== owner.content) return;
    await store.hold(rest.owner, Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)), rest.days);
    key = await store.unlock();
    delete rest.csrf_token;
    await store.keepPack(key, { ...rest, language: document.documentElement.lang });
    pack = await store.pack(key);
  } catch { /* no signal: what is here serves */ }
}

function trustPage() {
  const token = document.querySelector("[name=csrf_token]")?.value;
  if (owner && token) outbox.trust({ csrf_token: token, owner: owner.content, typed_by: owner.dataset.typedBy });
}

// --- the list of records on their way ---

const value = (item, name) => item.fields.find(([one]) => one === name)?.[1] ?? "";

function placeOf(item) {
  const id = value(item, "branch_id");
  return pack?.branches.find((one) => String(one.id) === id)?.name ?? value(item, "place") ?? "";
}

function when(milliseconds) {
  const language = document.documentElement.lang;
  return new Intl.DateTimeFormat(language, { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit" }).format(milliseconds);
}

function stateOf(item) {
  if (item.state === states.received) return `${texts.received} ${item.number}`;
  if (item.state === states.refused) return `${texts.refused}${item.reasons?.join(" ") ?? ""}`;
  if (item.state === states.conflict) return texts.conflict;
  if (item.state === states.draft && item.reasons) return `${texts.refused}${item.reasons.join(" ")}`;
  if (item.state === states.draft) return item.revision && !item.dirty ? texts.saved : texts.here;
  if (item.visit) return `${texts.received} ${item.number} ${texts.photos}`;
  return item.attempts ? texts.sent : texts.waiting;
}

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
  const lost = (item.files ?? []).filter((file) => file.refused !== undefined);
  row.querySelector("[data-files]").textContent = lost.map((file) => file.refused || file.name).join(" ");
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
    await store.remove(item.id);
    await outbox.dropDraft(key, item.id).catch(() => {});
    await draw();
  },
};

// What waits stands first, then what is being written, then what came; of a record and its correction one line.
const ORDER = [states.queued, states.refused, states.conflict, states.draft, states.received];

const writing = () => form && !form.hidden;

function shownOf(items) {
  const everything = form || inShell || location.pathname === "/"; // other pages tell only what has not gone out
  const later = (item, i) => items.slice(i + 1).some((one) => one.state === states.received && one.number === item.number);
  return items
    .filter((item, i) => !(item.state === states.received && later(item, i)))
    .filter((item) => !(writing() && item.id === bound?.id))
    .filter((item) => everything || ![states.draft, states.received].includes(item.state))
    .sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state) || b.created - a.created);
}

async function draw() {
  if (!panel) return;
  const items = key ? await store.list(key) : [];
  const others = await store.othersCount(key);
  const shown = shownOf(items);
  panel.querySelector("ul").replaceChildren(...shown.map(rowOf));
  note("others", others > 0 && key && !form);
  note("locked", others > 0 && !key && !form);
  note("offline", navigator.onLine === false && !document.querySelector("[data-no-signal]"));
  const safe = (item) => item.state === states.received || (item.state === states.draft && !item.dirty && item.revision);
  panel.querySelector("[data-acts]").hidden = shown.every(safe);
  panel.querySelector("[data-act=send]").hidden = !shown.some((item) => item.state === states.queued);
  panel.hidden = !(shown.length && !writing()) && !panel.querySelector("[data-note]:not([hidden])");
}

function note(name, on) {
  const line = panel?.querySelector(`[data-note=${name}]`);
  if (line) line.hidden = !on;
}

async function sweep() {
  for (const item of key ? await store.list(key) : []) {
    if (item.state === states.received && Date.now() - item.received > KEPT) await store.remove(item.id);
  }
}

async function saveRescue() {
  const file = await outbox.rescue(key);
  if (navigator.canShare?.({ files: [file] })) {
    try { return await navigator.share({ files: [file] }); } catch { /* not shared: saved instead */ }
  }
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// --- the form ---

let bound = null; // the item of the form on this page
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

const keep = () => inTurn(keepHere);

async function keepHere() {
  if (!bound || bound.state !== states.draft || !(written() || bound.rev)) return;
  const fields = pairs();
  if (bound.rev && stored && JSON.stringify(fields) === JSON.stringify(bound.fields)) return; // only looked at
  Object.assign(bound, { fields, dirty: true });
  try {
    await store.put(key, bound);
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
  delete bound.rev;
  delete bound.revision;
  bound.id = outbox.newKey();
  bound.elsewhere = true;
  bound.files = []; // they stay with what the other page wrote
  form.elements.client_key.value = bound.id;
  bound.fields = pairs();
  await store.put(key, bound);
  say(texts.forked);
}

// What was typed without signal goes to the server from the first page that has it.
async function draftsBothWays() {
  for (const item of await store.list(key)) {
    if (item.state !== states.draft || !item.dirty) continue;
    const revision = await outbox.saveDraft(key, item);
    await store.put(key, Object.assign(item, { revision, dirty: false }));
  }
  await outbox.fetchDrafts(key);
}

let saving = Promise.resolve(); // a draft on its way: it must not come after its record

function keepOnServer() {
  saving = saving.then(toServer);
}

async function toServer() {
  if (!bound?.rev || bound.state !== states.draft || navigator.onLine === false) return;
  try {
    const sent = JSON.stringify(bound.fields);
    const revision = await outbox.saveDraft(key, bound);
    if (bound.state !== states.draft) return;
    await inTurn(() => {
      Object.assign(bound, { revision, dirty: JSON.stringify(bound.fields) !== sent });
      return store.put(key, bound);
    });
    say(texts.saved);
  } catch { /* it is here; the server follows when it can */ }
}

function later() {
  timers.forEach(clearTimeout);
  timers = [setTimeout(keep, PAUSE), setTimeout(keepOnServer, SERVER_PAUSE)];
}

function fillControl(control, texts) {
  if (control.type === "radio" || control.type === "checkbox") control.checked = texts.includes(control.value);
  else if (control.type !== "file" && texts.length) control.value = texts.shift();
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

async function bind() {
  const correction = !form.action.endsWith("/visits/new");
  const id = form.elements.client_key.value ||= outbox.newKey();
  const path = new URL(form.action).pathname;
  const asked = new URLSearchParams(location.hash.slice(1)).get("item");
  const branch = new URLSearchParams(location.search).get("branch");
  const here = await store.get(key, asked ?? id);
  const drafts = (await store.list(key)).filter((one) => one.state === states.draft && one.url === path && !one.elsewhere);
  const mine = drafts.filter((one) => !branch || value(one, "branch_id") === branch);
  const last = here ?? (location.hash === "#new" || document.querySelector(".errors") ? null : mine.at(-1));
  const found = typed && last?.id !== id ? null : last; // what was typed while this was looked for is not replaced
  bound = found ?? { id, kind: correction ? "correction" : "visit", url: path, fields: [], files: [], state: states.draft, created: Date.now(), attempts: 0 };
  if (found) resume(found);
  else if (typed) later();
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", submit);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && keep());
  addEventListener("pagehide", keep);
  keptHere(bound.state === states.draft && !bound.visit);
}

function resume(item) {
  const shownAgain = (typed || document.querySelector(".errors")) && form.elements.client_key.value === item.id;
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
  bound = { ...item };
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
  const now = (await store.get(key, item.id)) ?? { ...item, rev: 0 };
  now.edit = { id: outbox.newKey(), fields: [...pairs().filter(([name]) => name !== "reason"), ["reason", texts.changedAfter]] };
  if (now.visit) now.state = states.queued;
  try {
    await store.put(key, now);
  } catch (error) {
    if (!(error instanceof store.Elsewhere) || !tries) throw error;
    return storeEdit(item, tries - 1);
  }
  keptHere(true);
  return now;
}

async function submit(event) {
  if (event.submitter?.name === "add" || !bound) return;
  event.preventDefault();
  timers.forEach(clearTimeout);
  form.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  say(texts.sending);
  const files = await chosen();
  Object.assign(bound, { fields: pairs(), place: placeOf({ fields: pairs() }), state: states.queued, asked: Date.now(), reasons: undefined });
  const before = bound.files;
  bound.files = [...before, ...files.map(({ key: id, name }) => ({ key: id, name }))];
  try {
    await inTurn(() => store.put(key, bound, files));
  } catch (error) {
    form.querySelectorAll("button").forEach((button) => { button.disabled = false; });
    Object.assign(bound, { state: states.draft, files: before });
    if (error instanceof store.Elsewhere) return fork();
    keptHere(false);
    say(texts.full);
    const reached = await fetch("/phone/token", { cache: "no-store" }).catch(() => null); // or the page would be lost
    if (reached?.ok) return plainly({ files: true });
    return undefined;
  }
  return deliver(bound);
}

async function deliver(item) {
  const slow = setTimeout(() => wait(item), 8000);
  await saving;
  await outbox.flush();
  clearTimeout(slow);
  const now = await store.get(key, item.id);
  if (now?.visit && now.state !== states.conflict) {
    location.assign(`/visits/${now.visit}?received=${now.version}`);
  } else if (now && !now.visit && (now.state === states.refused || now.state === states.conflict)) {
    now.state = states.draft;
    await store.put(key, now);
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
  bound = null;
  note("kept", true);
  await draw();
  panel.querySelector(`[data-item="${item.id}"]`)?.scrollIntoView({ block: "center" });
}

// --- photos ---

async function chosen() {
  const input = form.querySelector("[type=file]");
  const files = [];
  for (const file of input?.files ?? []) {
    files.push({ key: outbox.newKey(), name: file.name, blob: file.type.startsWith("image/") ? await smaller(file) : file });
  }
  return files;
}

// Drawn anew: smaller, upright, and without what the camera noted beside the picture.
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height].map((n) => Math.max(1, Math.round(n * scale)));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85))) ?? file;
  } catch {
    return file; // the server looks at it, and says what is wrong
  }
}

// --- leaving ---

function watchSignOut() {
  const leaving = document.querySelector("#leaving");
  for (const out of document.querySelectorAll("form[action$='/sign-out']")) {
    out.addEventListener("submit", async (event) => {
      event.preventDefault();
      const unsent = await unsentHere().catch(() => 0); // a store that fails holds nobody here
      if (unsent && leaving && !(await agreed(leaving, unsent))) {
        out.querySelectorAll("button").forEach((button) => { button.disabled = false; });
        return;
      }
      const reached = await fetch("/phone/token", { cache: "no-store" }).catch(() => null);
      await lock(!reached).catch(() => {});
      if (reached) HTMLFormElement.prototype.submit.call(out);
      else location.replace("/phone/home");
    });
  }
}

// How many records wait here; the page may not have come so far as to know its key.
async function unsentHere() {
  key ??= await store.unlock();
  if (owner && key?.owner !== owner.content) key = null;
  if (!key) return 0;
  await keep();
  return (await store.list(key)).filter((item) => item.state !== states.received).length;
}

// From here nobody reads on this phone what is stored on it, until they sign in.
async function lock(unheard) {
  bound = null;
  locked = true;
  if (unheard && (owner || key)) localStorage.setItem(LEAVING, owner?.content ?? key.owner);
  const received = key ? (await store.list(key).catch(() => [])).filter(({ state }) => state === states.received) : [];
  key = null;
  await store.forget();
  for (const item of received) await store.remove(item.id, item.rev);
}

// Whoever left without signal is signed out by the first page that comes with one.
function leaveAtLast() {
  const out = document.querySelector("form[action$='/sign-out']");
  if (!owner || !out) return false;
  const left = localStorage.getItem(LEAVING);
  localStorage.removeItem(LEAVING);
  if (left !== owner.content) return false;
  HTMLFormElement.prototype.submit.call(out);
  return true;
}

function agreed(dialog, count) {
  dialog.querySelector("[data-count]").textContent = count;
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "leave"), { once: true });
  });
}

// --- beginning ---

export async function begin() {
  if (!store.usable || leaveAtLast()) return null;
  watchSignOut(); // at once: leaving while the page is coming takes the key away as well
  try {
    await prepare();
  } catch {
    return null; // a browser that keeps nothing: the form is sent as ever
  }
  trustPage();
  outbox.changed.addEventListener("change", draw);
  outbox.changed.addEventListener("signedout", () => { note("signedout", true); if (panel) panel.hidden = false; });
  document.querySelectorAll("[data-act=send]").forEach((b) => b.addEventListener("click", () => outbox.flush().then(draw)));
  document.querySelectorAll("[data-act=lock]").forEach((b) => b.addEventListener("click", () => lock(true).then(() => location.replace("/phone/home"))));
  document.querySelectorAll("[data-act=rescue]").forEach((b) => b.addEventListener("click", saveRescue));
  addEventListener("online", draw);
  addEventListener("offline", draw);
  if (!key) return null;
  await sweep();
  return { key, pack };
}

export async function start() {
  if (key && form) await bind();
  await draw();
  document.documentElement.dataset.phone = "ready";
  outbox.watch();
  await outbox.flush();
  if (owner && key && !form) await draftsBothWays().catch(() => {});
  await draw();
}

if (!inShell && (owner || form)) {
  if (owner && "serviceWorker" in navigator && isSecureContext) {
    navigator.serviceWorker.register(`/sw.js?language=${document.documentElement.lang}`).catch(() => {});
  }
  begin().then(start);
}
