// Without signal nobody else asks about a secrecy mark: here the page does, before a record waits on the phone for days.

import { secrecyMark } from "./marks.js";

const TEXTS = "textarea, input[type=text], input:not([type])";
const PATIENCE = 3000; // milliseconds for the server to be there; where it is, it asks itself

async function reachable() {
  if (navigator.onLine === false) return false;
  const answer = await fetch("/phone/token", { cache: "no-store", signal: AbortSignal.timeout?.(PATIENCE) }).catch(() => null);
  return Boolean(answer?.ok);
}

function place(form) {
  form.prepend(document.querySelector("#marked").content.cloneNode(true));
  return form.querySelector("#asks-marked");
}

// Whether the page asks now: then nothing is sent, and everything stays as it was typed.
export async function asksAboutMarks(form) {
  if (form.elements.no_secrets?.checked) return false;
  if (!form.elements.no_secrets && !document.querySelector("#marked")) return false; // an older page: the server asks
  const control = [...form.querySelectorAll(TEXTS)].find((one) => one.name && secrecyMark(one.value));
  if (!control || (await reachable())) return false;
  if (form.elements.no_secrets) {
    form.elements.no_secrets.focus();
    return true;
  }
  const box = place(form);
  const said = box.querySelector("[data-said]");
  const label = form.querySelector(`label[for="${control.id}"]`)?.textContent.trim() ?? "";
  said.textContent = `${label ? `${label}：` : ""}${said.dataset.said.replace("{mark}", secrecyMark(control.value))}`;
  box.scrollIntoView({ block: "start" });
  form.elements.no_secrets.focus({ preventScroll: true });
  return true;
}
