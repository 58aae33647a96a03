// The pages of somebody who records: what was typed stays on the device until the server has said that it has it.
// Texts stand in templates/phone/parts.html; without JavaScript, or without encryption, the form is sent as ever.

import { draftsBothWays } from "./drafts.js";
import { form, here, inShell, owner, panel, trustPage } from "./here.js";
import { leaveAtLast, lock, watchSignOut } from "./leaving.js";
import * as outbox from "./outbox.js";
import { draw, note, saveRescue, sweep } from "./panel.js";
import * as store from "./store.js";
import { tellRefused } from "./refused.js";
import { bind } from "./writing.js";

const PACK_AGE = 5 * 60_000; // milliseconds: younger is not asked for again
const PATIENCE = 30_000; // for what is taken along

async function prepare() {
  here.key = await store.unlock();
  if (owner && here.key && here.key.owner !== owner.content) {
    here.key = null;
    await store.forget(); // somebody else has signed in: without signal as well this phone is not the other's any more
  }
  here.pack = here.key && (await store.pack(here.key).catch(() => null));
  const known = here.pack?.language === document.documentElement.lang && Math.abs(Date.now() - here.pack.at) < PACK_AGE;
  if (!owner || known) return;
  const asked = takeAlong();
  if (!here.pack) await asked; // what is here serves meanwhile: nobody waits to write
}

const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

async function takeAlong() {
  try {
    const names = await store.names(owner.content); // a server restored from an older backup knows a key by its name
    const asked = new URLSearchParams(names.map((name) => ["name", name])).toString();
    const answer = await fetch(asked ? `/phone/pack?${asked}` : "/phone/pack", { cache: "no-store", headers: { Accept: "application/json" }, signal: AbortSignal.timeout?.(PATIENCE) });
    if (!answer.ok) return;
    const { key, key_name: name, older_keys: older = [], ...rest } = await answer.json();
    if (here.locked || rest.owner !== owner.content) return;
    await store.hold(rest.owner, bytesOf(key), rest.days, { older: older.map(bytesOf), name, rescue: rest.rescue });
    here.key = await store.unlock();
    delete rest.csrf_token;
    await store.keepPack(here.key, { ...rest, language: document.documentElement.lang });
    here.pack = await store.pack(here.key);
  } catch { /* no signal: what is here serves */ }
}

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
  if (!here.key) return null;
  await sweep();
  return { key: here.key, pack: here.pack };
}

export async function start() {
  if (here.key && form) await bind();
  await draw();
  document.documentElement.dataset.phone = "ready";
  outbox.watch();
  await outbox.flush();
  if (here.key) await tellRefused();
  if (owner && here.key && !form) await draftsBothWays(here.key).catch(() => {});
  await draw();
}

if (!inShell && (owner || form)) {
  if (owner && "serviceWorker" in navigator && isSecureContext) {
    navigator.serviceWorker.register(`/sw.js?language=${document.documentElement.lang}`).catch(() => {});
  }
  begin().then(start);
}
