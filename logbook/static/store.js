// What stays on this device, in IndexedDB: the member's key, what they take along, and records on their way.
// Everything written is AES-GCM ciphertext; the key goes at sign-out and after its days. That keeps a casual reader
// of the phone out, not a laboratory (docs/phones.md).

const DAY = 86_400_000; // milliseconds
const STRICT = { durability: "strict" };
let opened;

// Without a secure context (plain http beside the machine itself) there is no encryption, and so nothing is kept here.
export const usable = Boolean(globalThis.isSecureContext && globalThis.indexedDB && globalThis.crypto?.subtle);

function database() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open("logbook", 1);
    asked.onupgradeneeded = () => {
      for (const name of ["keys", "packs"]) asked.result.createObjectStore(name, { keyPath: "owner" });
      for (const name of ["items", "files"]) asked.result.createObjectStore(name, { keyPath: "id" });
    };
    asked.onerror = () => reject(asked.error);
    asked.onsuccess = () => {
      asked.result.onversionchange = () => asked.result.close();
      asked.result.onclose = () => { opened = undefined; };
      resolve(asked.result);
    };
  });
  opened.catch(() => { opened = undefined; });
  return opened;
}

// Runs `act` in one transaction; settles when it is on disk, so that what is said to be stored is stored.
async function inside(names, mode, act) {
  const db = await database();
  return new Promise((resolve, reject) => {
    const transaction = db.transaction(names, mode, STRICT);
    let result;
    transaction.oncomplete = () => resolve(result instanceof IDBRequest ? result.result : result);
    transaction.onabort = transaction.onerror = () => reject(transaction.error ?? new Error("not stored"));
    result = act(transaction);
  });
}

const all = (name) => inside([name], "readonly", (t) => t.objectStore(name).getAll());
const one = (name, id) => inside([name], "readonly", (t) => t.objectStore(name).get(id));

// --- the key ---

// The key of whoever is signed in here, or null; one whose days are over is deleted, with what was taken along.
export async function unlock() {
  const [key] = await all("keys");
  if (!key) return null;
  const left = key.until - Date.now();
  if (left > 0 && left <= key.days * DAY) return key; // a clock set back makes no key younger
  await forget();
  return null;
}

const imported = (bytes) => crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);

const theirs = async (owner) => [...(await all("items")), ...(await all("files"))].filter((row) => row.owner === owner);

// The names of the keys under which this owner's texts and photos lie here.
export async function names(owner) {
  return [...new Set((await theirs(owner)).map((row) => row.name).filter(Boolean))];
}

const opens = (key, { iv, data }) => crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, data).then(() => true, () => false);

// Of the keys held before, those without which something here could not be read any more: a server restored from an
// older backup knows them no longer.
async function needed(owner, known) {
  const before = await one("keys", owner);
  const found = new Set();
  for (const row of before ? await theirs(owner) : []) {
    for (const key of [...known, ...found, before.key, ...(before.older ?? [])]) {
      if (!(await opens(key, row))) continue;
      if (!known.includes(key)) found.add(key);
      break;
    }
  }
  return [...found];
}

// Keeps the key of this owner, and nobody else's key or pack. The older ones open what was written under them;
// `rescue` is the mark that belongs to the key, and is kept with it.
export async function hold(owner, bytes, days, { older: olderBytes = [], name = "", rescue = "" } = {}) {
  const [key, ...known] = await Promise.all([bytes, ...olderBytes].map(imported));
  const older = [...known, ...(await needed(owner, [key, ...known]))];
  await inside(["keys", "packs"], "readwrite", (t) => {
    t.objectStore("keys").clear();
    t.objectStore("keys").put({ owner, key, name, older, rescue, days, until: Date.now() + days * DAY });
    const packs = t.objectStore("packs");
    packs.getAllKeys().onsuccess = ({ target }) => target.result.filter((id) => id !== owner).forEach((id) => packs.delete(id));
  });
}

export function forget() {
  return inside(["keys", "packs"], "readwrite", (t) => {
    t.objectStore("keys").clear();
    t.objectStore("packs").clear();
  });
}

// --- ciphertext ---

async function sealed(key, bytes, bound = new Uint8Array()) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  return { iv, data: await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: bound }, key.key, bytes) };
}

// Another page may have got a newer key since this one was read, and written under it: then that one is asked, too.
async function unsealed(key, { iv, data }, again = true) {
  for (const one of [key.key, ...(key.older ?? [])]) {
    try {
      return await crypto.subtle.decrypt({ name: "AES-GCM", iv }, one, data);
    } catch { /* of another generation */ }
  }
  const now = again ? await unlock() : null;
  if (now?.owner !== key.owner) throw new Error("of no key that is here");
  return unsealed(Object.assign(key, now), { iv, data }, false);
}

