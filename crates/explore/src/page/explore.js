// Looks up and draws. Every number that is shown stands in the table; the only arithmetic here is where on the screen it goes.
"use strict";

const table = JSON.parse(document.getElementById("numbers").textContent);
const element = (id) => document.getElementById(id);

// ---- what is chosen ---------------------------------------------------------------------------------------------------

// Places in the table; t counts from 1.
const chosen = { steps: 4, schedule: 0, reverse: 2, step: 5, place: 14 };

const run = () => table.runs[chosen.schedule][chosen.steps];
const model = () => run().models[chosen.reverse];
const lastStep = () => table.steps[chosen.steps];

// The names in the address: words for what has a name, numbers for what has a value.
const word = (choice) => choice.name.replace(/[^A-Za-z0-9]+/g, "-").replace(/^-|-$/g, "");
const address = {
  T: { key: "steps", values: table.steps.map(String) },
  schedule: { key: "schedule", values: table.schedules.map(word) },
  reverse: { key: "reverse", values: table.reverses.map(word) },
  x_t: { key: "place", values: table.x_t.map(String) },
};

function readAddress() {
  const asked = new URLSearchParams(location.hash.slice(1));
  for (const [name, { key, values }] of Object.entries(address)) {
    const index = values.indexOf(asked.get(name));
    if (index >= 0) chosen[key] = index;
  }
  const t = Number(asked.get("t"));
  if (Number.isInteger(t) && t >= 1) chosen.step = t;
  chosen.step = Math.min(chosen.step, lastStep());
}

function writeAddress() {
  const parts = Object.entries(address).map(([name, { key, values }]) => `${name}=${values[chosen[key]]}`);
  history.replaceState(null, "", `#${parts.join("&")}&t=${chosen.step}`);
}

// ---- words and numbers ------------------------------------------------------------------------------------------------

// `x_{t−1}` and `σ^{2}` in HTML and in SVG.
const SCRIPTS = /([_^])\{([^}]*)\}/g;
const html = (text) => text.replace(/ = /g, "&nbsp;=&nbsp;").replace(/_\{([^}]*)\}\^\{([^}]*)\}/g, "<sub>$1</sub><sup>$2</sup>")
  .replace(SCRIPTS, (_, kind, inner) => (kind === "_" ? `<sub>${inner}</sub>` : `<sup>${inner}</sup>`));
const svgText = (text) => text.replace(SCRIPTS, (_, kind, inner) => {
  const shift = kind === "_" ? 0.3 : -0.4;
  return `<tspan dy="${shift}em" font-size="0.75em">${inner}</tspan><tspan dy="${-0.75 * shift}em">&#8203;</tspan>`;
});

const minus = (text) => text.replace("-", "−");
const nats = (value) => minus(value.toFixed(6));
// Three digits after the point, or a power of ten where that would be none.
function few(value) {
  if (value === 0 || Math.abs(value) >= 1e-3) return minus(value.toFixed(3));
  const [digits, power] = value.toExponential(1).split("e");
  return `${minus(digits)} · 10^{${minus(power)}}`;
}

// ---- axes -------------------------------------------------------------------------------------------------------------

function scale(from, to, low, high) {
  const factor = (high - low) / (to - from || 1);
  const place = (value) => low + (value - from) * factor;
  return Object.assign(place, { from, to, low, high });
}

// Round numbers between two, about `count` of them.
function ticks(from, to, count) {
  const rough = (to - from || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].map((m) => m * power).find((step) => step >= rough * 0.99);
  const digits = Math.max(0, -Math.floor(Math.log10(unit) + 1e-9));
  const found = [];
  for (let k = Math.ceil(from / unit - 1e-9); k * unit <= to + 1e-9 * unit; k += 1) {
    found.push({ value: k * unit, text: minus((k * unit + 0).toFixed(digits).replace(/^-(0(\.0*)?)$/, "$1")) });
  }
  return found;
}

const size = () => parseFloat(getComputedStyle(document.documentElement).fontSize);
const line = (x1, y1, x2, y2, kind, more = "") => `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" ${more}/>`;
const text = (x, y, words, more = "", kind = "label") => `<text class="${kind}" x="${x}" y="${y}" ${more}>${svgText(words)}</text>`;

