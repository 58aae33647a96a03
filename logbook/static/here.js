// What the scripts of one page share: who is signed in, the key of this phone's store, what it took along, the form.

import { trust } from "./outbox.js";

const one = (selector) => document.querySelector(selector);

export const owner = one("meta[name=owner]");
export const panel = one("#outbox");
export const texts = one("#phone-texts")?.dataset ?? {};
export const form = one("#findings")?.form;
export const inShell = document.documentElement.hasAttribute("data-shell");

export const here = {
  key: null,
  pack: null,
  bound: null, // the item of the form on this page
  typed: false, // by the owner, since the page is there
  locked: false, // they are leaving
  gone: false, // the form was sent before it was bound: what it holds is no draft any more
};
form?.addEventListener("submit", (event) => { here.gone ||= !here.bound && event.submitter?.name !== "add"; });
addEventListener("pageshow", (event) => { if (event.persisted) here.gone = false; });
form?.addEventListener("input", (event) => { here.typed ||= event.isTrusted; });

export const value = (item, name) => item.fields.find(([field]) => field === name)?.[1] ?? "";

export function placeOf(item) {
  const id = value(item, "branch_id");
  return here.pack?.branches.find((branch) => String(branch.id) === id)?.name ?? value(item, "place") ?? "";
}

export const ZONE = "Asia/Shanghai"; // where the unit's days begin, wherever the phone is

export function when(milliseconds) {
  const language = document.documentElement.lang;
  return new Intl.DateTimeFormat(language, { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", timeZone: ZONE }).format(milliseconds);
}

export function trustPage() {
  const token = one("[name=csrf_token]")?.value;
  if (owner && token) trust({ csrf_token: token, owner: owner.content, typed_by: owner.dataset.typedBy });
}
