// Names for what Django's administration leaves nameless to those who listen.
"use strict";

function nameAll() {
  const search = document.querySelector("#searchbar");
  if (search) search.setAttribute("aria-label", "Rechercher");
  for (const head of document.querySelectorAll("th.original:empty")) {
    const word = document.createElement("span");
    word.className = "visually-hidden";
    word.textContent = "Ligne";
    head.append(word);
  }
  for (const box of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${box.id}"]`);
    const name = label ? label.textContent.replace(/\s*:\s*$/, "") : box.getAttribute("aria-label");
    const shown = box.nextElementSibling?.querySelector("[role=combobox]");
    if (!shown || !name) continue;
    const value = box.selectedOptions[0]?.textContent.trim();
    shown.removeAttribute("aria-labelledby");
    shown.setAttribute("aria-label", value ? `${name} : ${value}` : name);
    const inner = shown.querySelector("[role=textbox]");
    if (inner) inner.setAttribute("aria-label", shown.getAttribute("aria-label"));
  }
}

// After Django's own scripts have drawn their boxes.
// Once Django's own scripts have drawn their fields; without them (the page was left early) there is nothing to name.
window.addEventListener("load", () => window.django?.jQuery?.(() => setTimeout(nameAll)));
document.addEventListener("change", nameAll);
document.addEventListener("formset:added", nameAll);
