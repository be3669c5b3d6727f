// The map of the results: communes as outlines, sites as numbers. Everything on it is also in the list beside it.
"use strict";

(() => {
  const MARKS = { full: "×", closed: "–" };
  let map = null;

  const read = () => JSON.parse(document.getElementById("map-data").textContent);

  function marker(site, words) {
    const text = site.tone === "free" ? String(site.free) : MARKS[site.tone];
    const told = site.tone === "free" ? `${site.free} ${words.free} ${site.capacity}` : words[site.tone];
    const one = L.marker([site.lat, site.lon], {
      icon: L.divIcon({ className: `pin ${site.tone}`, html: text, iconSize: [36, 36], iconAnchor: [4, 34] }),
      keyboard: true,
      riseOnHover: true,
      zIndexOffset: site.tone === "free" ? 1000 : 0,
    });
    // A node, not a string: Leaflet would read a string as HTML.
    const tip = Object.assign(document.createElement("span"), { textContent: `${site.name} : ${told}` });
    one.bindTooltip(tip, { direction: "top", offset: [14, -30] });
    const show = () => {
      const card = document.getElementById(`site-${site.slug}`);
      document.querySelector(".card.lit")?.classList.remove("lit");
      card.classList.add("lit");
      card.scrollIntoView({ block: "center" });
      card.focus({ preventScroll: true });
    };
    one.on("click", show);
    one.on("add", () => {
      const element = one.getElement();
      element.setAttribute("aria-label", `${site.name} : ${told}`);
      element.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        show();
      });
    });
    return one;
  }

  async function outlines(place) {
    try {
      const answer = await fetch(place.dataset.contours, { credentials: "same-origin" });
      if (!answer.ok) return;
      const found = await answer.json();
      document.querySelector("[data-schematic]").hidden = !found.schematic || found.features.length === 0;
      if (map && map.getContainer() === place)
        L.geoJSON(found, { interactive: false, className: "commune", style: { stroke: true }, pane: "tilePane" }).addTo(map);
    } catch {
      // Without outlines the numbers still stand where the sites are, and the list says it all.
      document.querySelector("[data-schematic]").hidden = true;
    }
  }

  function draw() {
    const figure = document.querySelector("figure[data-map]");
    if (!figure) return;
    for (const shown of document.querySelectorAll("[data-map]")) shown.hidden = false;
    const place = figure.querySelector(".map");
    const data = read();
    if (map) map.remove();
    map = L.map(place, { zoomSnap: 0.25, zoomControl: false, scrollWheelZoom: false, attributionControl: Boolean(data.tiles) });
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    L.control.zoom({ zoomInTitle: place.dataset.zoomIn, zoomOutTitle: place.dataset.zoomOut }).addTo(map);
    if (data.tiles) {
      place.classList.add("with-tiles");
      map.attributionControl.setPrefix(false);
      L.tileLayer(data.tiles, { attribution: data.attribution, maxZoom: 18 }).addTo(map);
    }
    // The view comes first: Leaflet only draws what it can place.
    const points = [...data.sites, ...(data.origin ? [data.origin] : [])].map(({ lat, lon }) => [lat, lon]);
    if (points.length) map.fitBounds(L.latLngBounds(points).pad(0.12), { animate: false });
    else map.setView([46.6, 2.4], 5);
    const words = place.dataset;
    for (const site of data.sites) marker(site, words).addTo(map);
    if (data.origin) {
      const origin = L.marker([data.origin.lat, data.origin.lon], {
        icon: L.divIcon({ className: "pin origin", html: "", iconSize: [20, 20] }),
        keyboard: false,
        interactive: false,
        zIndexOffset: -1000,
      }).addTo(map);
      origin.getElement().setAttribute("aria-hidden", "true");
    }
    outlines(place);
  }

  draw();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "results") draw();
  });
})();
