// The parts of the form that are opened when they are needed: always in one order, each opened where it can be filled.

import { ZONE } from "./here.js";

const DAY = 86_400_000; // milliseconds
const FILLED = "textarea, input:not([type=hidden]), select:not([hidden])";

// Whoever opens a part fills it next: it has the focus, and stands clear of the button that stays.
export function openForFilling(folds) {
  let tapped = null;
  folds.addEventListener("click", ({ target }) => { tapped = target.closest("summary")?.parentElement ?? null; });
  folds.addEventListener("toggle", ({ target }) => {
    if (target !== tapped || !target.open) return;
    tapped = null;
    target.querySelector(FILLED)?.focus();
    target.scrollIntoView({ block: target.offsetHeight < innerHeight / 2 ? "center" : "start" });
  }, { capture: true }); // a toggle does not bubble
}

// Why it is late is asked of what is late only: by the days of the settings, from today, or from the day it was recorded.
export function askWhyLate(form, folds) {
  const fold = folds.querySelector("#fold-late");
  const after = Number(folds.dataset.lateAfter);
  const recorded = folds.dataset.recorded ?? new Intl.DateTimeFormat("sv", { timeZone: ZONE }).format(new Date());
  const visited = () => {
    const day = form.elements.visited_on.value;
    return day === "other" ? form.elements.other_on.value : day;
  };
  const show = () => {
    const days = (Date.parse(recorded) - Date.parse(visited())) / DAY;
    const late = days > after && !form.elements.paper_on?.value;
    fold.hidden = !late && !form.elements.late_reason.value && !fold.querySelector(".error");
  };
  form.addEventListener("input", show);
  form.addEventListener("change", show);
  show();
}
