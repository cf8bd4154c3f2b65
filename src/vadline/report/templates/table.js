const PAGE = 20;
let order = { key: "score", sign: -1 };
let shownRows = PAGE;

function labelInWords(part) {
  if (!part.label) return "";
  return part.kind && part.kind !== "bad" ? "bad: " + part.kind : part.label;
}

function isWrong(part) {
  return (part.label === "good" && part.decision === "reject") || (part.label === "bad" && part.decision === "accept");
}

function valueOf(part, key) {
  if (key === "margin") return part.score === null || report.threshold === null ? null : Math.abs(part.score - report.threshold);
  if (key === "label") return labelInWords(part);
  return key === "unlike" ? Number(part.unlike) : part[key];
}

function compare(a, b) {
  const one = valueOf(a, order.key), other = valueOf(b, order.key);
  if (one === null || other === null) return (one === null) - (other === null);
  return order.sign * (typeof one === "string" ? one.localeCompare(other, "en", { numeric: true }) : one - other);
}

function wanted(part) {
  const text = byId("find").value.trim().toLowerCase();
  const kind = byId("by-kind").value;
  return (
    (!text || `${part.id} ${part.path} ${part.kind}`.toLowerCase().includes(text)) &&
    (!byId("by-decision").value || part.decision === byId("by-decision").value) &&
    (!kind || labelInWords(part) === kind || (kind === "bad" && part.label === "bad")) &&
    (!byId("by-part").value || part.part === byId("by-part").value) &&
    (!byId("only-unlike").checked || part.unlike) &&
    (!byId("only-marked").checked || marks.has(part.id))
  );
}

function rowOf(part) {
  const row = make("tr", isWrong(part) ? "wrong" : "");
  const cell = (name, content) => {
    const made = make("td", name);
    if (content !== undefined) made.append(content);
    row.append(made);
    return made;
  };
  cell("thumb", part.picture ? enlarge(part.picture, part.id) : "");
  cell("file", part.id);
  cell("label", labelInWords(part));
  cell("decision", make("span", "chip " + part.decision, WORDS[part.decision] || part.decision));
  cell("number score", scoreInWords(part.score)).dataset.words = "score";
  const likely = part.probability === null ? "–" : (100 * part.probability).toFixed(0) + " %";
  cell("number probability", likely).dataset.words = report.is_rank ? "goods below:" : "bad:";
  cell("unlike-cell", part.unlike ? make("span", "unlike", "unlike training") : undefined);
  const box = make("div", "mark");
  box.dataset.id = part.id;
  markBox(box);
  cell("verdict-cell", box);
  return row;
}

function showRows() {
  const found = report.parts.filter(wanted).sort(compare);
  byId("rows").tBodies[0].replaceChildren(...found.slice(0, shownRows).map(rowOf));
  byId("found").textContent = found.length === report.parts.length ? "" : `${found.length} of ${report.parts.length} parts`;
  const left = found.length - shownRows;
  byId("more").hidden = left <= 0;
  byId("more").textContent = `Show more (${left} left)`;
  for (const button of document.querySelectorAll("#rows th button")) {
    const head = button.closest("th");
    if (button.dataset.sort !== order.key) head.removeAttribute("aria-sort");
    else head.setAttribute("aria-sort", order.sign > 0 ? "ascending" : "descending");
  }
}

function offer(select, values, words) {
  for (const value of values) {
    const option = make("option", "", words(value));
    option.value = value;
    select.append(option);
  }
  select.closest("label").hidden = values.length < 2;
}

function startTable() {
  const every = (of) => [...new Set(report.parts.map(of))].filter(Boolean).sort();
  const kinds = every(labelInWords);
  if (kinds.some((kind) => kind.startsWith("bad:")) && !kinds.includes("bad")) kinds.unshift("bad");
  offer(byId("by-decision"), Object.keys(WORDS).filter((name) => report.parts.some((part) => part.decision === name)), (name) => WORDS[name]);
  offer(byId("by-kind"), kinds, (kind) => (kind === "bad" ? "bad, any kind" : kind));
  offer(byId("by-part"), every((part) => part.part), (part) => part);
  byId("only-unlike").closest("label").hidden = !report.parts.some((part) => part.unlike);
  if (document.body.classList.contains("unlabelled")) byId("sort").querySelector("[value^=label]").remove();
  const again = () => {
    shownRows = PAGE;
    showRows();
  };
  const sortBy = (key, sign) => {
    order = { key, sign };
    const option = [...byId("sort").options].find((each) => each.value === `${key}:${sign}`);
    byId("sort").selectedIndex = option ? option.index : -1;
    again();
  };
  byId("filters").addEventListener("input", (event) => {
    if (event.target.id !== "sort") again();
  });
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("sort").addEventListener("change", () => {
    const [key, sign] = byId("sort").value.split(":");
    sortBy(key, Number(sign));
  });
  for (const button of document.querySelectorAll("#rows th button")) {
    const key = button.dataset.sort;
    const falls = ["score", "probability", "unlike"].includes(key);
    button.addEventListener("click", () => sortBy(key, order.key === key ? -order.sign : falls ? -1 : 1));
  }
  byId("more").addEventListener("click", () => {
    shownRows += 5 * PAGE;
    showRows();
  });
  byId("filters").hidden = byId("rows").hidden = false;
  showRows();
}
