// The service worker: static files from the cache, pages from the network, and what can be said when there is none.
// self.SHELL (from /sw.js): version, page, files, static. No page of anybody is ever put in a cache.
"use strict";

const CACHE = `bureaux-volants-${self.SHELL.version}`;
// A network that is there in name only is not waited for longer.
const PATIENCE = 12_000;
// A name that holds the hash of its content never changes what it means.
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const SAID = /^\/reservations\/([^/]+)\/(arriver|partir)\/$/;
const WHAT = { arriver: "arrive", partir: "leave" };

self.addEventListener("install", (event) => {
  event.waitUntil(install());
});

async function install() {
  const cache = await caches.open(CACHE);
  await cache.addAll(self.SHELL.files.map((file) => new Request(file, { cache: "no-cache" })));
  // Without credentials: the page of nobody in particular.
  const page = await fetch(self.SHELL.page, { credentials: "omit", cache: "no-store" });
  if (!page.ok) throw new Error(`the offline page answered ${page.status}`);
  await cache.put(self.SHELL.page, page);
  await self.skipWaiting();
}

self.addEventListener("activate", (event) => {
  event.waitUntil(activate());
});

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith("bureaux-volants-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
  await offlineStore.purge();
}

// A page that was on its way while the worker took over asks for it.
self.addEventListener("message", (event) => {
  if (event.data === "claim") event.waitUntil(self.clients.claim());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (address.origin !== self.location.origin) return;
  if (request.method === "GET" && address.pathname.startsWith(self.SHELL.static)) {
    event.respondWith(file(request, address.pathname));
  } else if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(page(request));
  } else if (request.mode === "navigate" && request.method === "POST" && SAID.test(address.pathname)) {
    event.respondWith(said(request, address.pathname, Date.now()));
  }
});

async function file(request, path) {
  const cache = await caches.open(CACHE);
  const known = await cache.match(path, { ignoreVary: true });
  if (known && HASHED.test(path)) return known;
  try {
    const answer = await fetch(request);
    if (answer.status === 200) await cache.put(path, answer.clone());
    return answer;
  } catch (error) {
    if (known) return known;
    throw error;
  }
}

// The network's answer, or a failure: at once when it fails, after PATIENCE when it says nothing.
function network(request) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no answer")), PATIENCE);
    fetch(request).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

async function page(request) {
  try {
    return await network(request);
  } catch {
    return shell();
  }
}

async function shell() {
  // A store that cannot be opened must not hide the page that says so.
  await offlineStore.purge().catch(() => undefined);
  const known = await caches.match(self.SHELL.page, { cacheName: CACHE, ignoreVary: true });
  return known ?? Response.error();
}

// « Je suis là » and « Je m'en vais » without network: kept with the time of the tap, sent when it is back.
async function said(request, path, tapped) {
  try {
    return await network(request);
  } catch {
    const [, reference, verb] = SAID.exec(path);
    try {
      await offlineStore.add(WHAT[verb], decodeURIComponent(reference).toUpperCase(), tapped);
    } catch {
      return shell();
    }
    return Response.redirect(self.SHELL.page, 303);
  }
}
