// Served as /sw.js when BV_OFFLINE=0: takes the place of any earlier worker, clears what was kept, and leaves.
"use strict";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => {
  event.waitUntil(withdraw());
});

async function withdraw() {
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
  indexedDB.deleteDatabase("bureaux-volants");
  await self.registration.unregister();
}