// The axis below, with its ticks and its name.
function below(x, y, name, em, count = (x.high - x.low) / (4.5 * em), marks = ticks(x.from, x.to, Math.max(2, count))) {
  const at = marks.map(({ value, text: words }) =>
    line(x(value), y, x(value), y + 4, "spine") + text(x(value), y + 1.05 * em, words, 'text-anchor="middle"', "tick"));
  return line(x.low, y, x.high, y, "spine") + at.join("")
    + text((x.low + x.high) / 2, y + 2.2 * em, name, 'text-anchor="middle"');
}

// The axis at the left, with grid lines.
function left(y, x, em, count = 3) {
  return ticks(y.from, y.to, count).map(({ value, text: words }) =>
    line(x.low, y(value), x.high, y(value), "grid")
    + text(x.low - 0.35 * em, y(value) + 0.27 * em, words, 'text-anchor="end"', "tick")).join("");
}

const path = (xs, ys, x, y) => xs.map((value, i) => `${i ? "L" : "M"}${x(value).toFixed(1)} ${y(ys[i]).toFixed(1)}`).join("");

// Puts a drawing into its place, one unit a pixel.
function draw(id, drawing) {
  const place = element(id);
  const { width, height } = place.getBoundingClientRect();
  place.setAttribute("viewBox", `0 0 ${width} ${height}`);
  place.innerHTML = drawing(width, height, size());
}

// ---- one step back ----------------------------------------------------------------------------------------------------

// A Gaussian as the bell of the table, shifted and stretched.
const bell = (mean, sd) => ({
  xs: table.bell.z.map((z) => mean + sd * z),
  ys: table.bell.density.map((density) => density / sd),
  mean, sd, peak: Math.max(...table.bell.density) / sd,
});

function drawBack(width, height, em) {
  const t = chosen.step, place = chosen.place, at = table.x_t[place];
  const before = t === 1 ? table.data.density : run().densities[t - 2];
  const after = run().densities[t - 1];
  const grid = table.grid;
  const name = t === 1 ? "q(x_{0})" : `q(x_{${t - 1}})`;
  const edge = { left: 2.6 * em, right: width - 0.9 * em };
  const cut = height * 0.44;
  const x = scale(grid[0], grid[grid.length - 1], edge.left, edge.right);
  const top = Math.max(...before, ...after);
  const y = scale(0, top * 1.22, cut, 0.4 * em);
  const out = [left(y, x, em), line(x.low, cut, x.high, cut, "spine")];
  out.push(`<path d="${path(grid, before, x, y)}L${x.high} ${cut}L${x.low} ${cut}Z" fill="var(--before)" opacity="0.14"/>`);
  out.push(`<path class="curve" d="${path(grid, before, x, y)}" stroke="var(--before)"/>`);
  out.push(`<path class="curve" d="${path(grid, after, x, y)}" stroke="var(--purple)"/>`);

  // Each curve is named where it is furthest above the other, one in each half.
  const furthest = (upper, lower, inside) => grid.reduce((best, value, i) =>
    (inside(value) && (best < 0 || upper[i] - lower[i] > upper[best] - lower[best]) ? i : best), -1);
  const half = 0.85 * grid[grid.length - 1];
  // The one of x_t keeps away from where x_t is marked; a name stands on the side to which its curve falls.
  const side = at > 0 ? -1 : 1;
  const tag = (upper, lower, side, words, colour) => {
    const i = furthest(upper, lower, (v) => v * side > 0.1 && v * side < half);
    const anchor = upper[i + 1] > upper[i - 1] ? "end" : "start";
    out.push(text(x(grid[i]), y(upper[i]) - 0.45 * em, words, `text-anchor="${anchor}" style="fill:${colour}"`));
  };
  tag(before, after, -side, name, "var(--before)");
  tag(after, before, side, `q(x_{${t}})`, "var(--purple-ink)");
  const nearest = grid.reduce((best, value, i) => (Math.abs(value - at) < Math.abs(grid[best] - at) ? i : best), 0);
  out.push(line(x(at), y(0), x(at), y(after[nearest]), "guide"));
  out.push(`<circle cx="${x(at)}" cy="${y(0)}" r="${0.3 * em}" fill="var(--purple)"/>`);
  out.push(drawBells(width, height, em, x, cut));
  return out.join("");
}

