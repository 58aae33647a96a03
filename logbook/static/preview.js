// A preview on its way: the page is asked again until it has something else to show. Without this there is 刷新.

const EVERY = 1000; // ms

async function look() {
  const answer = await fetch(location.href, { cache: "no-store" }).catch(() => null);
  if (answer && !show(await answer.text())) location.reload();
  else setTimeout(look, EVERY);
}

// Whether it is still on its way; only a word that changed is read aloud.
function show(html) {
  const found = new DOMParser().parseFromString(html, "text/html").querySelector("#progress");
  if (!found) return false;
  const here = document.querySelector("#progress");
  if (here.innerHTML !== found.innerHTML) here.replaceChildren(...found.childNodes);
  return true;
}

setTimeout(look, EVERY);
