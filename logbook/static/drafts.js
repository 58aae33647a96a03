// Drafts on the server as well: for another device, and for a phone that is lost. One page of a browser speaks at a time,
// and what this browser itself sent before is nobody else's text.

import { ask, authorized, newKey, saidIn, states, tell } from "./outbox.js";
import * as store from "./store.js";

const MOST_TRIED = 30; // texts of one draft that were sent and not answered

// Whether a draft's address is one of the two forms: what comes from the server is followed nowhere else.
const isForm = (url) => /^\/visits\/(new|[1-9]\d{0,9}\/correct)$/.test(url);

const alone = (act) => (navigator.locks ? navigator.locks.request("logbook-drafts", act) : act());

const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

function putDraft(key, { id, fields, url }, revision) {
  return authorized(key, `/drafts/${id}`, (now) => ({
    method: "PUT", headers: { "Content-Type": "application/json", "X-CSRFToken": now.csrf_token },
    body: JSON.stringify({ fields, url, based_on: revision ?? 0 }),
  }));
}

// What goes on beside a record that was sent stays here: on another device it would become a second record.
const goes = (item) => item?.state === states.draft && item.dirty && !item.after;

// Keeps the draft on the server as well; the item that it is then, null where it is none any more.
export const saveDraft = (key, id) => alone(() => save(key, id));

async function save(key, id) {
  const before = await store.get(key, id);
  if (!goes(before)) return before;
  const mark = await store.markOf(before.fields);
  const item = await store.update(key, id, ({ tried = [] }) => ({ tried: [...tried.filter((one) => one !== mark), mark].slice(-MOST_TRIED) }));
  if (!goes(item)) return item;
  let answer = await putDraft(key, item, item.revision);
  let said = await saidIn(answer);
  if (answer.status === 409 && Array.isArray(said.fields)) {
    if (said.fields.length && !item.tried.includes(await store.markOf(said.fields))) await keepOther(key, item, said.fields);
    answer = await putDraft(key, item, said.revision);
    said = await saidIn(answer);
  }
  if (answer.status === 422 && "key" in said) return wasSent(key, item, said);
  if (!answer.ok || !said.revision) throw new Error(String(answer.status));
  return store.update(key, id, (now) => ({ revision: said.revision, dirty: !same(now.fields, item.fields), tried: [] }));
}

// It was edited on another device: that text becomes an item of its own.
async function keepOther(key, item, fields) {
  const other = { id: newKey(), kind: item.kind, url: item.url, fields, files: [], state: states.draft };
  await store.put(key, { ...other, created: Date.now(), attempts: 0, elsewhere: true });
  tell();
}

// Its record is there already, sent by a page that kept no account of it. The same text is a draft no more; another one
// goes on beside the record, and would be sent as a change to it.
async function wasSent(key, item, { same: nothingNew, receipt }) {
  const { rev, revision, tried, ...text } = item;
  const next = nothingNew || !receipt ? null : { ...text, id: newKey(), after: item.id, files: [], elsewhere: true };
  if (nothingNew) await store.remove(item.id, item.rev);
  if (next) {
    const was = { state: states.received, received: Date.now(), visit: receipt.id, number: receipt.number, version: receipt.version, digest: receipt.digest };
    await store.update(key, item.id, () => ({ ...was, fields: [], dirty: false }));
    await store.put(key, next);
  }
  tell();
  return next;
}

export const dropDraft = (key, id) => alone(() => drop(key, id));

async function drop(key, id) {
  await store.remove(id);
  await authorized(key, `/drafts/${id}`, (now) => ({ method: "DELETE", headers: { "X-CSRFToken": now.csrf_token } })).catch(() => {});
}

// What was typed without signal goes to the server from the first page that has it; then what is there comes here.
export async function draftsBothWays(key) {
  for (const item of await store.list(key)) {
    try {
      if (goes(item)) await saveDraft(key, item.id);
    } catch (error) {
      if (!/^\d+$/.test(error.message)) throw error; // one that is refused holds no other back
    }
  }
  await alone(() => fetchDrafts(key));
}

// Whether the server says that the record of this draft is there. A draft that is merely missing there was removed
// elsewhere, or the server is an older one than it was: then this may be its only copy.
async function missing(key, item) {
  const answer = await putDraft(key, item, item.revision);
  if (answer.status === 422 && "key" in (await saidIn(answer))) await store.remove(item.id, item.rev);
  else await change(key, item, { revision: 0 });
}

// Changes an item that nobody wrote since it was looked at.
const change = (key, item, changes) => store.update(key, item.id, (now) => now.rev === item.rev && changes);

// Drafts begun or gone on with on another device; one that was sent from there leaves here as well.
async function fetchDrafts(key) {
  const answer = await ask("/drafts");
  if (!answer.ok) return;
  const drafts = new Map((await answer.json()).map((draft) => [draft.key, draft]));
  for (const item of await store.list(key)) {
    const draft = drafts.get(item.id);
    drafts.delete(item.id);
    if (item.state !== states.draft || item.dirty || !item.revision || draft?.revision === item.revision) continue;
    if (!draft) await missing(key, item);
    else if (draft.revision < item.revision) await change(key, item, { revision: draft.revision, dirty: true });
    else await change(key, item, { fields: draft.fields, revision: draft.revision, elsewhere: true });
  }
  for (const draft of drafts.values()) {
    if (!isForm(draft.url)) continue;
    const kind = draft.url === "/visits/new" ? "visit" : "correction";
    const item = { id: draft.key, kind, url: draft.url, fields: draft.fields, files: [], state: states.draft };
    const begun = { created: Date.parse(draft.saved_at) || Date.now(), attempts: 0, revision: draft.revision, elsewhere: true };
    await store.put(key, { ...item, ...begun }).catch((error) => {
      if (!(error instanceof store.Elsewhere)) throw error; // it came here meanwhile
    });
  }
  tell();
}
