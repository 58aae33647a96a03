// Opens the shell when there is no signal. It keeps the addresses in SHELL and nothing else: no page with anything
// private in it is ever cached. VERSION and SHELL are written above this text by the server.

const NAME = `shell-${VERSION}`;
const PATIENCE = 4000; // milliseconds for a page to begin to arrive
const SHELLED = /^\/(visits\/new|branches\/\d+)?$/;
const UNREACHABLE = new Set([502, 504]); // a proxy before a server that is not there

async function keep(cache, address) {
  const answer = await fetch(address, { cache: "no-store" });
  if (!answer.ok || answer.redirected) throw new Error(address);
  // A hotel's sign-in page is an answer like any other, and would be the shell for months.
  const page = address.startsWith("/phone/");
  const html = answer.headers.get("Content-Type")?.startsWith("text/html");
  if (page ? !(await answer.clone().text()).includes(" data-shell>") : html) throw new Error(address);
  await cache.put(address, answer);
}

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(NAME).then((cache) => Promise.all(SHELL.map((address) => keep(cache, address)))));
  self.skipWaiting();
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    for (const name of await caches.keys()) if (name !== NAME) await caches.delete(name);
    await self.clients.claim();
  })());
});

async function shell(address) {
  const cache = await caches.open(NAME);
  return cache.match(address.pathname === "/visits/new" ? "/phone/form" : "/phone/home");
}

async function page(request) {
  const address = new URL(request.url);
  const coming = fetch(request).catch(() => undefined);
  // A paper may take its time; the pages one opens on the road may not.
  const late = new Promise((resolve) => SHELLED.test(address.pathname) && setTimeout(resolve, PATIENCE));
  const answer = await Promise.race([coming, late]);
  if (answer && !UNREACHABLE.has(answer.status)) return answer;
  return (await shell(address)) ?? answer ?? Response.error();
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (SHELL.includes(address.pathname)) {
    event.respondWith(caches.match(address.pathname).then((kept) => kept ?? fetch(request)));
  }
});
