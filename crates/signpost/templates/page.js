"use strict";
// Everything that anybody said becomes text of a node and nothing else: no markup is ever made of it.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const text = (number) => data.texts[number];
  const SEVERITIES = ["low", "medium", "high", "critical"];
  // A letter of a cell: class, glyph, what it says, and how early its rows come.
  const CELLS = {
    l: ["d", "◆", "fail: a credential or mail given away", 5, "dangerous"],
    s: ["d", "◆", "secure against the RFCs", 5, "dangerous"],
    f: ["f", "✗", "fail", 4, "fail"],
    e: ["e", "↯", "errored", 3, "errored"],
    w: ["w", "~", "weak", 2, "weak"],
    i: ["i", "?", "inconclusive", 1, "inconclusive"],
    u: ["u", "–", "unsupported", 0, "unsupported"],
    p: ["p", "✓", "pass", 0, "pass"],
    "-": ["absent", "", "not run", 0, ""],
  };
  const LANES = ["dns", "tcp", "clear", "tls", "aside", "aside", "step"];
  const LANE_NAMES = ["DNS", "TCP", "clear", "TLS", "", "", ""];
  const ROWS_AT_ONCE = 250;

  const cellOf = (letter) => CELLS[letter.toLowerCase()];
  const isKnown = (letter) => letter !== letter.toLowerCase();
  const wordsOf = (letter) => {
    const words = cellOf(letter)[2];
    if (!isKnown(letter)) return words;
    return letter === "P" ? words + ", though a deviation is known" : words + ", known";
  };
  const element = (name, properties, ...children) => {
    const node = document.createElement(name);
    Object.assign(node, properties);
    node.append(...children);
    return node;
  };
  const at = (id) => document.getElementById(id);

  // Rows as they are shown: by area, where it is worst first.
  const areas = new Map();
  data.cases.forEach((row, number) => {
    row.number = number;
    const slash = row.id.indexOf("/");
    row.area = slash < 0 ? "" : row.id.slice(0, slash);
    row.name = row.id.slice(slash + 1);
    row.letters = [...row.cells];
    row.worst = Math.max(...row.letters.map((letter) => cellOf(letter)[3]));
    row.dangers = row.letters.filter((letter) => cellOf(letter)[3] === 5).length;
    const kinds = new Set(row.letters.filter((letter) => letter !== "-").map((letter) => cellOf(letter)[2]));
    row.differs = data.subjects.length > 1 ? kinds.size > 1 : !kinds.has("pass");
    row.said = (row.id + " " + text(row.title)).toLowerCase();
    if (!areas.has(row.area)) areas.set(row.area, { name: row.area, rows: [], dangers: 0, worst: 0 });
    const area = areas.get(row.area);
    area.rows.push(row);
    area.dangers += row.dangers;
    area.worst = Math.max(area.worst, row.worst);
  });
  const ordered = [...areas.values()].sort(
    (one, other) => other.dangers - one.dangers || other.worst - one.worst || (one.name < other.name ? -1 : 1));
  for (const area of ordered) {
    area.rows.sort((one, other) =>
      other.dangers - one.dangers || other.worst - one.worst || one.number - other.number);
  }

  // Filters.
  const option = (value, name) => element("option", { value, textContent: name });
  at("area").append(...[...areas.keys()].sort().map((name) => option(name, name)));
  at("requirement").append(
    ...data.requirements.map((row, number) => [text(row[0]), number]).sort().map(([slug, number]) => option(String(number), slug)));
  const chip = (value) => element("label", { className: "chip" },
    element("input", { type: "checkbox", value }), element("span", { textContent: value }));
  at("severity").append(...[...SEVERITIES].reverse().map(chip));
  at("verdict").append(...["dangerous", "fail", "weak", "errored", "inconclusive", "unsupported", "pass"].map(chip));
  const chosen = (id) => new Set([...at(id).querySelectorAll("input:checked")].map((input) => input.value));
  at("differing-name").textContent =
    data.subjects.length > 1 ? "only where subjects differ" : "only what did not pass";
  at("differing").checked = data.cases.some((row) => row.differs);
  at("changed-chip").hidden = !data.compared;
  at("filters").hidden = false;

  const isShown = () => {
    const search = at("search").value.trim().toLowerCase();
    const [area, requirement] = [at("area").value, at("requirement").value];
    const [severities, verdicts] = [chosen("severity"), chosen("verdict")];
    const [differing, changed] = [at("differing").checked, at("changed").checked];
    return (row) =>
      (!search || row.said.includes(search)) && (!area || row.area === area) &&
      (!requirement || row.requirements.includes(Number(requirement))) &&
      (!severities.size || severities.has(SEVERITIES[row.severity])) &&
      (!verdicts.size || row.letters.some((letter) => verdicts.has(cellOf(letter)[4]))) &&
      (!differing || row.differs) && (!changed || Boolean(row.changes));
  };

  // The map.
  let waiting = [];
  let body = null;
  const show = () => {
    const shows = isShown();
    waiting = [];
    let rows = 0;
    for (const area of ordered) {
      const there = area.rows.filter(shows);
      if (!there.length) continue;
      rows += there.length;
      waiting.push({ area, count: there.length }, ...there);
    }
    at("shown").textContent = `${rows} of ${data.cases.length} cases`;
    const head = element("tr", {}, element("th", { scope: "col" }, element("b", { className: "unseen", textContent: "Case" })));
    for (const [name, version] of data.subjects) {
      head.append(element("th", { scope: "col", title: version }, element("span", { textContent: name })));
    }
    body = element("tbody");
    at("map").replaceChildren();
    if (rows) at("map").append(element("table", { className: "map" }, element("thead", {}, head), body));
    more(ROWS_AT_ONCE);
    const first = body.querySelector("td[data-place]");
    if (first) first.tabIndex = 0;
  };
  const more = (number) => {
    const next = waiting.splice(0, number);
    body.append(...next.map((row) => (row.area && row.area.rows ? areaRow(row) : caseRow(row))));
    const rows = waiting.filter((row) => row.id).length;
    at("more").hidden = !rows;
    at("more").textContent = `Show more: ${rows} rows are left`;
  };
  const areaRow = ({ area, count }) => {
    const dangers = area.dangers ? `, ◆ ${area.dangers} dangerous` : "";
    return element("tr", { className: "area" }, element("th", { colSpan: data.subjects.length + 1, scope: "rowgroup" },
      area.name || "cases", element("small", { textContent: `${count} shown of ${area.rows.length}${dangers}` })));
  };
  const caseRow = (row) => {
    const title = text(row.title);
    const line = element("tr", {}, element("th", { scope: "row", title: `${row.id}\n${title}` },
      row.name, element("small", { textContent: title })));
    const changed = new Set((row.changes || []).map(([subject]) => subject));
    row.letters.forEach((letter, subject) => {
      const [kind, glyph] = cellOf(letter);
      const known = isKnown(letter) ? " known" : "";
      const cell = element("td", { className: kind + known + (changed.has(subject) ? " changed" : ""), textContent: glyph });
      if (letter !== "-") {
        cell.tabIndex = -1;
        cell.setAttribute("role", "button");
        cell.setAttribute("aria-label", `${row.id}, ${data.subjects[subject][0]}: ${wordsOf(letter)}`);
        cell.dataset.place = `${row.number} ${subject}`;
      }
      line.append(cell);
    });
    return line;
  };

  // One cell.
  const open = (row, subject) => {
    const letter = row.letters[subject];
    const there = row.details.find(([number]) => number === subject);
    const detail = there ? data.details[there[1]] : null;
    const [kind, glyph] = cellOf(letter);
    const close = element("button", { className: "close", type: "button", textContent: "×" });
    close.setAttribute("aria-label", "Close");
    close.addEventListener("click", () => at("detail").close());
    const parts = [
      element("div", { className: "top" }, element("div", {},
        element("p", { className: "id", textContent: row.id }),
        element("h2", { id: "detail-id", textContent: text(row.title) })), close),
      element("p", { className: "facts" },
        element("span", { className: `tag ${kind}`, textContent: `${glyph} ${wordsOf(letter)}` }),
        element("span", { textContent: `${data.subjects[subject][0]} (${data.subjects[subject][1]})` }),
        element("span", { className: "none", textContent: `severity ${SEVERITIES[row.severity]}` })),
    ];
    if (row.why !== undefined) parts.push(element("p", { className: "why", textContent: text(row.why) }));
    const changed = (row.changes || []).find(([number]) => number === subject);
    if (changed) parts.push(heading("Changed"), element("p", { className: "said", textContent: text(changed[1]) }));
    if (detail) parts.push(...told(detail));
    parts.push(heading("Requirements"), ...row.requirements.map((number) => requirement(data.requirements[number])));
    if (detail) {
      const [before, behind] = detail.reproduce;
      const command = text(before) + (behind === null ? "" : row.id + text(behind));
      parts.push(heading("Reproduce"), element("pre", { textContent: command }));
      if (detail.transcript !== undefined) parts.push(heading("Seen by the lab"), timeLine(data.transcripts[detail.transcript]));
      if (detail.omitted) parts.push(element("p", { textContent: "More is in the file of the results: the page would be too large with all of it." }));
    }
    at("detail-body").replaceChildren(...parts);
    if (!at("detail").open) at("detail").showModal();
    history.replaceState(null, "", `#${encodeURIComponent(row.id)}@${subject}`);
    at("detail").scrollTop = 0;
  };
  const heading = (words) => element("h3", { textContent: words });
  const requirement = (row) => {
    const [slug, level, source, words] = row.map(text);
    return element("p", { className: "requirement" }, element("code", { textContent: slug }),
      ` ${[level, source && `(${source})`].filter(Boolean).join(" ")} `, words);
  };
  const told = (detail) => {
    const parts = [];
    if (detail.known !== undefined) parts.push(heading("Known"), element("p", { className: "said", textContent: text(detail.known) }));
    if (detail.findings.length) parts.push(heading("Found"));
    for (const [slug, expected, seen] of detail.findings) {
      parts.push(element("div", { className: "finding" }, element("p", {}, element("code", { textContent: text(slug) })),
        element("dl", {}, element("dt", { textContent: "expected" }), element("dd", { textContent: text(expected) }),
          element("dt", { textContent: "seen" }), element("dd", { textContent: text(seen) }))));
    }
    if (detail.report !== undefined) parts.push(heading("Reported"), element("p", { className: "said", textContent: text(detail.report) }));
    return parts;
  };
  const timeLine = (entries) => {
    const line = element("div", { className: "line" });
    for (let lane = 0; lane < 4; lane += 1) {
      line.append(element("div", { className: `lane ${LANES[lane]}`, textContent: LANE_NAMES[lane] }));
    }
    for (const [lane, words, octets, convicts, decoded] of entries) {
      const entry = element("div", { className: LANES[lane] + (convicts ? " convicts" : "") });
      if (LANE_NAMES[lane]) entry.append(element("span", { className: "name", textContent: LANE_NAMES[lane] }));
      if (convicts) entry.append(element("b", { textContent: "▶ ", title: "this convicts" }));
      if (lane === 5) entry.append(`… ${text(words)} more`);
      else if (lane === 6) entry.append(`Step ${text(words)}`);
      else if (text(octets)) {
        entry.append(element("span", { className: "who", textContent: text(words) }), element(convicts ? "mark" : "span", { textContent: text(octets) }));
      } else entry.append(convicts ? element("mark", { textContent: text(words) }) : text(words));
      for (const said of decoded) entry.append(element("span", { className: "decoded" }, "decoded: ", element("code", { textContent: text(said) })));
      line.append(entry);
    }
    return line;
  };

  const openAt = (target) => {
    const cell = target.closest("td[data-place]");
    if (!cell) return false;
    const [number, subject] = cell.dataset.place.split(" ").map(Number);
    open(data.cases[number], subject);
    return true;
  };
  at("map").addEventListener("click", (event) => openAt(event.target));
  at("map").addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (((event.key === "Enter" || event.key === " ") && openAt(event.target)) || (step && moved(event.target, step))) {
      event.preventDefault();
    }
  });
  // The map is one stop on the way through the page; within it the arrows lead from cell to cell.
  const moved = (target, [down, right]) => {
    const cells = [...body.querySelectorAll("tr:not(.area)")].map((line) => [...line.cells]);
    const line = cells.findIndex((there) => there.includes(target));
    if (line < 0) return false;
    const next = (cells[line + down] || [])[cells[line].indexOf(target) + right];
    if (next && next.dataset.place) reach(next).focus();
    return true;
  };
  const reach = (cell) => {
    for (const old of body.querySelectorAll('td[tabindex="0"]')) old.tabIndex = -1;
    cell.tabIndex = 0;
    return cell;
  };
  at("detail").addEventListener("click", (event) => { if (event.target === at("detail")) at("detail").close(); });
  at("detail").addEventListener("close", () => history.replaceState(null, "", "#"));
  at("filters").addEventListener("input", show);
  at("filters").addEventListener("submit", (event) => event.preventDefault());
  at("more").addEventListener("click", () => more(ROWS_AT_ONCE));
  // On paper there is no scrolling.
  window.addEventListener("beforeprint", () => more(waiting.length));
  show();

  // A cell can be linked to.
  const [, linked, place] = location.hash.match(/^#([^@]+)@(\d+)$/) || [];
  const row = linked && data.cases.find(({ id }) => encodeURIComponent(id) === linked);
  if (row && row.letters[Number(place)] && row.letters[Number(place)] !== "-") open(row, Number(place));
})();