// Both laws of x_{t-1} given x_t, enlarged: a window of the axis above.
function drawBells(width, height, em, above, cut) {
  const t = chosen.step, place = chosen.place, at = table.x_t[place];
  const reverse = bell(model().means[t - 1][place], Math.sqrt(model().variances[t - 1]));
  const variance = run().posterior_variance[t - 1];
  const point = t === 1;
  const posterior = point ? { mean: table.x_0, sd: 0, peak: 0 } : bell(run().posterior_means[t - 1][place], Math.sqrt(variance));
  const reach = (of) => [of.mean - 4 * of.sd, of.mean + 4 * of.sd];
  let [from, to] = [Math.min(reach(reverse)[0], reach(posterior)[0]), Math.max(reach(reverse)[1], reach(posterior)[1])];
  const air = 0.06 * (to - from);
  from -= air; to += air;
  const bottom = height - 2.5 * em, ceiling = cut + 2.1 * em;
  const x = scale(from, to, above.low, above.high);
  const peak = Math.max(reverse.peak, posterior.peak);
  const y = scale(0, peak * 1.3, bottom, ceiling);
  const clamp = (value) => Math.min(Math.max(value, above.low), above.high);
  const out = [];
  out.push(`<path d="M${clamp(above(from))} ${cut}L${clamp(above(to))} ${cut}L${x.high} ${ceiling}L${x.low} ${ceiling}Z" fill="var(--spine)" opacity="0.12"/>`);
  out.push(left(y, x, em));
  out.push(text(above(at) > (above.low + above.high) / 2 ? above(at) - 0.5 * em : above(at) + 0.5 * em, cut + 1.2 * em,
    `x_{${t}} = ${minus(String(at))}`, `text-anchor="${above(at) > (above.low + above.high) / 2 ? "end" : "start"}" style="fill:var(--purple-ink)"`));
  const curve = (of, colour) => `<path d="${path(of.xs, of.ys, x, y)}Z" fill="${colour}" opacity="0.16"/>`
    + `<path class="curve" d="${path(of.xs, of.ys, x, y)}" stroke="${colour}"/>`;
  if (point) out.push(line(x(posterior.mean), bottom, x(posterior.mean), y(peak * 1.12), "curve", 'stroke="var(--green)"'));
  else out.push(curve(posterior, "var(--green)"));
  out.push(curve(reverse, "var(--vermillion)"));
  out.push(below(x, bottom, `x_{${t - 1}}`, em));

  // Names on the outer sides of the two peaks.
  const right = reverse.mean >= posterior.mean;
  const words = { posterior: point ? "x_{0} itself" : `q(x_{${t - 1}}|x_{${t}}, x_{0})`, reverse: `p(x_{${t - 1}}|x_{${t}})` };
  const tag = (of, name, colour, onRight) => {
    const at = x(of.mean) + (onRight ? 1 : -1) * Math.max(0.5 * em, 0.75 * (x(of.mean + of.sd) - x(of.mean)));
    const high = Math.max(y((of.peak || peak * 1.1) * 0.9), ceiling + 0.9 * em);
    // Where there is no room outside, the name goes inside.
    const fits = onRight ? at + 0.52 * em * name.replace(/[_{}]/g, "").length < x.high : at - 0.52 * em * name.replace(/[_{}]/g, "").length > x.low;
    return fits
      ? text(at, high, name, `text-anchor="${onRight ? "start" : "end"}" style="fill:${colour}"`)
      : text(onRight ? x.high - 4 : x.low + 4, high, name, `text-anchor="${onRight ? "end" : "start"}" style="fill:${colour}"`);
  };
  out.push(tag(posterior, words.posterior, "var(--green-ink)", !right), tag(reverse, words.reverse, "var(--vermillion-ink)", right));
  return out.join("");
}

