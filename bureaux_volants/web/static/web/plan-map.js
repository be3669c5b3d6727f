// The map of a day, drawn when it is opened: until then nobody waits for it. The steps beside it say the same in words.
"use strict";

(() => {
  let library = null;

  /** Leaflet, fetched once, from this server. */
  function leaflet(place) {
    library ??= new Promise((resolve, reject) => {
      // Before ours, which has the last word.
      document.head.prepend(Object.assign(document.createElement("link"), { rel: "stylesheet", href: place.dataset.style }));
      const script = Object.assign(document.createElement("script"), { src: place.dataset.script });
      script.addEventListener("load", resolve);
      script.addEventListener("error", reject);
      document.head.append(script);
    });
    return library;
  }

  async function outlines(map, address) {
    try {
      const answer = await fetch(address, { credentials: "same-origin" });
      if (!answer.ok) return;
      L.geoJSON(await answer.json(), { interactive: false, className: "commune", style: { stroke: true }, pane: "tilePane" }).addTo(map);
    } catch {
      // Without outlines the day still stands where it is.
    }
  }

  function draw(place) {
    const data = JSON.parse(document.getElementById(place.dataset.source).textContent);
    const map = L.map(place, { zoomSnap: 0.25, zoomControl: false, scrollWheelZoom: false, attributionControl: Boolean(place.dataset.tiles) });
    map.on("focus", () => map.scrollWheelZoom.enable());
    map.on("blur", () => map.scrollWheelZoom.disable());
    L.control.zoom({ zoomInTitle: place.dataset.zoomIn, zoomOutTitle: place.dataset.zoomOut }).addTo(map);
    if (place.dataset.tiles) {
      place.classList.add("with-tiles");
      map.attributionControl.setPrefix(false);
      L.tileLayer(place.dataset.tiles, { attribution: place.dataset.attribution, maxZoom: 18 }).addTo(map);
    }
    map.fitBounds(L.latLngBounds(data.places.map(({ lat, lon }) => [lat, lon])).pad(0.2), { animate: false, maxZoom: 15 });
    for (const leg of data.legs)
      L.polyline(leg.line, { interactive: false, className: `leg ${leg.as}${leg.told ? "" : " reckoned"}` }).addTo(map);
    for (const one of data.places) {
      const told = `${one.n}. ${one.name}${one.what ? ` : ${one.what}` : ""}`;
      const marker = L.marker([one.lat, one.lon], {
        icon: L.divIcon({ className: "pin day", html: String(one.n), iconSize: [32, 32], iconAnchor: [4, 30] }),
        keyboard: true,
        riseOnHover: true,
      });
      // A node, not a string: Leaflet would read a string as HTML.
      marker.bindTooltip(Object.assign(document.createElement("span"), { textContent: told }), { direction: "top", offset: [12, -26] });
      marker.on("add", () => marker.getElement().setAttribute("aria-label", told));
      marker.addTo(map);
    }
    outlines(map, place.dataset.contours);
  }

  for (const details of document.querySelectorAll("details[data-plan-map]")) {
    details.hidden = false;
    details.addEventListener("toggle", async () => {
      const place = details.querySelector(".map");
      if (!details.open || place.dataset.drawn) return;
      place.dataset.drawn = "yes";
      try {
        await leaflet(place);
        draw(place);
      } catch {
        place.hidden = true;
        details.querySelector("[data-failed]").hidden = false;
      }
    });
  }
})();
