// The page without network: shows what the device keeps, and takes an arrival or a departure.
"use strict";

(() => {
  const list = document.getElementById("kept-list");
  const page = document.getElementById("offline-page");
  const store = self.offlineStore;
  const cardOf = document.getElementById("kept-card");

  function fill(card, name, text) {
    const place = card.querySelector(`[data-fill=${name}]`);
    if (text) place.textContent = text;
    else place.remove();
    return place;
  }

  function keyOf(card, key) {
    const part = card.querySelector("[data-key]");
    if (!key || (!key.said && !key.code)) return part.remove();
    fill(part, "key-said", key.said);
    fill(part, "key-where", key.code ? key.where : "");
    fill(part, "key-label", key.code?.label);
    const digits = part.querySelector("[data-fill=key-code]");
    if (!key.code) return digits.remove();
    for (const group of key.code.groups) {
      const span = document.createElement("span");
      span.textContent = group;
      digits.append(span, " ");
    }
  }

  function cardFor(booking, copy, waiting) {
    const card = cardOf.content.cloneNode(true).firstElementChild;
    for (const name of ["when", "site", "what", "address", "state"]) fill(card, name, booking[name]);
    if (!booking.address) card.querySelector("[data-address]").remove();
    keyOf(card, booking.key);
    if (booking.door) {
      fill(card, "door-said", booking.door.said);
      fill(card, "door-code", booking.door.code);
    } else card.querySelector("[data-door]").remove();
    const texts = card.querySelector("[data-texts]");
    for (const [label, text] of booking.texts) {
      const term = document.createElement("dt");
      const told = document.createElement("dd");
      term.textContent = label;
      told.textContent = text;
      texts.append(term, told);
    }
    if (!booking.texts.length) texts.closest("details").remove();
    const moment = store.now(copy);
    const arrived = waiting.some((tap) => tap.what === "arrive" && tap.reference === booking.reference);
    const left = waiting.some((tap) => tap.what === "leave" && tap.reference === booking.reference);
    const may = {
      arrive: !arrived && booking.arrive && booking.arrive[0] <= moment && moment < booking.arrive[1],
      leave: !left && (booking.leaves || arrived),
    };
    for (const button of card.querySelectorAll("button[data-what]")) {
      if (!may[button.dataset.what]) button.remove();
      else button.addEventListener("click", () => tap(button, button.dataset.what, booking.reference));
    }
    const said = left ? "leave" : arrived ? "arrive" : null;
    for (const line of card.querySelectorAll("[data-said]")) if (line.dataset.said !== said) line.remove();
    return card;
  }

  async function tap(button, what, reference) {
    button.disabled = true;
    await store.add(what, reference, Date.now());
    await self.offlinePage?.show();
    page.querySelector("h1").focus();
    await self.offlinePage?.synchronise();
  }

  async function draw() {
    const copy = await store.get("copy");
    const waiting = await store.waiting();
    page.querySelector("[data-when]").textContent = copy?.said ?? "";
    document.getElementById("kept").hidden = !copy?.bookings.length;
    document.getElementById("kept-nothing").hidden = !copy || copy.bookings.length > 0;
    document.getElementById("kept-nobody").hidden = Boolean(copy);
    list.replaceChildren(...(copy?.bookings ?? []).map((booking) => cardFor(booking, copy, waiting)));
    next(copy);
  }

  // A code leaves the screen, and the device, at the instant at which it opens nothing any more.
  let timer = 0;
  function next(copy) {
    clearTimeout(timer);
    const moment = store.now(copy);
    const ends = (copy?.bookings ?? []).flatMap((b) => [b.until, b.key?.code?.until, b.door?.until, b.arrive?.[0]]);
    const soonest = Math.min(...ends.filter((end) => end > moment));
    if (soonest === Infinity) return;
    timer = setTimeout(() => store.purge().then(draw), Math.min(soonest - moment, 2 ** 31 - 1));
  }

  document.addEventListener("offline:changed", () => draw());
  document.addEventListener("visibilitychange", () => document.hidden || store.purge().then(draw));
  // The page asked for is there again.
  window.addEventListener("online", () => {
    if (location.pathname !== page.dataset.own) location.reload();
  });
  draw();
})();
