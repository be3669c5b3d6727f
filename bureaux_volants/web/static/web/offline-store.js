// What this device keeps in IndexedDB, for the pages and the service worker alike. Nothing of it outlives a sign-out.
"use strict";

self.offlineStore = (() => {
  const DATABASE = "bureaux-volants";
  let opening = null;

  function open() {
    opening ??= new Promise((resolve, reject) => {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        // "facts": account, copy, answers. "queue": what waits for the network, in the order of the taps.
        request.result.createObjectStore("facts");
        request.result.createObjectStore("queue", { keyPath: "id", autoIncrement: true });
      };
      request.onsuccess = () => {
        const forget = () => {
          request.result.close();
          opening = null;
        };
        // Whoever deletes the database, or brings its next form, is not kept waiting.
        request.result.onversionchange = forget;
        request.result.onclose = forget;
        resolve(request.result);
      };
      request.onerror = () => {
        opening = null;
        reject(request.error);
      };
    });
    return opening;
  }

  // One transaction: `work` asks, the promise holds its answer once everything is written for good.
  async function transact(stores, mode, work) {
    const database = await open();
    return new Promise((resolve, reject) => {
      const transaction = database.transaction(stores, mode);
      const asked = work(transaction);
      transaction.oncomplete = () => resolve(asked?.result);
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
  }

  const get = (name) => transact("facts", "readonly", (t) => t.objectStore("facts").get(name));
  const put = (name, value) => transact("facts", "readwrite", (t) => t.objectStore("facts").put(value, name));
  const waiting = () => transact("queue", "readonly", (t) => t.objectStore("queue").getAll());
  const sent = (id) => transact("queue", "readwrite", (t) => t.objectStore("queue").delete(id));

  // Keep a tap. Tapping the same thing again while it waits is the same tap: the first one counts.
  async function add(what, reference, tapped) {
    await transact(["facts", "queue"], "readwrite", (t) => {
      const account = t.objectStore("facts").get("account");
      account.onsuccess = () => {
        // Nobody is known to this device: there is nobody to send it for.
        if (!account.result) return t.abort();
        const queue = t.objectStore("queue");
        const known = queue.getAll();
        known.onsuccess = () => {
          if (known.result.some((one) => one.what === what && one.reference === reference)) return;
          queue.add({ key: uuid(), what, reference, tapped });
        };
      };
    });
  }

  function uuid() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = [...crypto.getRandomValues(new Uint8Array(16))];
    return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // Everything of everybody, or only what can be read (`queueToo` false): what waits to be sent names nobody.
  const wipe = (queueToo = true) =>
    transact(["facts", "queue"], "readwrite", (t) => {
      if (queueToo) {
        t.objectStore("facts").clear();
        t.objectStore("queue").clear();
      } else {
        t.objectStore("facts").delete("copy");
        t.objectStore("facts").delete("answers");
      }
    });

  // The server's clock, by this device's: `skew` was measured when the copy was made.
  const now = (copy) => Date.now() + (copy?.skew ?? 0);

  // Take out what is over: codes past their window, bookings past their end, the copy itself after its days.
  function purge() {
    return transact("facts", "readwrite", (t) => {
      const facts = t.objectStore("facts");
      const request = facts.get("copy");
      request.onsuccess = () => {
        const copy = request.result;
        if (!copy) return;
        const moment = now(copy);
        if (copy.until <= moment) return facts.delete("copy");
        copy.bookings = copy.bookings.filter((one) => one.until === null || one.until > moment);
        for (const one of copy.bookings) if (one.key?.code && one.key.code.until <= moment) one.key.code = null;
        for (const one of copy.bookings) if (one.door && one.door.until <= moment) one.door = null;
        facts.put(copy, "copy");
      };
    });
  }

  return { get, put, waiting, sent, add, wipe, now, purge };
})();
