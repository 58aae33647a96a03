// A page that refused, opened again by Back or a reload: what was typed into it since is there as well.

import { usable } from "./store.js";

const name = new URLSearchParams(location.search).get("refused");
const address = `/refused/${name}`;
const PAUSE = 700; // milliseconds without a key
const UNBROKEN = 2500; // of typing without one
const OURS = new Set(["csrf_token", "typed_by", "based_on", "client_key"]);
const draft = usable && document.querySelector("meta[name=owner]") && document.querySelector("#findings"); // phone.js keeps it

const forms = [...document.querySelectorAll("main form[method=post]")];
const isText = (one) => one.name && !OURS.has(one.name) && !["hidden", "password", "file", "submit", "button"].includes(one.type);
const controls = (form) => [...form.elements].filter(isText);
const valueOf = (one) => (["radio", "checkbox"].includes(one.type) ? one.checked : one.value);

let waits;
let unbroken;
let sent = true;

function send() {
  clearTimeout(waits);
  clearTimeout(unbroken);
  unbroken = undefined;
  if (sent) return;
  sent = true;
  const body = JSON.stringify(forms.map((form) => controls(form).map((one) => [one.name, one.type === "select-multiple" ? null : valueOf(one)])));
  const token = document.querySelector("[name=csrf_token]")?.value ?? "";
  const headers = { "Content-Type": "application/json", "X-CSRFToken": token };
  fetch(address, { method: "PUT", headers, body, keepalive: body.length < 60_000 }).then((answer) => {
    if (answer.ok && sent) document.documentElement.dataset.kept = "";
  }).catch(() => { sent = false; });
}

function later() {
  sent = false;
  delete document.documentElement.dataset.kept;
  clearTimeout(waits);
  waits = setTimeout(send, PAUSE);
  unbroken ??= setTimeout(send, UNBROKEN);
}

// The page is the one that was kept: its controls stand in the same order, with the same names.
function fill(kept) {
  for (const [i, form] of forms.entries()) {
    for (const [j, one] of controls(form).entries()) {
      const [known, value] = kept?.[i]?.[j] ?? [];
      if (known !== one.name || value === null) continue;
      if (["radio", "checkbox"].includes(one.type)) one.checked = value;
      else one.value = value;
    }
  }
}

if (!draft) {
  const known = await fetch(address, { cache: "no-store", headers: { Accept: "application/json" } }).then((answer) => answer.json()).catch(() => null);
  if (Array.isArray(known) && sent) fill(known);
  for (const form of forms) {
    form.addEventListener("input", later);
    form.addEventListener("change", later);
    form.addEventListener("submit", () => { sent = true; clearTimeout(waits); clearTimeout(unbroken); });
  }
  addEventListener("pagehide", send);
  document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && send());
}
