// On every page: registers the worker, keeps a copy for when there is no network, and sends what waited for it.
"use strict";

(() => {
  // The account that the page was made for; "" signed out; undefined: the page does not tell (the offline page).
  const account = document.body.dataset.account;
  const place = document.getElementById("offline-said");
  if (!place || !("indexedDB" in window) || !("serviceWorker" in navigator)) return;
  const store = self.offlineStore;
  const words = place.dataset;
  const LOCK = "bureaux-volants-offline";
  const PATIENCE = 12_000;
  let leaving = false;

  // -- what is said on the page ---------------------------------------------------------------------------------------

  function note(tone, sentence, close) {
    const box = place.querySelector("template").content.cloneNode(true).firstElementChild;
    box.classList.add(tone);
    box.querySelector("p").textContent = sentence;
    const button = box.querySelector("button");
    if (close) button.addEventListener("click", close);
    else button.remove();
    return box;
  }

  async function show() {
    const waiting = await store.waiting();
    const answers = (await store.get("answers")) ?? [];
    const notes = answers.map((answer) =>
      note(answer.done ? "success" : "warn", answer.sentence, async () => {
        const left = ((await store.get("answers")) ?? []).filter((one) => one.key !== answer.key);
        await store.put("answers", left);
        await show();
        document.getElementById("contenu").focus();
      }),
    );
    if (waiting.length) {
      const counted = waiting.length === 1 ? words.one : words.many.replace("%n", waiting.length);
      notes.unshift(note("info", account === "" ? `${counted} ${words.signIn}` : counted));
    }
    place.replaceChildren(place.querySelector("template"), ...notes);
    document.dispatchEvent(new CustomEvent("offline:changed"));
  }

  // What was done as the person said is told once; why something was not stays until it is read.
  async function tellOnce() {
    const answers = (await store.get("answers")) ?? [];
    const left = answers.filter((one) => !(one.done && one.told));
    if (answers.length) await store.put("answers", left);
    await show();
    if (left.length) await store.put("answers", left.map((one) => ({ ...one, told: true })));
  }

  // -- the copy, and what waited --------------------------------------------------------------------------------------

  const asked = (address, options) =>
    fetch(address, { ...options, redirect: "manual", cache: "no-store", signal: AbortSignal.timeout(PATIENCE) });

  // What the server says to keep, or null: signed out, or no network. Another account's things are gone before anything else.
  async function fetched() {
    const answer = await asked(words.kept);
    if (!answer.ok) return null;
    const told = await answer.json();
    const known = await store.get("account");
    if (known && known !== told.account) await store.wipe();
    if (leaving) return null;
    await store.put("account", told.account);
    await store.put("copy", { ...told.copy, skew: told.copy.now - Date.now() });
    return told;
  }

  // In the order of the taps; stops where the network does. True when something was answered.
  async function send(csrf) {
    let answered = false;
    for (const tap of await store.waiting()) {
      const ago = Math.max(0, Math.round((Date.now() - tap.tapped) / 1000));
      const body = new URLSearchParams({ key: tap.key, what: tap.what, reference: tap.reference, ago });
      const answer = await asked(words.act, { method: "POST", body, headers: { "X-CSRFToken": csrf } });
      if (![200, 404, 422].includes(answer.status)) break;
      const { done, sentence } = await answer.json();
      if (leaving) break;
      const before = ((await store.get("answers")) ?? []).filter((one) => one.sentence !== sentence);
      await store.put("answers", [...before, { key: tap.key, done, sentence }]);
      await store.sent(tap.id);
      answered = true;
    }
    return answered;
  }

  // A copy made a moment ago is good enough for a page that changes nothing of it.
  async function isFresh() {
    if (document.querySelector("[data-shows-bookings]") || (await store.waiting()).length) return false;
    const copy = await store.get("copy");
    return Boolean(copy) && Math.abs(Date.now() + copy.skew - copy.now) < 60_000;
  }

  async function synchronise() {
    let answered = false;
    // One page at a time, whatever the number of tabs.
    await navigator.locks.request(LOCK, async () => {
      if (leaving || (await isFresh())) return;
      const told = await fetched();
      if (!told) return;
      answered = await send(told.csrf);
      if (answered) await fetched();
    });
    await show();
    // The page was made before what it shows happened.
    if (answered && document.querySelector("[data-shows-bookings]")) location.reload();
  }

  // No network is no fault: whatever failed is tried again when it is back.
  const quietly = (work) => work().catch(() => undefined);

  // -- signing out ----------------------------------------------------------------------------------------------------

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || !/\/logout\/$/.test(form.action)) return;
    event.preventDefault();
    leaving = true;
    const done = () => HTMLFormElement.prototype.submit.call(form);
    const late = new Promise((resolve) => setTimeout(resolve, 3000));
    const wiped = navigator.locks.request(LOCK, { steal: true }, () => store.wipe());
    // The browser is told to forget as well (Clear-Site-Data), by the answer.
    Promise.race([wiped, late]).then(done, done);
  });

  // -- the page begins ------------------------------------------------------------------------------------------------

  async function begin() {
    const known = await store.get("account");
    if (account === "") await store.wipe(false);
    else if (account && known && known !== account) await store.wipe();
    await store.purge();
    await tellOnce();
    await navigator.serviceWorker.register(words.worker, { scope: "/", updateViaCache: "none" });
    const { active } = await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) active.postMessage("claim");
    if (account !== "") await synchronise();
  }

  self.offlinePage = { show, synchronise: () => quietly(synchronise) };
  quietly(begin);
  window.addEventListener("online", () => account !== "" && quietly(synchronise));
})();
