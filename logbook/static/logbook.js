// What a page does beyond HTML. Everything works without it.

document.documentElement.classList.add("scripted");
for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => window.print());
}

// The list of errors is what must be read first.
document.querySelector(".errors")?.focus();

// A second tap on a slow line must not send a second time; the server would answer the same anyway.
for (const form of document.querySelectorAll("form[method=post]")) {
  form.addEventListener("submit", () => {
    const hold = (held) => () => form.querySelectorAll("button").forEach((button) => (button.disabled = held));
    setTimeout(hold(true), 0);
    setTimeout(hold(false), 5000); // a file that was sent leaves the page where it is
  });
}
window.addEventListener("pageshow", () => {
  document.querySelectorAll("form button:disabled").forEach((button) => (button.disabled = false));
});

// What was typed is not left behind unasked, not by a link, not by changing the language, unless it is kept (phone.js).
const texts = () => [...document.querySelectorAll("main form[method=post] textarea")].some((area) => area.value);
const kept = new URLSearchParams(location.search).has("refused"); // by the server: Back and a reload show it
let typed = !kept && Boolean(document.querySelector("[data-typed]") || (document.querySelector(".errors") && texts())); // it is there nowhere else
document.querySelector("main")?.addEventListener("input", (event) => { typed ||= event.target.form?.method === "post"; });
document.querySelector("main")?.addEventListener("submit", () => { typed = false; });
window.addEventListener("beforeunload", (event) => { if (typed && !("kept" in document.documentElement.dataset)) event.preventDefault(); });
if (kept) import("./kept.js");