// ---- the noise --------------------------------------------------------------------------------------------------------

function drawNoise(width, height, em) {
  const T = lastStep();
  const bars = run().alpha_bar, snr = run().log_snr;
  const middle = width / 2;
  const times = (from) => Array.from({ length: T + 1 - from }, (_, i) => i + from);
  const one = (low, high, from, ys, range, name) => {
    const x = scale(0, T, low + 2.4 * em, high - 0.9 * em);
    const y = scale(range[0], range[1], height - 2.5 * em, 1.5 * em);
    const marks = ticks(0, T, Math.min(T, (x.high - x.low) / (3.5 * em))).filter(({ value }) => Number.isInteger(value));
    const ts = times(from);
    const t = chosen.step;
    const here = ys[t - from];
    const end = t > T / 2;
    const dots = T > 20 ? "" : ts.map((s, i) => `<circle cx="${x(s)}" cy="${y(ys[i])}" r="${0.17 * em}" fill="var(--before)"/>`).join("");
    return left(y, x, em) + below(x, y.low, "t", em, 0, marks)
      + `<path class="curve" d="${path(ts, ys, x, y)}" stroke="var(--before)"/>` + dots
      + line(x(t), y.low, x(t), y(here), "guide")
      + `<circle cx="${x(t)}" cy="${y(here)}" r="${0.36 * em}" fill="var(--vermillion)"/>`
      + text((x.low + x.high) / 2, 0.95 * em, `${name} = ${few(here)}`, 'text-anchor="middle"');
  };
  const low = Math.min(...snr, 0), high = Math.max(...snr, 0);
  return one(0, middle, 0, bars, [0, 1], `ᾱ_{${chosen.step}}`)
    + one(middle, width, 1, snr, [low - 0.05 * (high - low), high + 0.05 * (high - low)], `log SNR(${chosen.step})`);
}

// ---- the bound --------------------------------------------------------------------------------------------------------

const FORMS = [
  { key: "denoising", name: "denoising", colour: "var(--before)" },
  { key: "consistency", name: "consistency", colour: "var(--green)" },
  { key: "consistency_as_printed", name: "as printed", colour: "var(--vermillion)" },
];

function drawBound(width, height, em) {
  const forms = FORMS.filter(({ key }) => model()[key]);
  const low = 6.9 * em, high = width - 0.8 * em;
  const floor = height - 2.5 * em, ceiling = 2.5 * em;
  const ends = forms.flatMap(({ key }) => {
    const terms = model()[key];
    return [0, terms.reconstruction, terms.reconstruction - terms.prior_matching, terms.elbo];
  }).concat(table.data.log_likelihood, model().log_evidence ?? 0);
  const air = 0.04 * (Math.max(...ends) - Math.min(...ends));
  const x = scale(Math.min(...ends) - air, Math.max(...ends) + air, low, high);
  const out = ticks(x.from, x.to, (high - low) / (4.5 * em)).map(({ value }) => line(x(value), ceiling, x(value), floor, "grid"));
  out.push(below(x, floor, "nats", em));
  out.push(line(x(0), ceiling, x(0), floor, "spine"));
  const row = Math.min((floor - ceiling) / (forms.length === 3 ? 12 : 6), 2.2 * em);
  // Words beside a place, on the side that is asked for if there is room, else where there is more of it.
  const beside = (at, y, words, onLeft, edge, look = "") => {
    const wide = 0.5 * em * words.replace(/[_{}]/g, "").length;
    const [before, after] = [at - edge, width - at];
    const fits = (onLeft ? before : after) > wide;
    const left = fits ? onLeft : before > after;
    return text(left ? at - 0.35 * em : at + 0.35 * em, y, words, `text-anchor="${left ? "end" : "start"}" ${look}`);
  };
  // Where words stand in a row.
  const middle = row / 2 + 0.3 * em;
  forms.forEach(({ key, name, colour }, i) => {
    const terms = model()[key];
    const top = ceiling + 4 * i * row;
    out.push(text(0, top + middle, name, 'font-weight="600"'));
    const afterPrior = terms.reconstruction - terms.prior_matching;
    const bars = [
      ["reconstruction", 0, terms.reconstruction, "var(--orange)"],
      ["− prior matching", terms.reconstruction, afterPrior, "var(--purple)"],
      ["− Σ matching", afterPrior, terms.elbo, colour],
    ];
    bars.forEach(([words, from, to, fill], k) => {
      const y = top + (k + 1) * row;
      const [a, b] = [Math.min(x(from), x(to)), Math.max(x(from), x(to))];
      out.push(text(0.6 * em, y + middle, words, 'style="fill:var(--quiet)"'));
      out.push(`<rect x="${a}" y="${y + 0.12 * row}" width="${Math.max(b - a, 1.5)}" height="${0.76 * row}" fill="${fill}"/>`);
    });
    // The sum, on the side where there is room.
    const end = x(terms.elbo);
    out.push(line(end, top + 0.1 * row, end, top + 4.05 * row, "curve", `stroke="var(--text)"`));
    out.push(beside(end, top + middle, `${key === "consistency_as_printed" ? "sum" : "ELBO"} ${few(terms.elbo)}`, true, low, 'font-weight="600"'));
  });
  if (forms.length < 3) {
    out.push(text(0, ceiling + 4.3 * row + middle, "No exact consistency form: p is not linear.", 'style="fill:var(--quiet)"'));
  }
  // What bounds the bound, each on a line of its own.
  [["E log q(x_{0})", table.data.log_likelihood, 0.9], ["E log p(x_{0})", model().log_evidence, 2]].forEach(([name, value, place]) => {
    if (value === null) return;
    const at = x(value);
    out.push(line(at, place * em - 0.6 * em, at, floor, "guide", place < 1 ? 'style="stroke:var(--text)"' : ""));
    out.push(beside(at, place * em, `${name} ${few(value)}`, place > 1, 0));
  });
  return out.join("");
}

