// Fills in what credit-rating answered to "what if": figures, the matrix now → then, and who moves. Text only, no markup.
"use strict";

const form = document.querySelector("form.what-if"), result = document.getElementById("result");
const names = JSON.parse(result.dataset.names), more = result.querySelector("[data-more]");
const movers = result.querySelector("[data-movers]");
const counted = new Intl.NumberFormat("en");
const money = new Intl.NumberFormat("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const place = form.dataset.post;
let asked = null; // the first page's cut, for the pages behind it

const amount = (text) => (text === null ? "–" : money.format(text));
const letter = (grade) => String(grade ?? names.none);
const at = (answer, path) => path.split(".").reduce((value, name) => value?.[name], answer);
const rule = (text) => (text ?? "").split("/").map((part) => names.rules[part] ?? part).join(" · ");

/** A figure of the answer by what it is: a count, an amount, dealers left out by reason, or a text. */
function figure(value, name) {
  if (name === "totals.left_out") {
    const said = Object.entries(value).map(([code, count]) => `${names.left_out[code] ?? code} ${counted.format(count)}`);
    return said.join(", ") || "0";
  }
  if (typeof value === "number") return counted.format(value);
  return /^totals\.limits\..*(now|then|amount)$/.test(name) ? amount(value) : value;
}

const indicator = (one) => `${names.indicators[one.indicator] ?? one.indicator} ${one.now} → ${one.then}`;

/** That a low 5C assessment caps the grade under one policy and not, or otherwise, under the other. */
function capped({ now, then }) {
  if (JSON.stringify(now.cap) === JSON.stringify(then.cap)) return [];
  const of = ({ cap, grade }) => (cap ? `${cap.total} < ${cap.below}: ${cap.computed} → ${grade}` : names.uncapped);
  return [`${names.cap}: ${of(now)} → ${of(then)}`];
}

function cell(row, text, kind) {
  const made = row.appendChild(document.createElement(kind === "head" ? "th" : "td"));
  if (kind === "head") made.scope = "row";
  else if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

function show(answer) {
  for (const field of result.querySelectorAll("[data-fill]")) {
    const value = at(answer, field.dataset.fill);
    field.textContent = figure(value, field.dataset.fill);
  }
  for (const each of result.querySelectorAll("[data-cell]")) each.textContent = "–";
  for (const { now, then, dealers } of answer.totals.matrix) {
    const sign = !now || !then || now === then ? "" : then < now ? "▲ " : "▼ ";
    result.querySelector(`[data-cell="${now ?? "none"}-${then ?? "none"}"]`).textContent = sign + counted.format(dealers);
  }
}

function list(answer) {
  for (const each of answer.items) {
    const row = movers.insertRow();
    const link = cell(row, "", "head").appendChild(document.createElement("a"));
    [link.href, link.textContent] = [`/dealers/${each.dealer}`, each.code || each.dealer];
    cell(row, each.name ?? "", "name").title = each.name ?? "";
    cell(row, `${letter(each.now.grade)} → ${letter(each.then.grade)}`, "n");
    cell(row, `${amount(each.now.limit)} → ${amount(each.then.limit)}`, "n");
    cell(row, [...each.indicators.map(indicator), ...capped(each)].join("; ") || "–", "wrap");
    cell(row, rule(each.then.rule) || (names.left_out[each.then.left_out] ?? ""), "wrap");
  }
  result.querySelector("[data-nobody]").hidden = movers.rows.length > 0;
  more.hidden = !answer.next;
  more.dataset.next = answer.next ?? "";
}

form.addEventListener("answered", ({ detail: answer }) => {
  if (!asked) {
    movers.replaceChildren();
    show(answer);
  }
  list(answer);
  result.hidden = false;
  if (!asked) result.focus();
  asked = { known_at: answer.known_at };
});
form.addEventListener("submit", (event) => {
  if (event.submitter) [asked, form.dataset.post, form.extra] = [null, place, undefined];
}, { capture: true });
more.addEventListener("click", () => {
  form.dataset.post = `${place}&cursor=${encodeURIComponent(more.dataset.next)}`;
  form.extra = asked;
  form.requestSubmit();
});
