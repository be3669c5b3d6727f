// What a script adds to pages that work without one.
"use strict";

// A form sent twice by an impatient finger is sent once; the server would notice too.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  for (const button of form.querySelectorAll("button")) button.setAttribute("aria-busy", "true");
});

// Back to a page that the browser kept: its forms may be sent again.
window.addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.forms) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

// A form that comes back says so where one looks, and where a screen reader is: what is wrong as a whole, or the first wrong field.
const wrong = document.querySelector(".note.stop[data-title]");
if (wrong) document.title = `${wrong.dataset.title} ${document.title}`;
const fault = wrong || document.querySelector(".error[id]")?.closest(".field, fieldset");
if (fault) {
  (wrong || fault.querySelector("input, select, textarea"))?.focus({ preventScroll: true });
  const { top, bottom } = fault.getBoundingClientRect();
  if (top < 0 || bottom > window.innerHeight) fault.scrollIntoView({ block: "center" });
}

// Of a row of tabs wider than the screen, the one that is shown is in sight.
for (const tab of document.querySelectorAll(".lab-nav a[aria-current]")) {
  const row = tab.closest("ul");
  row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
}

// The account menu closes on Escape and when the attention goes elsewhere.
const menu = document.querySelector("details.menu");
if (menu) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

// On a phone the answer to a search lies below the form: who asks for it is taken there, who only changes a field is not.
document.addEventListener("htmx:afterSettle", (event) => {
  const asked = event.detail.requestConfig?.triggeringEvent?.type === "submit";
  const results = document.getElementById("results");
  if (asked && results && results.getBoundingClientRect().top > window.innerHeight / 2) results.scrollIntoView();
});

// A page that carries bad news says it first.
document.querySelector("[role=alert][tabindex]")?.focus();
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