// ---- term by term -----------------------------------------------------------------------------------------------------

function drawTerms(width, height, em) {
  const T = lastStep();
  if (T === 1) return text(width / 2, height / 2, "T = 1: no matching term is left.", 'text-anchor="middle"');
  const x = scale(0.5, T + 0.5, 3 * em, width - 0.9 * em);
  const marks = ticks(1, T, Math.min(T, (x.high - x.low) / (3 * em))).filter(({ value }) => Number.isInteger(value) && value >= 1);
  const floor = height - 2.5 * em, middle = (floor + 1.2 * em) / 2;
  const { denoising, consistency, consistency_as_printed: printed } = model();
  const wide = Math.max(1, Math.min(0.72 * (x(2) - x(1)), 3 * em));
  const out = [];
  const bars = (values, first, y, colour, frame) => values.forEach((value, i) => {
    const t = first + i, here = t === chosen.step;
    const [a, b] = [Math.min(y(value), y(0)), Math.max(y(value), y(0))];
    // Frames too narrow to be seen as such are a shade.
    const look = frame && wide < 8 ? `fill="${colour}" opacity="${here ? 0.9 : 0.35}"` : frame ? `fill="none" stroke="${colour}" stroke-width="${here ? 2.5 : 1.2}"` : `fill="${colour}" opacity="${here ? 1 : 0.45}"`;
    out.push(`<rect x="${x(t) - wide / 2}" y="${a}" width="${wide}" height="${Math.max(b - a, 1)}" ${look}/>`);
  });
  const axis = (lists, low, high) => {
    const all = lists.flat().concat(0);
    const [from, to] = [Math.min(...all), Math.max(...all)];
    const y = scale(from, from === to ? 1 : to, low, high);
    out.push(left(y, x, em, 2), line(x.low, y(0), x.high, y(0), "spine"));
    return y;
  };
  const upper = axis([denoising.matching], consistency ? middle - 0.6 * em : floor, 1.3 * em);
  bars(denoising.matching, 2, upper, "var(--before)");
  out.push(text(x.high, 1 * em, "denoising matching, t = 2 … T, nats", 'text-anchor="end" style="fill:var(--before)"'));
  if (consistency) {
    const lower = axis([consistency.matching, printed.matching], floor, middle + 1.5 * em);
    bars(consistency.matching, 1, lower, "var(--green)");
    bars(printed.matching, 1, lower, "var(--vermillion)", true);
    out.push(`<text class="label" x="${x.high}" y="${middle + 1.1 * em}" text-anchor="end"><tspan style="fill:var(--green-ink)">consistency</tspan>, `
      + `t = 1 … T − 1, and <tspan style="fill:var(--vermillion-ink)">as printed</tspan></text>`);
  }
  out.push(below(x, floor, "t", em, 0, marks));
  return out.join("");
}

