const marks = new Map();
const known = new Map(report.parts.map((part) => [part.id, part]));

// Where the page is shown in a frame without rights of its own, marks last as long as the page.
function remembered() {
  try {
    return JSON.parse(localStorage.getItem(report.key) || "[]");
  } catch {
    return [];
  }
}

function remember() {
  try {
    localStorage.setItem(report.key, JSON.stringify([...marks]));
  } catch {
    // Nothing to remember it in.
  }
}

function markBox(box) {
  const id = box.dataset.id;
  const kind = make("input");
  kind.placeholder = "which kind?";
  kind.setAttribute("aria-label", "kind of defect");
  kind.setAttribute("list", "kinds");
  kind.addEventListener("input", () => setMark(id, "bad", kind.value, kind));
  for (const verdict of ["good", "bad"]) {
    const button = make("button", verdict);
    button.type = "button";
    button.append(make("span", "really", "really "), verdict);
    button.addEventListener("click", () => {
      const again = marks.has(id) && marks.get(id).verdict === verdict;
      setMark(id, again ? "" : verdict, "");
    });
    box.append(button);
  }
  box.append(kind);
  paintMark(box);
}

function setMark(id, verdict, kind, typing) {
  if (verdict) marks.set(id, { verdict, kind });
  else marks.delete(id);
  for (const box of document.querySelectorAll(".mark")) {
    if (box.dataset.id === id) paintMark(box, typing);
  }
  remember();
  tellMarks();
}

function paintMark(box, typing) {
  const mark = marks.get(box.dataset.id) || { verdict: "", kind: "" };
  for (const button of box.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.classList.contains(mark.verdict || "-")));
  }
  const kind = box.querySelector("input");
  kind.hidden = mark.verdict !== "bad";
  if (kind !== typing) kind.value = mark.kind;
}

function tellMarks() {
  byId("review").hidden = marks.size === 0;
  document.body.classList.toggle("reviewing", marks.size > 0);
  byId("marks").textContent = marks.size;
  byId("marks-words").textContent = marks.size === 1 ? "part marked" : "parts marked";
}

function reviewCsv() {
  const cell = (text) => (/[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
  const lines = ["image_id,path,verdict,kind"];
  for (const [id, mark] of marks) {
    lines.push([id, known.get(id).path, mark.verdict, mark.kind.trim()].map(cell).join(","));
  }
  return lines.join("\n") + "\n";
}

function download() {
  const link = make("a");
  link.href = URL.createObjectURL(new Blob([reviewCsv()], { type: "text/csv" }));
  link.download = "review.csv";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function startReview() {
  for (const [id, mark] of remembered()) if (known.has(id)) marks.set(id, mark);
  for (const box of document.querySelectorAll(".mark")) markBox(box);
  byId("download").addEventListener("click", download);
  byId("clear").addEventListener("click", () => {
    if (!confirm("Clear all marks?")) return;
    for (const id of [...marks.keys()]) setMark(id, "", "");
  });
  tellMarks();
}
