/** What the page of a job has besides the style of all pages. */
export const JOB_PAGE_STYLE = `
.plot svg { display: block; width: 100%; overflow: visible; }
.plot text { fill: var(--faint); font-size: 11px; font-variant-numeric: tabular-nums; }
.plot .axis { stroke: var(--line); }
.plot .edge { stroke: var(--faint); stroke-opacity: .45; fill: none; }
.plot .top { stroke: var(--bar); stroke-width: 2; fill: none; }
.plot .full { fill: var(--bar); }
.plot .part { fill: var(--card); stroke: var(--faint); }
.plot .best { stroke: var(--ink); stroke-width: 2; }
.legend { color: var(--faint); font-size: .85rem; margin: .6rem 0 0; }
.strips { display: grid; grid-template-columns: minmax(4rem, max-content) max-content minmax(0, 1fr); gap: .2rem .7rem; align-items: center;
  margin-bottom: .4rem; }
.strips + .legend { margin-bottom: 1.5rem; }
.strips .name { max-width: 16rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; unicode-bidi: plaintext; }
.strips .best { font-weight: 600; }
.strips .next { grid-column: 1 / -1; justify-self: start; }
.strip { display: block; width: 100%; height: 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 3px; }
.strip rect { fill: var(--bar); }
.strip .bad { fill: var(--bad); }
.part { border-left: 3px solid var(--line); padding: 0 0 .2rem .8rem; margin: .9rem 0; min-width: 0; }
.part h3, .part h4 { font-size: .95rem; margin: .2rem 0 .4rem; overflow-wrap: anywhere; }
.part h4 { color: var(--faint); font-size: .85rem; font-weight: 400; margin-top: .7rem; }
.part pre { margin: 0 0 .4rem; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.demo { border: 1px solid var(--line); border-left-width: 3px; border-radius: 4px; padding: .3rem .6rem; }
.demo.new { border-left-color: var(--good); }
.demo.gone { border-left-color: var(--bad); text-decoration: line-through; color: var(--faint); }
ins { background: var(--good-paper); color: var(--good); text-decoration: none; border-radius: 2px; }
del { background: var(--bad-paper); color: var(--bad); border-radius: 2px; }
:root { --good: light-dark(#1d6b33, #86d99b); --good-paper: light-dark(#e6f4ea, #1a2c20); }
.card.chosen { margin-bottom: 1.5rem; }
.source { color: var(--faint); font-size: .9rem; margin: .2rem 0 .5rem; overflow-wrap: anywhere; unicode-bidi: plaintext; }
.source.warned { color: var(--warn); background: var(--warn-paper); border-left: 3px solid var(--warn); padding: .3rem .6rem; border-radius: 0 4px 4px 0; }
:root { --warn: light-dark(#7a4b00, #f0c36d); --warn-paper: light-dark(#fff6e0, #2b2415); }
.tree { list-style: none; margin: .6rem 0 0; padding: 0; }
.tree li { padding: .15rem 0 .15rem .6rem; margin-left: min(calc(var(--depth) * 1.2rem), 30vw); border-left: 1px solid var(--line); }
.tree .line { display: flex; flex-wrap: wrap; gap: .1rem .8rem; align-items: baseline; }
.tree .open { white-space: normal; overflow-wrap: anywhere; text-align: left; unicode-bidi: plaintext; min-width: 0; }
.tree .best { font-weight: 600; }
.tree .what { color: var(--faint); font-size: .9rem; overflow-wrap: anywhere; unicode-bidi: plaintext; min-width: 0; }
.tree .change { margin: .4rem 0 .8rem; }
dl.scores { grid-template-columns: minmax(0, max-content) max-content; }
dl.scores dt { overflow-wrap: anywhere; unicode-bidi: plaintext; }
dl + dl.scores { margin-top: .7rem; }
.rows:not(:last-child) { margin-bottom: 1.7rem; }
.lineage .legend { margin-top: 0; }
@media (max-width: 700px) { .strips .name { max-width: 7rem; } }
`;
