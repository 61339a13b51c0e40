import { pageScript } from "./page-tools.ts";

/** The script of an evaluation's page. No template may be filled in. */
export const PAGE_SCRIPT = pageScript(String.raw`
  const histogram = () => {
    const most = Math.max(1, ...data.histogram.map(({ count }) => count));
    const bars = make("div", "bars");
    for (const { name, count } of data.histogram) {
      const fill = make("div", "fill");
      fill.style.width = (100 * count) / most + "%";
      bars.append(make("span", "name", name), within(make("div", "track"), fill), make("span", "count", String(count)));
    }
    return bars;
  };

  const details = ({ facts, said }) => [pairs(facts), ...said.map(({ title, turns }) => {
    const talk = within(make("div", "talk"), make("h3", "", title));
    for (const { role, text } of turns)
      talk.append(within(make("div", "turn"), make("b", "", role), make("pre", "", text)));
    return talk;
  })];

  // Failures first, then the lowest scores.
  const order = (a, b) => b.failed - a.failed || a.score - b.score;
  const trials = () => rowsSection({ ...data, title: "Trials", what: "trial", order, details });

  const top = within(make("div", "top"),
    card("Figures", pairs(data.figures)),
    card("Scores", histogram()),
    ...data.tables.map((table) => card(table.title, smallTable(table), table.head.length > 3)));
  document.getElementById("report").replaceChildren(top, ...(data.rows.length > 0 ? [trials()] : []));
`);
