// Beside 已收到 on a record's page: the files of it that were refused, why, and others in their place.

import { here } from "./here.js";
import * as outbox from "./outbox.js";
import { draw, lostFiles, whyLost } from "./panel.js";
import { prepared } from "./photos.js";
import * as store from "./store.js";

const visit = Number(/^\/visits\/([1-9]\d{0,9})$/.exec(location.pathname)?.[1] ?? 0);
const box = document.querySelector("#files-refused");

export async function tellRefused() {
  if (!visit || !box || !here.key) return;
  const items = (await store.list(here.key)).filter((item) => item.visit === visit);
  const rows = items.flatMap((item) => lostFiles(item).map((file) => rowOf(item, file)));
  box.querySelector("ul").replaceChildren(...rows);
  box.hidden = !rows.length;
  document.querySelector("main h1")?.after(box);
}

function rowOf(item, file) {
  const row = box.querySelector("template").content.firstElementChild.cloneNode(true);
  const input = row.querySelector("input");
  row.querySelector("[data-why]").textContent = whyLost(file);
  row.querySelector("[data-do=choose]").addEventListener("click", () => input.click());
  row.querySelector("[data-do=read]").addEventListener("click", () => settle(item, file).then(tellRefused).then(draw));
  input.addEventListener("change", () => input.files.length && replace(row, item, file, input.files));
  return row;
}

const seen = (files, { key }) => files.map((one) => (one.key === key ? { ...one, told: true } : one));

const settle = (item, file) => store.update(here.key, item.id, ({ files }) => ({ files: seen(files, file) }));

async function replace(row, item, file, list) {
  row.querySelectorAll("button").forEach((button) => { button.disabled = true; });
  const chosen = await prepared(list);
  const added = chosen.map(({ key, name }) => ({ key, name }));
  await store.update(here.key, item.id, ({ files }) => ({ files: [...seen(files, file), ...added], state: outbox.states.queued }), chosen);
  await outbox.flush();
  const now = await store.get(here.key, item.id);
  if (now && now.state === outbox.states.received && !lostFiles(now).length) location.reload(); // they stand among its files
  else await tellRefused().then(draw);
}
