// Sends what waits on this device: the form's own POST once more, the text first, then the photos piece by piece.
// A record leaves only against the server's receipt; the server takes a repeat under the same key for what it is.

import * as store from "./store.js";

const PIECE = 128 * 1024; // bytes of a photo sent at once
const WAIT = 30_000; // milliseconds before the next try, while something waits
const CLASHES = 5; // times that another page may write while one sends, before it waits
const PATIENCE = 60_000; // for one answer
const REFUSALS = new Set([403, 404, 422]); // by a rule; anything else may pass
const ATTENDED = 8000; // milliseconds: afterwards the page says that it waits
const AWAITED = 60_000; // what is sent later than this after 提交 has waited

export const states = { draft: "draft", queued: "queued", received: "received", refused: "refused", conflict: "conflict" };

let token; // { csrf_token, owner, typed_by } of the session, asked for anew when it has changed
let timer;

export const changed = new EventTarget(); // "change": an item's state is another; "signedout"

export function tell() {
  changed.dispatchEvent(new Event("change"));
}

// The page's own token spares a round trip; what it was made for is checked by the server.
export function trust(known) {
  token = known;
}

export async function ask(address, options = {}) {
  return fetch(address, {
    credentials: "same-origin", cache: "no-store", redirect: "error", signal: AbortSignal.timeout?.(PATIENCE), ...options,
    headers: { Accept: "application/json", ...options.headers },
  });
}

async function fresh() {
  const answer = await ask("/phone/token");
  if (answer.status === 401) throw new SignedOut();
  if (!answer.ok) throw new Error(String(answer.status));
  token = await answer.json();
  return token;
}

class SignedOut extends Error {}

// What the server said; {} for what is none of its answers: a proxy's page, or one cut off in its middle.
export async function saidIn(answer) {
  const said = await answer.json().catch(() => null);
  return said && typeof said === "object" && !Array.isArray(said) ? said : {};
}

const isReceipt = (said) => Boolean(Number.isInteger(said?.id) && said.number && said.version && said.digest);

// Asks with the token; once more with a fresh one where the session is a new one.
export async function authorized(key, address, options) {
  for (const again of [false, true]) {
    const now = again || !token ? await fresh() : token;
    if (now.owner !== key.owner) throw new SignedOut();
    const answer = await ask(address, options(now));
    if (answer.status === 401) throw new SignedOut();
    if (answer.status !== 400) return answer;
    token = undefined;
  }
  throw new Error("400");
}

// --- one item ---

function body(item, now) {
  const form = new FormData();
  const filled = new Set(item.fields.filter(([, value]) => value).map(([name]) => name));
  for (const [name, value] of item.fields) {
    // A field left empty says nothing in a new record; in a correction it says that something was taken out.
    if (filled.has(name) || item.kind === "correction") form.append(name, value);
  }
  form.append("csrf_token", now.csrf_token);
  form.append("typed_by", now.typed_by);
  form.set("client_key", item.id);
  if (Date.now() - item.asked > AWAITED) form.append("waited", "1");
  // Its page is on the screen: a question can be answered. What is sent later is stored, and its record's page tells.
  if (item.attended && item.attempts <= 1 && Date.now() - item.asked < ATTENDED) form.append("asks", "1");
  return form;
}

async function sendText(key, item) {
  item.attempts += 1;
  await store.put(key, item).catch((error) => { // frozen from here: the server may have it, whatever we hear
    if (error instanceof store.Elsewhere) throw error; // a full phone is no reason not to send
  });
  const answer = await authorized(key, item.url, (now) => ({ method: "POST", body: body(item, now) }));
  const said = await saidIn(answer);
  const receipt = said.receipt ?? said;
  if (isReceipt(receipt) && (answer.status === 201 || answer.status === 409)) {
    Object.assign(item, { number: receipt.number, version: receipt.version, digest: receipt.digest, visit: receipt.id });
    if (said.receipt) item.state = states.conflict; // another text is stored under this key: nothing is thrown away
    else Object.assign(item, { fields: [], dirty: false });
  } else if (answer.status === 409 && ("conflict" in said || said.receipt === null)) {
    item.state = states.conflict;
  } else if (REFUSALS.has(answer.status) && Object.keys(said).length) {
    item.state = states.refused;
    item.reasons = Object.values(said).map(String).filter(Boolean);
  } else {
    throw new Error(String(answer.status));
  }
  await store.put(key, item);
  tell();
}