const packed = (value) => new TextEncoder().encode(JSON.stringify(value));
const unpacked = (bytes) => JSON.parse(new TextDecoder().decode(bytes));

// One value as bytes that open only where they stand: `place` is bound to them.
export async function sealedLine(key, value, place) {
  const { iv, data } = await sealed(key, packed(value), new TextEncoder().encode(place));
  return new Uint8Array([...iv, ...new Uint8Array(data)]);
}

// --- what is taken along ---

export async function keepPack(key, pack) {
  const row = { owner: key.owner, at: Date.now(), ...(await sealed(key, packed(pack))) };
  await inside(["packs"], "readwrite", (t) => t.objectStore("packs").put(row));
}

export async function pack(key) {
  const row = await one("packs", key.owner);
  return row ? { ...unpacked(await unsealed(key, row)), at: row.at } : null;
}

// --- records on their way ---

// The pages of one browser tell each other what they wrote.
const told = globalThis.BroadcastChannel ? new BroadcastChannel("logbook") : null;
export function watch(act) {
  told?.addEventListener("message", ({ data }) => act(data));
}

// Thrown when another page wrote the item meanwhile: then both are kept.
export class Elsewhere extends Error {}

// Stores the item, and its files when they are given; `item.rev` counts the writes.
export async function put(key, item, files) {
  const rev = (item.rev ?? 0) + 1;
  const row = { id: item.id, owner: key.owner, name: key.name, rev, ...(await sealed(key, packed({ ...item, rev }))) };
  const blobs = [];
  for (const file of files ?? []) {
    blobs.push({ id: file.key, item: item.id, owner: key.owner, name: key.name, ...(await sealed(key, await file.blob.arrayBuffer())) });
  }
  let elsewhere = false;
  await inside(["items", "files"], "readwrite", (t) => {
    const items = t.objectStore("items");
    items.get(item.id).onsuccess = ({ target }) => {
      elsewhere = (target.result?.rev ?? 0) !== rev - 1;
      if (elsewhere) return;
      items.put(row);
      blobs.forEach((blob) => t.objectStore("files").put(blob));
    };
  });
  if (elsewhere) throw new Elsewhere();
  item.rev = rev;
  told?.postMessage(item.id);
  return item;
}

// Changes the item as it is now, whoever writes it meanwhile; null where there is none.
export async function update(key, id, change, files, tries = 9) {
  const item = await get(key, id);
  const changes = item && change(item);
  if (!changes) return item;
  try {
    return await put(key, Object.assign(item, changes), files);
  } catch (error) {
    if (!(error instanceof Elsewhere) || !tries) throw error;
    return update(key, id, change, files, tries - 1);
  }
}

// A text's mark, by which it is known again without being kept.
export async function markOf(value) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", packed(value)));
  return [...digest.slice(0, 12)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

export async function get(key, id) {
  const row = await one("items", id);
  return row?.owner === key.owner ? unpacked(await unsealed(key, row)) : null;
}

// The owner's items, the oldest first.
export async function list(key) {
  const rows = (await all("items")).filter((row) => row.owner === key.owner);
  // One that cannot be read stays where it is, and holds no other back.
  const read = rows.map((row) => unsealed(key, row).then(unpacked).catch(() => null));
  return (await Promise.all(read)).filter(Boolean).sort((a, b) => a.created - b.created);
}

// How many items wait here that the present owner cannot read.
export async function othersCount(key) {
  return (await all("items")).filter((row) => row.owner !== key?.owner).length;
}

export async function file(key, id) {
  const row = await one("files", id);
  return row?.owner === key.owner ? new Blob([await unsealed(key, row)]) : null;
}

export function removeFile(id) {
  return inside(["files"], "readwrite", (t) => t.objectStore("files").delete(id));
}

// Removes the item with its files; given its `rev`, only as it was then: what another page wrote meanwhile stays.
export function remove(id, rev) {
  return inside(["items", "files"], "readwrite", (t) => {
    const [items, files] = ["items", "files"].map((name) => t.objectStore(name));
    items.get(id).onsuccess = ({ target: { result: row } }) => {
      if (rev !== undefined && row?.rev !== rev) return;
      items.delete(id);
      files.getAll().onsuccess = ({ target }) => target.result.filter((one) => one.item === id).forEach((one) => files.delete(one.id));
    };
  });
}