// ---- what to see ------------------------------------------------------------------------------------------------------

function sentences() {
  const t = chosen.step, T = lastStep(), found = model(), reverse = table.reverses[chosen.reverse];
  const cost = found.costs[t - 1][chosen.place];
  const says = {};
  says.back = t === 1
    ? `p is ${reverse.says_at_last}. The last step has to hit x_{0} = ${table.x_0} itself: here −log p(x_{0}|x_{1}) = <b>${few(cost)}</b>. `
      + `The average of log p is the reconstruction, <b>${few(found.denoising.reconstruction)}</b>.`
    : `p is ${reverse.says}. The posterior q knows x_{0} = ${table.x_0}. Here KL(q ‖ p) = <b>${few(cost)}</b> nats; `
      + `its average is the matching term of t = ${t}, <b>${few(found.denoising.matching[t - 2])}</b>.`;
  says.noise = `${table.schedules[chosen.schedule].says} In the end ᾱ_{T} = ${few(run().alpha_bar[T])} is left, `
    + `and the prior matching is <b>${few(found.denoising.prior_matching)}</b>.`;
  if (T === 1) {
    says.bound = "With T = 1 no matching term is left, all three forms are one, and the bound is that of a VAE with z = x_{1}.";
  } else if (found.misprint === null) {
    const linear = run().models[2];
    says.bound = `The bound is <b>${few(found.shortfall)}</b> nats below E log q(x_{0}), which no model exceeds. `
      + (linear.denoising.elbo > found.denoising.elbo
        ? `In so few steps σ_{q}^{2} is too narrow: even the linear step, which is wider, has ${few(linear.denoising.elbo)}.`
        : `Infinitely many steps between the same end points would give ${few(found.limit)}.`);
  } else {
    says.bound = `Two forms add up to one bound; the consistency form as printed ends <b>${few(found.misprint).replace("−", "")}</b> nats too `
      + `${found.misprint < 0 ? "low" : "high"}. The gap to E log p(x_{0}) is ${few(found.gap)}, to E log q(x_{0}) ${few(found.shortfall)}.`;
  }
  says.terms = found.consistency && T > 1 ? sums(found) : T > 1
    ? "What each step back costs on average. No other denoiser makes one of these terms smaller."
    : "Reconstruction and prior matching are all there is.";
  for (const [name, words] of Object.entries(says)) element(`${name}-says`).innerHTML = html(words);
}

// Whether the two sums of matching terms are one.
function sums(found) {
  const [denoising, consistency] = [few(found.denoising.matching_sum), few(found.consistency.matching_sum)];
  return denoising === consistency
    ? `Both sums are ${denoising} to three digits, because x_{T} keeps next to nothing of x_{T−1}. The printed terms forget that x_{t+1} depends on x_{t}.`
    : `The sums are ${denoising} and ${consistency}: the forms are equal only with their own prior terms. The printed terms forget that x_{t+1} depends on x_{t}.`;
}

// ---- the numbers ------------------------------------------------------------------------------------------------------

// A cell with all digits of its number in data-value.
function cell(id, value, shown = nats) {
  if (value === null || value === undefined) return `<td class="none" id="${id}">–</td>`;
  return `<td id="${id}" data-value="${value}" title="${value}">${shown(value)}</td>`;
}

const row = (name, cells, kind = "") => `<tr class="${kind}"><th scope="row">${html(name)}</th>${cells}</tr>`;