async function sendFile(key, item, file) {
  const blob = await store.file(key, file.key);
  if (!blob?.size) return { refused: "" };
  const address = `/visits/${item.visit}/uploads/${file.key}`;
  let have = 0;
  if (file.begun) {
    const known = await saidIn(await ask(address));
    if (known.digest) return known;
    have = known.have ?? 0;
  }
  file.begun = true;
  await store.put(key, item);
  while (have < blob.size) {
    const end = Math.min(have + PIECE, blob.size);
    const piece = blob.slice(have, end);
    const range = `bytes ${have}-${end - 1}/${blob.size}`;
    const answer = await authorized(key, address, (now) => ({
      method: "PUT", body: piece,
      headers: {
        "Content-Range": range, "Upload-Name": encodeURIComponent(file.name.toWellFormed?.() ?? file.name),
        "Upload-For": item.digest, "X-CSRFToken": now.csrf_token,
      },
    }));
    const said = await saidIn(answer);
    if (REFUSALS.has(answer.status) && (said.files || said.error)) return { refused: said.files ?? said.error };
    if (said.digest) return said;
    if (answer.status !== 202 && answer.status !== 409) throw new Error(String(answer.status));
    have = said.have;
  }
  throw new Error("the photo was sent, and is not there");
}

async function sendFiles(key, item) {
  for (const file of item.files ?? []) {
    if (file.done || file.refused !== undefined) continue;
    const said = await sendFile(key, item, file);
    if (said.digest) file.done = said.digest;
    else file.refused = String(said.refused ?? "");
    await store.put(key, item);
    if (file.done) await store.removeFile(file.key);
    tell();
  }
}

// What was changed after it had been sent goes out as a correction of what was received.
async function follow(key, item) {
  const edit = { ...item.edit, id: item.edit.id, kind: "correction", url: `/visits/${item.visit}/correct` };
  edit.fields = [...edit.fields.filter(([name]) => name !== "based_on"), ["based_on", String(item.version)]];
  delete item.edit;
  item.fields = [];
  const next = { created: Date.now(), asked: Date.now(), attempts: 0, files: [], state: states.queued, place: item.place, ...edit };
  await store.put(key, next).catch((error) => {
    if (!(error instanceof store.Elsewhere)) throw error; // it is there: this was broken off behind it before
  });
  await store.put(key, item);
}

async function send(key, item) {
  if (!item.visit) await sendText(key, item);
  if (item.state !== states.queued) return;
  await sendFiles(key, item);
  if (item.edit) await follow(key, item);
  item.state = states.received;
  item.received = Date.now();
  await store.put(key, item);
  tell();
}

// --- all of them ---

// The oldest that waits, of the list as it is now: what was changed meanwhile has become a correction at its end.
async function nextOf(key, tried) {
  return (await store.list(key)).find(({ id, state }) => state === states.queued && !tried.has(id));
}

async function sendAll() {
  const key = await store.unlock();
  if (!key || navigator.onLine === false) return;
  const tried = new Set();
  let waiting = false;
  let clashes = 0;
  for (let item = await nextOf(key, tried); item; item = await nextOf(key, tried)) {
    tried.add(item.id);
    try {
      await send(key, item);
    } catch (error) {
      if (error instanceof SignedOut) {
        changed.dispatchEvent(new Event("signedout"));
        return;
      }
      // Another page wrote it meanwhile, a draft's answer for one: at once more, on what it wrote.
      if (error instanceof store.Elsewhere && (clashes += 1) <= CLASHES) tried.delete(item.id);
      else waiting = true;
    }
  }
  clearTimeout(timer);
  if (waiting) timer = setTimeout(flush, WAIT);
}

// One page of one browser sends at a time; where there are no locks, the server takes repeats for what they are.
let running = Promise.resolve();
export function flush() {
  running = running.then(async () => {
    if (navigator.locks) await navigator.locks.request("logbook-outbox", sendAll);
    else await sendAll();
  }).catch(() => {});
  return running;
}

export function watch() {
  addEventListener("online", flush);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && flush());
  addEventListener("pageshow", (event) => event.persisted && flush());
}

// --- names ---

function base64url(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export const newKey = () => base64url(crypto.getRandomValues(new Uint8Array(16)));

// --- the rescue file ---

// What is not received of an item. A change to what may be there already goes back to its author as a draft.
function unreceived(item) {
  const edit = item.edit && { ...item, ...item.edit, state: states.draft };
  return (item.state === states.received ? [] : [item, edit]).filter((one) => one?.fields.length);
}

// Everything not yet received, as text only the server can read; photos are saved apart.
export async function rescue(key) {
  const items = (await store.list(key)).flatMap(unreceived);
  const mark = key.rescue || (await store.pack(key))?.rescue; // the pack's: of a key held since before it was kept here
  const lines = [`logbook-rescue 1 ${items.length} ${mark ?? ""}`];
  for (const [i, item] of items.entries()) {
    const draft = item.state === states.draft;
    const value = { url: item.url, client_key: item.id, fields: item.fields, draft, created: new Date(item.created).toISOString() };
    lines.push(base64url(await store.sealedLine(key, value, `logbook-rescue 1 ${items.length} ${i + 2}`)));
  }
  return new File([`${lines.join("\n")}\n`], "rescue.txt", { type: "text/plain" });
}
