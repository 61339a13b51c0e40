/** The style of a report's page: by the reader's light or dark, for narrow and wide. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#fff, #14171a); --card: light-dark(#f5f6f8, #1d2125); --line: light-dark(#dcdfe4, #343a40);
  --ink: light-dark(#1b1f24, #e6e8ea); --faint: light-dark(#5c6670, #9aa4ae);
  --bar: light-dark(#3b6fd4, #7aa2f7); --bad: light-dark(#b3261e, #ff8a80); --bad-paper: light-dark(#fdf0ef, #2d1b1b);
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 1500px; padding: 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
h1 { font-size: 1.5rem; margin: .2rem 0 1rem; overflow-wrap: anywhere; }
h2 { font-size: 1.05rem; margin: 0 0 .6rem; overflow-wrap: anywhere; }
.top { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 22rem), 1fr)); gap: 1rem; margin-bottom: 1.5rem; align-items: start;
  grid-auto-flow: dense; }
.card.wide { grid-column: 1 / -1; }
.card.wide table { width: auto; min-width: min(100%, 28rem); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 1rem; min-width: 0; overflow-x: auto; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem .9rem; margin: 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext; }
.bars { display: grid; grid-template-columns: max-content 1fr max-content; gap: .2rem .6rem; align-items: center; font-variant-numeric: tabular-nums; }
.bars .name, .bars .count { color: var(--faint); font-size: .85rem; }
.bars .track { height: .9rem; background: var(--line); border-radius: 3px; overflow: hidden; }
.bars .fill { height: 100%; background: var(--bar); }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); }
th { font-weight: 600; color: var(--faint); white-space: nowrap; }
td { overflow-wrap: anywhere; white-space: pre-wrap; unicode-bidi: plaintext; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; overflow-wrap: normal; }
.card th, .card td { padding: .3rem .5rem; overflow-wrap: break-word; max-width: 40rem; }
.card th.number { white-space: normal; max-width: 14rem; vertical-align: bottom; }
.card td:last-child:not(.number) { overflow-wrap: anywhere; }
.card tbody tr:last-child td { border-bottom: 0; }
.card th:first-child, .card td:first-child { padding-left: 0; min-width: 6rem; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer; }
button:focus-visible { outline: 2px solid var(--bar); outline-offset: 2px; border-radius: 3px; }
thead button { font-weight: 600; }
.rows th { position: sticky; top: 0; background: var(--paper); white-space: normal; overflow-wrap: break-word; font-size: .9rem; vertical-align: bottom; }
.rows th, .rows td { padding: .4rem .45rem; }
.rows th button { text-align: inherit; }
.rows .is-word:not(.empty) .short { min-width: 7rem; }
.rows :is(.is-input, .is-output, .is-label):not(.empty) .short { min-width: 4.5rem; }
.rows .short { display: -webkit-box; -webkit-line-clamp: 3; -webkit-box-orient: vertical; overflow: hidden; }
.rows tr.failed > td { background: var(--bad-paper); }
.rows .opened .short { display: block; }
.rows .is-word[data-name="failure"], .rows tr.failed .score { color: var(--bad); }
.open { white-space: nowrap; }
.open::before { content: "▸ "; color: var(--faint); }
.open[aria-expanded="true"]::before { content: "▾ "; }
tr.more > td { padding: .8rem; background: var(--card); white-space: normal; }
.talk { margin-top: 1rem; }
.talk h3 { font-size: .95rem; margin: 0 0 .4rem; overflow-wrap: anywhere; }
.turn { border-left: 3px solid var(--line); padding: .1rem 0 .1rem .7rem; margin: .5rem 0; }
.turn b { color: var(--faint); font-size: .8rem; }
.turn pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: plaintext;
  font: 13px/1.45 ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.next { border: 1px solid var(--line); border-radius: 6px; padding: .4rem .8rem; margin-top: .8rem; }
.rest { color: var(--faint); }
@media (max-width: 700px) {
  .card.wide table { width: 100%; min-width: 0; }
  .card.wide tr:has(> :last-child:not(.number)) { display: grid; grid-template-columns: 1fr max-content max-content;
    border-bottom: 1px solid var(--line); }
  .card.wide tr > :last-child:not(.number) { grid-column: 1 / -1; padding-left: 0; }
  .card.wide tr:has(> :last-child:not(.number)) > * { border-bottom: 0; min-width: 0; }
  .rows table, .rows thead, .rows tbody, .rows tr, .rows td, .rows th { display: block; }
  .rows thead tr { display: flex; flex-wrap: wrap; gap: 0 .4rem; }
  .rows th { position: static; border: 1px solid var(--line); border-radius: 6px; padding: .15rem .5rem; margin-bottom: .4rem; }
  .rows tbody > tr { border: 1px solid var(--line); border-radius: 8px; margin: .6rem 0; overflow: hidden; }
  .rows tbody td { border: 0; padding: .25rem .7rem; text-align: left; white-space: pre-wrap; }
  .rows tbody td[data-name]::before { content: attr(data-name) ": "; color: var(--faint); }
  .rows tbody td.empty { display: none; }
  .rows .short { display: inline; overflow-wrap: anywhere; }
  .rows tbody tr:not(.opened, .more) > td:has(.short):not(.empty) { display: -webkit-box; -webkit-line-clamp: 4;
    -webkit-box-orient: vertical; overflow: hidden; padding-bottom: 0; margin-bottom: .25rem; }
  .rows .opened .short { display: inline; }
}
`;
