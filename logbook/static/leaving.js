// Signing out: nobody loses what waits here, and nobody reads it until its owner is back.

import { here, owner } from "./here.js";
import { lostFiles } from "./panel.js";
import { states } from "./outbox.js";
import * as store from "./store.js";
import { keep } from "./writing.js";

const LEAVING = "leaving";

export function watchSignOut() {
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
  here.key ??= await store.unlock();
  if (owner && here.key?.owner !== owner.content) here.key = null;
  if (!here.key) return 0;
  await keep();
  return (await store.list(here.key)).filter((item) => item.state !== states.received).length;
}

// From here nobody reads on this phone what is stored on it, until they sign in.
export async function lock(unheard) {
  here.bound = null;
  here.locked = true;
  if (unheard && (owner || here.key)) localStorage.setItem(LEAVING, owner?.content ?? here.key.owner);
  const read = (item) => item.state === states.received && !lostFiles(item).length;
  const received = here.key ? (await store.list(here.key).catch(() => [])).filter(read) : [];
  here.key = null;
  await store.forget();
  for (const item of received) await store.remove(item.id, item.rev);
}

// Whoever left without signal is signed out by the first page that comes with one.
export function leaveAtLast() {
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
