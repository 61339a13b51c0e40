/**
 * The script of a report's page. It makes elements and gives them texts, and has no other way to put anything on the page.
 * Browsers run it as it stands here: no template may be filled in, and no tool shortens it.
 */
export const PAGE_SCRIPT = String.raw`
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const PAGE = 200;

  const make = (tag, className, text) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const within = (parent, ...children) => {
    parent.append(...children);
    return parent;
  };
  const pairs = (list) => within(make("dl"), ...list.flatMap(([name, text]) => [make("dt", "", name), make("dd", "", text)]));
  const card = (title, content, wide) => within(make("section", wide ? "card wide" : "card"), make("h2", "", title), content);

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

  const isFigure = (text) => /^[\d.,]+$/.test(text);
  const smallTable = ({ head, cells }) => {
    const row = (tag, texts) => within(make("tr"), ...texts.map((text, at) => {
      const figures = at > 0 && cells.every((each) => isFigure(each[at]));
      return make(tag, figures ? "number" : "", text);
    }));
    return within(make("table"),
      within(make("thead"), row("th", head)),
      within(make("tbody"), ...cells.map((each) => row("td", each))));
  };

  const details = ({ facts, said }) => {
    const cell = within(make("td"), pairs(facts));
    cell.colSpan = data.columns.length;
    for (const { title, turns } of said) {
      const talk = within(make("div", "talk"), make("h3", "", title));
      for (const { role, text } of turns)
        talk.append(within(make("div", "turn"), make("b", "", role), make("pre", "", text)));
      cell.append(talk);
    }
    return within(make("tr", "more"), cell);
  };

  const shown = (value) => value === null ? "" : typeof value === "number" ? String(Number(value.toFixed(4))) : value;

  const tableRow = (row) => {
    const line = make("tr", row.failed ? "failed" : "");
    let more;
    row.cells.forEach((value, at) => {
      const { name, is } = data.columns[at];
      const cell = make("td", "is-" + is + (is === "number" ? " number" : "") + (name === "score" ? " score" : "") + (value === null || value === "" ? " empty" : ""));
      cell.dataset.name = name;
      if (at === 0) {
        const button = make("button", "open", shown(value));
        button.type = "button";
        button.setAttribute("aria-expanded", "false");
        button.setAttribute("aria-label", "Show trial " + shown(value));
        button.addEventListener("click", () => {
          const open = button.getAttribute("aria-expanded") === "true";
          button.setAttribute("aria-expanded", String(!open));
          line.classList.toggle("opened", !open);
          if (open) more.remove();
          else line.after((more ??= details(row)));
        });
        cell.append(button);
      } else if (is === "number") cell.textContent = shown(value);
      else cell.append(make("div", "short", shown(value)));
      line.append(cell);
    });
    return line;
  };

  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    // What has no number goes last, in either direction of the others.
    if (a === null || b === null) return (a === null) - (b === null);
    return a < b ? -1 : a > b ? 1 : 0;
  };

  const rowsSection = () => {
    const body = make("tbody");
    const next = make("button", "next");
    next.type = "button";
    // Failures first, then the lowest scores.
    let rows = data.rows.toSorted((a, b) => b.failed - a.failed || a.score - b.score);
    let count = 0;
    const showMore = () => {
      body.append(...rows.slice(count, count + PAGE).map(tableRow));
      count = Math.min(rows.length, count + PAGE);
      next.hidden = count === rows.length;
      next.textContent = "Show more (" + (rows.length - count) + " left)";
    };
    const heads = data.columns.map(({ name, is }, at) => {
      const head = make("th", is === "number" ? "number" : "");
      head.scope = "col";
      const button = make("button", "", name);
      button.type = "button";
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        for (const each of heads) {
          each.removeAttribute("aria-sort");
          each.firstChild.textContent = each.firstChild.dataset.name;
        }
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        button.textContent = name + (up ? " ↑" : " ↓");
        rows = data.rows.toSorted((a, b) => {
          const order = compare(a.cells[at], b.cells[at]);
          return up || a.cells[at] === null || b.cells[at] === null ? order : -order;
        });
        count = 0;
        body.replaceChildren();
        showMore();
      });
      button.dataset.name = name;
      return within(head, button);
    });
    next.addEventListener("click", showMore);
    showMore();
    const table = within(make("table"), within(make("thead"), within(make("tr"), ...heads)), body);
    const section = within(make("section", "rows"), make("h2", "", "Trials"), table, next);
    if (data.rest) section.append(make("p", "rest", data.rest));
    return section;
  };

  const top = within(make("div", "top"),
    card("Figures", pairs(data.figures)),
    card("Scores", histogram()),
    ...data.tables.map((table) => card(table.title, smallTable(table), table.head.length > 3)));
  document.getElementById("report").replaceChildren(top, ...(data.rows.length > 0 ? [rowsSection()] : []));
})();
`;
