"""How the front of the box looks: one sheet, phone first, light and dark; every button is large enough for a thumb."""

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #eceae6; --case: #fffefb; --ink: #231f29; --muted: #5a5462; --line: #8b8391; --edge: #d5cfc4;
  --accent: #662a6d; --on-accent: #fff; --good: #1b6540; --bad: #9c2328;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #17151b; --case: #221f28; --ink: #f0ecf3; --muted: #b9b2c1; --line: #8d8597; --edge: #3a3542;
    --accent: #deaee4; --on-accent: #2a1030; --good: #86d3a2; --bad: #ffaaa3;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 1rem; }
h1 { font-size: 1.45rem; line-height: 1.2; margin: 0; } h2 { font-size: 1.15rem; margin: 0 0 .6rem; }
h3 { font-size: 1rem; margin: 0; } p { margin: 0 0 .6rem; }
.muted { color: var(--muted); } .small { font-size: .9375rem; }
.said { position: sticky; top: 0; z-index: 1; background: var(--case); border: 1px solid var(--edge);
  border-left: .5rem solid var(--line); border-radius: .5rem; padding: .7rem .9rem; margin: .8rem 0; font-weight: 600; }
.said.good { border-left-color: var(--good); } .said.bad { border-left-color: var(--bad); }
.panes { display: grid; gap: 1rem; grid-template-columns: minmax(0, 1fr); }
@media (min-width: 48rem) { .panes { grid-template-columns: 20rem minmax(0, 1fr); align-items: start; } }
.pane { background: var(--case); border: 1px solid var(--edge); border-radius: .75rem; padding: 1rem; }
.typed { font: 1.7rem/1.6 ui-monospace, monospace; letter-spacing: .35rem; min-height: 2.8rem; text-align: center;
  border: 1px solid var(--line); border-radius: .4rem; margin: 0 0 .2rem; }
.keypad { display: grid; grid-template-columns: repeat(3, 1fr); gap: .5rem; margin: .6rem 0; }
button, select, input { font: inherit; color: inherit; min-height: 2.9rem; border-radius: .5rem; border: 1px solid var(--line);
  background: var(--case); padding: .3rem .8rem; }
button { cursor: pointer; font-weight: 600; }
button.main { background: var(--accent); color: var(--on-accent); border-color: var(--accent); width: 100%; }
.keypad button { font-size: 1.35rem; min-height: 3.4rem; }
.keypad button.word { font-size: 1rem; padding: .2rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.shut { margin-top: .8rem; } .typing { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: .5rem; align-items: end; }
.typing input { width: 100%; } label { display: block; }
ul.slots { list-style: none; margin: 0; padding: 0; display: grid; gap: .6rem;
  grid-template-columns: repeat(auto-fill, minmax(9.5rem, 1fr)); }
ul.slots > li { border: 1px solid var(--edge); border-radius: .5rem; padding: .6rem .7rem; display: grid; gap: .3rem; align-content: start; }
ul.slots > li.free { border: 2px solid var(--accent); } ul.slots > li.empty { border-style: dashed; border-color: var(--line); }
ul.slots p { margin: 0; } ul.slots button { width: 100%; }
.away { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.hand { margin: 0 0 .8rem; } .hand select { width: 100%; }
details { margin-top: 1rem; } summary { min-height: 2.9rem; display: flex; align-items: center; cursor: pointer; font-weight: 600; }
summary::before { content: "▸"; margin-inline-end: .5rem; } details[open] > summary::before { content: "▾"; }
.trials { display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0; }
"""

ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#662a6d"/>'
    '<circle cx="8" cy="6" r="3" fill="none" stroke="#fff" stroke-width="1.6"/><path d="M8 9v5m0-2h2" stroke="#fff" '
    'stroke-width="1.6"/></svg>'
)

PAGE = """<!doctype html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Boîte à clés simulée</title><link rel="icon" href="/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/style.css"></head>
<body><main>
<h1>{name}</h1>
<p class="muted small">Simulateur : la vraie boîte de cette page est un programme, qui parle à Bureaux volants comme le ferait une armoire.</p>
<p class="said {tone}" role="status">{said}</p>
<div class="panes">
<section class="pane" aria-labelledby="keypad"><h2 id="keypad">Clavier</h2>
<p class="typed" aria-hidden="true">{typed}</p><p class="muted small">{dots}</p>
<form method="post" action="/chiffre"><div class="keypad">{keypad}</div></form>
<form class="typing" method="post" action="/ouvrir" autocomplete="off"><label>Ou tapez le code ici
<input name="code" inputmode="numeric" maxlength="10" autocomplete="off"{focus}></label><button>Ouvrir</button></form>
</section>
<section class="pane" aria-labelledby="door"><h2 id="door">{door}</h2>{slots}</section>
</div>
<details{trials_open}><summary>Essais : ce qui peut aller mal</summary>
<p class="small">{weather_words}</p><div class="trials">{weather}</div></details>
<p class="muted small">Horloge de la boîte : {clock}. {waiting}</p>
</main></body></html>
"""
