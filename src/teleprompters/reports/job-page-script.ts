import { pageScript } from "../../evaluate/reports/page-tools.ts";

/** The script of a job's page. No template may be filled in. */
export const JOB_PAGE_SCRIPT = pageScript(String.raw`
  const draw = (tag, attributes, ...children) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const titled = (element, text) => within(element, within(draw("title", {}), text));
  const short = (value) => String(Number(value.toFixed(4)));

  // Scores of candidates by trial, what each was made from, and the best so far as a line.
  const plot = () => {
    const holder = make("div", "plot");
    const scores = data.rows.map(({ score }) => score);
    const [low, high] = [Math.min(...scores), Math.max(...scores)];
    const pad = high === low ? 1 : (high - low) * 0.06;
    const last = data.rows.length;
    const [left, right, top, bottom, height] = [44, 12, 10, 22, 240];
    const paint = (width) => {
      const x = (trial) => last === 1 ? (left + width - right) / 2 : left + ((trial - 1) / (last - 1)) * (width - left - right);
      const y = (score) => height - bottom - ((score - low + pad) / (high - low + 2 * pad)) * (height - top - bottom);
      const label = (at, text, anchor, down) => draw("text", { x: at[0], y: at[1] + down, "text-anchor": anchor }, text);
      const ticks = high === low ? [low] : [low, (low + high) / 2, high];
      const svg = draw("svg", { viewBox: "0 0 " + width + " " + height, height, role: "img", "aria-label": "Scores by trial" });
      for (const tick of ticks) {
        svg.append(draw("line", { class: "axis", x1: left, x2: width - right, y1: y(tick), y2: y(tick) }));
        svg.append(label([left - 6, y(tick)], tick.toFixed(1), "end", 4));
      }
      svg.append(label([x(1), height], "trial 1", "start", -4));
      if (last > 1) svg.append(label([x(last), height], String(last), "end", -4));
      for (const row of data.rows)
        for (const parent of row.parents)
          svg.append(draw("line", { class: "edge", x1: x(data.rows[parent].trial), y1: y(data.rows[parent].score), x2: x(row.trial), y2: y(row.score) }));
      let best = -Infinity;
      const steps = data.rows.flatMap(({ full, score, trial }) => {
        if (!full || score <= best) return [];
        const from = best === -Infinity ? "M" + x(trial) + " " : "H" + x(trial) + " V";
        best = score;
        return [from + y(score)];
      });
      if (steps.length > 0) svg.append(draw("path", { class: "top", d: steps.join(" ") + " H" + x(last) }));
      for (const { trial, name, score, full, best: isBest } of data.rows)
        svg.append(titled(
          draw("circle", { class: (full ? "full" : "part") + (isBest ? " best" : ""), cx: x(trial), cy: y(score), r: isBest ? 5 : 3.5 }),
          "trial " + trial + ", " + name + ": " + short(score)));
      holder.replaceChildren(svg);
    };
    let painted = 0;
    new ResizeObserver(() => {
      const width = Math.round(holder.clientWidth);
      if (width > 0 && width !== painted) paint((painted = width));
    }).observe(holder);
    return holder;
  };
  const plotCard = () => {
    const words = ["● scored in full", ...(data.rows.some(({ full }) => !full) ? ["○ on some examples"] : []),
      "▬ best so far", ...(data.rows.some(({ parents }) => parents.length > 0) ? ["─ made from"] : [])];
    return within(card("Scores", plot()), make("p", "legend", words.join(" · ")));
  };

  const every = data.rows.flatMap(({ scores }) => scores.filter((score) => score !== null));
  const [least, most] = [every.reduce((a, b) => Math.min(a, b), 0), every.reduce((a, b) => Math.max(a, b), 1)];
  const strip = (scores, names) => {
    const gap = scores.length > 150 ? 0 : 0.08;
    const svg = draw("svg", { class: "strip", viewBox: "0 0 " + Math.max(1, scores.length) + " 1", preserveAspectRatio: "none", "shape-rendering": gap === 0 ? "crispEdges" : "auto" });
    scores.forEach((score, at) => {
      const cell = { x: at + gap / 2, y: 0, width: 1 - gap, height: 1 };
      const name = names[at] ?? "example " + (at + 1);
      svg.append(score === null
        ? titled(draw("rect", { ...cell, class: "bad" }), name + ": failed")
        : titled(draw("rect", { ...cell, "fill-opacity": (0.06 + 0.94 * ((score - least) / (most - least))).toFixed(3) }), name + ": " + short(score)));
    });
    return svg;
  };

  const ROWS = 40;
  const strips = () => {
    const grid = make("div", "strips");
    const next = make("button", "next");
    next.type = "button";
    let count = 0;
    const showMore = () => {
      next.remove();
      for (const place of data.full.slice(count, count + ROWS)) {
        const { name, score, scores, best } = data.rows[place];
        const label = make("span", "name" + (best ? " best" : ""), name);
        label.title = name;
        grid.append(label, make("span", "number", score.toFixed(2)), strip(scores, data.examples));
      }
      count = Math.min(data.full.length, count + ROWS);
      next.textContent = "Show more (" + (data.full.length - count) + " left)";
      if (count < data.full.length) grid.append(next);
    };
    next.addEventListener("click", showMore);
    showMore();
    const legend = "The fuller, the higher (from " + short(least) + " to " + short(most) + "); red where a trial failed. One column for each example.";
    return within(make("section"), make("h2", "", "Scores by example"), grid, make("p", "legend", legend));
  };

  const tags = { same: "span", gone: "del", new: "ins" };
  const words = { same: "kept", gone: "gone", new: "new" };
  const part = ({ path, instructions, demos, settings, sources }) => {
    const section = within(make("div", "part"), make("h3", "", path),
      ...sources.map(([text, warned]) => make("p", warned ? "source warned" : "source", text)),
      within(make("pre"), ...instructions.map(([is, text]) => make(tags[is], "", data.texts[text]))));
    if (settings.length > 0)
      section.append(pairs(settings.map(({ name, before, now }) => [name, (before || "(not set)") + " → " + (now || "(not set)")])));
    for (const is of ["new", "same", "gone"]) {
      const some = demos.filter((demo) => demo[0] === is);
      if (some.length === 0) continue;
      section.append(make("h4", "", some.length + (some.length === 1 ? " demo, " : " demos, ") + words[is]));
      for (const [, text] of some) section.append(make("pre", "demo " + is, data.texts[text]));
    }
    return section;
  };
  const details = ({ facts, scores, full, program }) => [
    pairs(facts),
    ...(full ? [] : [strip(scores, [])]),
    ...data.changes[program].map(part),
  ];
  const candidates = () => rowsSection({
    ...data,
    title: "Candidates",
    what: "candidate of trial",
    order: (a, b) => b.full - a.full || b.score - a.score || a.trial - b.trial,
    details,
    rest: "",
  });

  const lines = () => {
    const list = make("ul", "tree");
    const next = make("button", "next");
    next.type = "button";
    let count = 0;
    const line = ({ row, depth, what, parts }) => {
      const { name, score, full, best } = data.rows[row];
      const item = make("li");
      item.style.setProperty("--depth", depth);
      const button = make("button", "open" + (best ? " best" : ""), name);
      button.type = "button";
      button.setAttribute("aria-expanded", "false");
      let more;
      button.addEventListener("click", () => {
        const open = button.getAttribute("aria-expanded") === "true";
        button.setAttribute("aria-expanded", String(!open));
        if (open) more.remove();
        else item.append((more ??= within(make("div", "change"), pairs(data.rows[row].facts),
          ...(parts.length > 0 ? parts.map(part) : [make("p", "source", "As what it was made from.")]))));
      });
      return within(item, within(make("div", "line"), button,
        make("span", "number", score.toFixed(2) + (full ? "" : " on some")), make("span", "what", what)));
    };
    const showMore = () => {
      list.append(...data.lineage.slice(count, count + ROWS).map(line));
      count = Math.min(data.lineage.length, count + ROWS);
      next.hidden = count === data.lineage.length;
      next.textContent = "Show more (" + (data.lineage.length - count) + " left)";
    };
    next.addEventListener("click", showMore);
    showMore();
    const legend = "Each below what it was made from, with what it changed there; the difference is behind a click.";
    return within(make("section", "card chosen lineage"), make("h2", "", "Lineage"), make("p", "legend", legend), list, next);
  };
  const hasTree = data.lineage.some(({ depth }) => depth > 0);

  // Who is best where: how often, and by example.
  const leaders = () => within(
    card("Pareto set", smallTable({ head: ["candidate", "best on", "alone on"], cells: data.pareto.members }), true),
    make("p", "legend", "On so many examples nobody is better; on so many of them nobody is as good."));
  const byExample = () => rowsSection({
    ...data.pareto,
    title: "Best by example",
    what: "scores of example",
    order: (a, b) => a.cells[0] - b.cells[0],
    details: ({ cells, facts }) => {
      const scores = pairs(data.full.map((place) => {
        const score = data.rows[place].scores[cells[0] - 1];
        return [data.rows[place].name, score === null ? "failed" : short(score)];
      }));
      scores.className = "scores";
      return [...(facts.length > 0 ? [pairs(facts)] : []), scores];
    },
    rest: "",
  });
  const lessons = () => rowsSection({
    ...data.lessons,
    title: "Lessons, and what each step of them did to the score",
    what: "lesson",
    order: () => 0,
    details: ({ facts }) => [pairs(facts)],
    rest: "",
  });

  const found = data.rows.length > 0;
  const chosen = data.chosen === null ? [] : [within(make("section", "card chosen"),
    make("h2", "", data.chosen.title + ", and what it changes"), ...data.chosen.parts.map(part))];
  document.getElementById("report").replaceChildren(
    within(make("div", "top"), card("Figures", pairs(data.figures)), ...(found ? [plotCard()] : [])),
    ...chosen,
    ...(hasTree ? [lines()] : []),
    ...(data.lessons === null ? [] : [lessons()]),
    ...(data.full.length > 0 ? [strips()] : []),
    ...(data.pareto === null ? [] : [within(make("div", "top"), leaders()), byExample()]),
    ...(found ? [candidates()] : []));
`);