function writeNumbers() {
  const t = chosen.step, T = lastStep(), found = model();
  const each = (name, of) => FORMS.map(({ key }) => cell(`${key}-${name}`, found[key] && of(found[key]))).join("");
  const here = [
    cell("denoising-here", t >= 2 ? found.denoising.matching[t - 2] : null),
    cell("consistency-here", t < T && found.consistency ? found.consistency.matching[t - 1] : null),
    cell("consistency_as_printed-here", t < T && found.consistency_as_printed ? found.consistency_as_printed.matching[t - 1] : null),
  ].join("");
  element("forms").tBodies[0].innerHTML = row("reconstruction", each("reconstruction", (f) => f.reconstruction))
    + row("− prior matching", each("prior_matching", (f) => f.prior_matching))
    + row("− Σ matching", each("matching_sum", (f) => f.matching_sum))
    + row("sum", each("elbo", (f) => f.elbo), "total")
    + row(`at t = ${t}`, here, "chosen");
  element("limits").tBodies[0].innerHTML = row("E log q(x_{0}), of the data", cell("log_likelihood", table.data.log_likelihood))
    + row("E log p(x_{0}), of the model", cell("log_evidence", found.log_evidence))
    + row("ELBO", cell("elbo", found.denoising.elbo))
    + row("ELBO, infinitely many steps", cell("limit", found.limit))
    + row("E log q(x_{0}) − ELBO", cell("shortfall", found.shortfall), "total")
    + row("gap, E log p(x_{0}) − ELBO", cell("gap", found.gap))
    + row("as printed − ELBO", cell("misprint", found.misprint));
  element("here").tBodies[0].innerHTML = row(`α_{${t}}`, cell("alpha", run().alpha[t - 1]))
    + row(`ᾱ_{${t}}`, cell("alpha_bar", run().alpha_bar[t]))
    + row(`log SNR(${t})`, cell("log_snr", run().log_snr[t - 1]))
    + row(`variance of q(x_{${t - 1}}|x_{${t}}, x_{0})`, cell("posterior_variance", run().posterior_variance[t - 1]))
    + row(`variance of p(x_{${t - 1}}|x_{${t}})`, cell("variance", found.variances[t - 1]))
    + row(t === 1 ? "−log p(x_{0}|x_{1})" : `KL(q ‖ p) at x_{${t}} = ${minus(String(table.x_t[chosen.place]))}`, cell("cost", found.costs[t - 1][chosen.place]));
}

// ---- the sliders ------------------------------------------------------------------------------------------------------

function writeSliders() {
  const T = lastStep(), t = chosen.step;
  const shown = {
    steps: [0, table.steps.length - 1, String(T)],
    step: [1, T, String(t)],
    schedule: [0, table.schedules.length - 1, table.schedules[chosen.schedule].name],
    reverse: [0, table.reverses.length - 1, table.reverses[chosen.reverse].name],
    place: [0, table.x_t.length - 1, minus(table.x_t[chosen.place].toFixed(2))],
  };
  for (const [id, [min, max, words]] of Object.entries(shown)) {
    const slider = element(id);
    // The ends first: a value is cut to them.
    slider.min = min;
    slider.max = max;
    slider.value = chosen[id];
    slider.disabled = min === max;
    slider.setAttribute("aria-valuetext", words);
    element(`${id}-shown`).innerHTML = id === "step" ? `${words} of ${T}` : words;
  }
}

function show() {
  writeSliders();
  sentences();
  writeNumbers();
  draw("back-plot", drawBack);
  draw("bound-plot", drawBound);
  draw("noise-plot", drawNoise);
  draw("terms-plot", drawTerms);
}

for (const id of ["steps", "step", "schedule", "reverse", "place"]) {
  element(id).addEventListener("input", (event) => {
    const before = lastStep();
    chosen[id] = Number(event.target.value);
    // Another number of steps: t stays at the same part of the way.
    if (id === "steps") chosen.step = Math.max(1, Math.round((chosen.step / before) * lastStep()));
    show();
    writeAddress();
  });
}

element("data-name").textContent = table.data.name;
element("controls").addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => { readAddress(); show(); });
addEventListener("resize", show);
readAddress();
show();
