/** What the scripts of pages make elements with: their texts are texts, whatever they hold. */
const PAGE_TOOLS = String.raw`
  const data = JSON.parse(document.getElementById("data").textContent);

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

  const PAGE = 200;

  const shown = (value) => value === null ? "" : typeof value === "number" ? String(Number(value.toFixed(4))) : value;

  const tableRow = (row, { columns, what, details }) => {
    const line = make("tr", row.failed ? "failed" : "");
    let more;
    row.cells.forEach((value, at) => {
      const { name, is } = columns[at];
      const cell = make("td", "is-" + is + (is === "number" ? " number" : "") + (name === "score" ? " score" : "") + (value === null || value === "" ? " empty" : ""));
      cell.dataset.name = name;
      if (at === 0) {
        const button = make("button", "open", shown(value));
        button.type = "button";
        button.setAttribute("aria-expanded", "false");
        button.setAttribute("aria-label", "Show " + what + " " + shown(value));
        button.addEventListener("click", () => {
          const open = button.getAttribute("aria-expanded") === "true";
          button.setAttribute("aria-expanded", String(!open));
          line.classList.toggle("opened", !open);
          if (open) more.remove();
          else line.after((more ??= moreRow(details(row), columns.length)));
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

  const moreRow = (parts, columns) => {
    const cell = within(make("td"), ...parts);
    cell.colSpan = columns;
    return within(make("tr", "more"), cell);
  };

  /** A table that sorts, and shows more of a row behind a click. */
  const rowsSection = ({ title, what, columns, rows: all, order, details, rest }) => {
    const body = make("tbody");
    const next = make("button", "next");
    next.type = "button";
    let rows = all.toSorted(order);
    let count = 0;
    const showMore = () => {
      body.append(...rows.slice(count, count + PAGE).map((row) => tableRow(row, { columns, what, details })));
      count = Math.min(rows.length, count + PAGE);
      next.hidden = count === rows.length;
      next.textContent = "Show more (" + (rows.length - count) + " left)";
    };
    const heads = columns.map(({ name, is }, at) => {
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
        rows = all.toSorted((a, b) => {
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
    const section = within(make("section", "rows"), make("h2", "", title), table, next);
    if (rest) section.append(make("p", "rest", rest));
    return section;
  };
`;

/**
 * The script of a page. It makes elements and gives them texts, and has no other way to put anything on the page. Browsers
 * run it as it stands: no tool shortens it.
 */
export function pageScript(body: string): string {
  return `"use strict";\n(() => {${PAGE_TOOLS}${body}})();\n`;
}
