const EDGE = 12; // half of the slider's handle, so that line and handle stand above each other
const BINS = 48;

function countAt(parts, group, limit) {
  const found = { goods_rejected: 0, goods_passed: 0, bads_caught: 0, bads_missed: 0 };
  for (const part of parts) {
    if (part.part !== group || !part.label || part.score === null) continue;
    const above = part.score > limit;
    if (part.label === "good") found[above ? "goods_rejected" : "goods_passed"] += 1;
    else found[above ? "bads_caught" : "bads_missed"] += 1;
  }
  return found;
}

function binned(parts, group, label) {
  const [low, high] = report.ends;
  const bins = new Array(BINS).fill(0);
  for (const part of parts) {
    if (part.part !== group || part.label !== label || part.score === null) continue;
    const at = Math.floor((BINS * (part.score - low)) / (high - low));
    bins[Math.max(0, Math.min(BINS - 1, at))] += 1;
  }
  return bins;
}

function tellOutcome(panel, limit) {
  const found = countAt(report.parts, panel.dataset.group, limit);
  const goods = found.goods_rejected + found.goods_passed;
  const bads = found.bads_caught + found.bads_missed;
  for (const element of panel.querySelectorAll("[data-number]")) {
    element.textContent = found[element.dataset.number];
  }
  for (const element of panel.querySelectorAll("[data-share]")) {
    const name = element.dataset.share;
    element.textContent = shareInWords(found[name], name === "goods_rejected" ? goods : bads);
  }
}

function drawHistogram(panel, limit) {
  const svg = panel.querySelector("svg");
  const width = svg.clientWidth, height = svg.clientHeight;
  if (!width) return;
  const [low, high] = report.ends;
  const x = (score) => EDGE + ((width - 2 * EDGE) * (Math.min(Math.max(score, low), high) - low)) / (high - low);
  const sides = { goods: binned(report.parts, panel.dataset.group, "good") };
  sides.bads = binned(report.parts, panel.dataset.group, "bad");
  const some = Object.values(sides).filter((bins) => Math.max(...bins)).length;
  const room = (height - 22) / Math.max(some, 1);
  const axis = Math.max(...sides.goods) ? room : 0;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren();
  for (const [name, bins] of Object.entries(sides)) {
    const most = Math.max(...bins, 1), up = name === "goods";
    bins.forEach((count, at) => {
      if (!count) return;
      const from = low + ((high - low) * at) / BINS, to = low + ((high - low) * (at + 1)) / BINS;
      const tall = Math.max(2, ((room - 6) * count) / most);
      const place = { x: x(from) + 0.5, y: up ? axis - tall : axis, width: Math.max(1, x(to) - x(from) - 1), height: tall };
      const bar = draw("rect", { ...place, class: name + ((to + from) / 2 > limit === up ? " out" : "") });
      bar.append(draw("title", {}, `score ${scoreInWords(from)} to ${scoreInWords(to)}: ${count} ${up ? "good" : "bad"}`));
      svg.append(bar);
    });
  }
  svg.append(draw("line", { class: "axis", x1: EDGE, x2: width - EDGE, y1: axis, y2: axis }));
  const line = (score, name) => draw("line", { class: name, x1: x(score), x2: x(score), y1: 0, y2: height - 18 });
  svg.append(line(report.threshold, "used"));
  if (report.review !== null) svg.append(line(report.review, "for-review"));
  svg.append(line(limit, "limit"));
  svg.append(draw("text", { x: EDGE, y: height - 4 }, scoreInWords(low)));
  svg.append(draw("text", { x: width - EDGE, y: height - 4, "text-anchor": "end" }, scoreInWords(high)));
}

function startThreshold() {
  const slider = byId("limit");
  if (!slider) return;
  const panels = [...document.querySelectorAll(".panel")];
  let limit = report.threshold;
  [slider.min, slider.max] = report.ends;
  const show = (value) => {
    limit = value;
    byId("limit-value").textContent = scoreInWords(limit);
    for (const panel of panels) {
      tellOutcome(panel, limit);
      drawHistogram(panel, limit);
    }
  };
  // The slider rounds: the threshold in use is taken as it is.
  const reset = () => {
    slider.value = report.threshold;
    show(report.threshold);
  };
  slider.addEventListener("input", () => show(Number(slider.value)));
  byId("limit-reset").addEventListener("click", reset);
  for (const panel of panels) {
    const svg = panel.querySelector("svg");
    const follow = (event) => {
      if (event.type === "pointermove" && !event.buttons) return;
      const box = svg.getBoundingClientRect();
      const share = (event.clientX - box.left - EDGE) / (box.width - 2 * EDGE);
      const [low, high] = report.ends;
      slider.value = low + Math.min(Math.max(share, 0), 1) * (high - low);
      show(Number(slider.value));
    };
    svg.addEventListener("pointerdown", follow);
    svg.addEventListener("pointermove", follow);
  }
  addEventListener("resize", () => show(limit));
  reset();
}
