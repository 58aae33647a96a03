// Sheets of paper by the keyboard alone. The page is never loaded between two sheets, so no key is lost while it loads;
// sheets of a bundle stay on the page until the bundle is whole, then it is sent, and typing goes on meanwhile.

const REFUSALS = [403, 404, 409]; // by a rule: it may be looked into and sent again
const form = document.querySelector("#tally");
if (form) begin(form);

function begin(form) {
  const cells = [...form.querySelectorAll("input.cell")];
  const sizes = form.dataset.sizes.split(" ").map(Number);
  const done = [...form.dataset.done].map((one) => one === "1");
  const where = document.querySelector("#where");
  const state = document.querySelector("#state");
  let bundle = Number(form.dataset.bundle);
  let sheets = JSON.parse(form.elements.sheets.value); // of this bundle, without the one in the cells
  let later = []; // sheets gone back over, to be shown again
  const queue = []; // whole bundles on their way
  const refused = []; // those the server did not take: they stay, and are sent again when somebody asks for it
  const again = document.querySelector("#again");
  let sending = false;
  let typing = cells[0]; // where the keyboard was, for after a button
  let moved = false; // the last key moved on by itself: a Tab after it, by habit, moves no further

  const keys = () => Object.fromEntries(cells.map((cell) => [cell.name, cell.value]));
  const before = (n) => sizes.slice(0, n).reduce((sum, size) => sum + size, 0);

  function show(sheet) {
    for (const cell of cells) cell.value = sheet?.[cell.name] ?? "";
    where.textContent = where.dataset.of
      .replace("{bundle}", bundle + 1)
      .replace("{sheet}", before(bundle) + sheets.length + 1)
      .replace("{total}", before(sizes.length));
  }

  function finishSheet() {
    sheets.push(keys());
    if (sheets.length === sizes[bundle]) {
      queue.push({ bundle, sheets, key: newKey() });
      done[bundle] = true;
      bundle = done.indexOf(false);
      sheets = [];
      later = [];
      send();
      if (bundle < 0) {
        for (const cell of cells) cell.disabled = true;
        return;
      }
    }
    show(later.pop());
    cells[0].focus();
  }

  function goBack() {
    if (!sheets.length) return;
    later.push(keys());
    show(sheets.pop());
    cells.at(-1).focus();
    cells.at(-1).select();
  }

  async function send() {
    if (sending || !queue.length) return;
    sending = true;
    state.textContent = state.dataset.sending;
    const whole = queue[0];
    const answer = await post(whole);
    const said = (await answer?.json().catch(() => null))?.said; // no answer of the house: a proxy's page, a line cut off
    sending = false;
    const taken = answer?.ok && said !== undefined;
    const held = !taken && answer !== null && REFUSALS.includes(answer.status);
    if (taken || held) queue.splice(queue.indexOf(whole), 1);
    if (held) refused.push(whole);
    state.textContent = taken ? said : reason(answer, said);
    again.hidden = taken && !refused.length;
    if (queue.length && (taken || held)) send();
    else if (taken && bundle < 0 && !refused.length) leave();
  }

  // A token lives as long as its session: another sign-in, in another tab, gives another one.
  async function post(whole) {
    const first = await ask(whole);
    if (first?.status !== 400 || form.elements.code) return first;
    const token = await fetch("/phone/token", { headers: { Accept: "application/json" }, redirect: "error" }).catch(() => null);
    if (!token?.ok) return token;
    form.elements.csrf_token.value = (await token.json()).csrf_token;
    return ask(whole);
  }

  const ask = (whole) =>
    fetch(form.action, { method: "POST", body: body(whole), headers: { Accept: "application/json" }, redirect: "error" }).catch(() => null);

  function reason(answer, said) {
    if (answer?.status === 401) return state.dataset.out;
    return answer && REFUSALS.includes(answer.status) ? said || state.dataset.refused : state.dataset.failed;
  }

  function body({ bundle, sheets, key }) {
    const sent = new URLSearchParams();
    for (const name of ["code", "csrf_token", "typed_by"]) if (form.elements[name]) sent.set(name, form.elements[name].value);
    sent.set("client_key", key);
    sent.set("bundle", bundle);
    sent.set("sheets", JSON.stringify(sheets.slice(0, -1)));
    for (const [name, key] of Object.entries(sheets.at(-1))) sent.set(name, key);
    return sent;
  }

  // The witness's page needs the code in a body; for whoever is signed in an address is enough.
  function leave() {
    form.dispatchEvent(new Event("submit", { bubbles: true })); // nothing typed is left behind: logbook.js need not ask
    if (form.elements.code) document.querySelector(`form[action="${form.dataset.back}"]`).submit();
    else location.assign(form.dataset.back);
  }

  again.addEventListener("click", () => {
    queue.push(...refused.splice(0));
    typing.focus();
    send();
  });

  // The form is never submitted: logbook.js would hold its button for a while.
  function goOn() {
    if (queue.length) send();
    if (bundle >= 0) finishSheet();
  }
  const button = form.querySelector("button");
  button.type = "button";
  button.addEventListener("click", goOn);

  form.addEventListener("keydown", (event) => {
    const at = cells.indexOf(event.target);
    if (at < 0 || event.isComposing) return;
    const already = moved;
    moved = false;
    if (event.key === "Tab" && !event.shiftKey && already) event.preventDefault();
    else if (event.key === "Enter") {
      event.preventDefault();
      if (at === cells.length - 1) return goOn();
      cells[at + 1].focus();
      cells[at + 1].select();
    } else if (event.key === "Backspace" && !event.target.value) {
      event.preventDefault();
      if (at) {
        cells[at - 1].focus();
        cells[at - 1].value = "";
      } else goBack();
    }
  });

  // A grade is one key: the next cell follows by itself; the last one waits for Enter, so that it can be looked at.
  form.addEventListener("input", (event) => {
    const at = cells.indexOf(event.target);
    if (at < 0 || event.isComposing || !("grade" in event.target.dataset)) return;
    if (event.target.value && at < cells.length - 1) {
      cells[at + 1].focus();
      cells[at + 1].select();
      moved = true;
    }
  });

  form.addEventListener("focusin", (event) => {
    if (cells.includes(event.target)) typing = event.target;
  });

  addEventListener("beforeunload", (event) => {
    const typed = sheets.length || cells.some((cell) => cell.value && !cell.disabled);
    if (queue.length || refused.length || typed) event.preventDefault();
  });

  addEventListener("online", send);
  show(keys()); // after a fault the sheet that was sent stands in its cells again
  cells[0].focus();
}

const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((one) => one.toString(16).padStart(2, "0")).join("");
