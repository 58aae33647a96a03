// Sheets of paper by the keyboard alone. The page is never loaded between two sheets, so no key is lost while it loads;
// sheets of a bundle stay on the page until the bundle is whole, then it is sent, and typing goes on meanwhile.

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
  let sending = false;
  let refused = false;
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
      queue.push({ bundle, sheets });
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
    if (sending || !queue.length || refused) return;
    sending = true;
    state.textContent = state.dataset.sending;
    const answer = await fetch(form.action, { method: "POST", body: body(queue[0]), headers: { Accept: "application/json" }, redirect: "error" }).catch(() => null);
    sending = false;
    if (answer?.ok) {
      queue.shift();
      state.textContent = (await answer.json()).said;
      if (queue.length) send();
      else if (bundle < 0) leave();
    } else {
      refused = answer !== null && [400, 404, 409].includes(answer.status);
      state.textContent = refused ? state.dataset.refused : state.dataset.failed;
    }
  }

  function body({ bundle, sheets }) {
    const sent = new URLSearchParams();
    for (const name of ["code", "csrf_token", "typed_by"]) if (form.elements[name]) sent.set(name, form.elements[name].value);
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

  addEventListener("beforeunload", (event) => {
    const typed = sheets.length || cells.some((cell) => cell.value && !cell.disabled);
    if (queue.length || typed) event.preventDefault();
  });

  addEventListener("online", send);
  show(null);
  cells[0].focus();
}
