// Forms that post JSON to the service that owns what they change, through the one origin of all services:
//   <form data-post="/credit-rating/…" data-version="7" data-next="/reviews"> … <p class="trouble" role="alert"> … </form>
// A form with data-shows in place of data-next asks and changes nothing: its answer comes as the event "answered".
// One Idempotency-Key a request, kept until it is answered: a double click or a repeated send counts once. Once the
// write is answered, the next page is asked for with the write's position, so that it is there when one looks.
"use strict";

const said = JSON.parse(document.getElementById("posting").dataset.said);
const AGAIN = new Set([429, 502, 503, 504]); // not answered: the same request may be sent again
const LOOKS = 3; // times that the next page is asked for, each waiting at the service

/** A name of 128 random bits; randomUUID is there on https and loopback alone. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What was typed as JSON: `a.0.b` nests, an empty field is left out, and with it its group if `data-leads` it. */
function bodyOf(form) {
  const body = {}, lists = {};
  for (const field of form.querySelectorAll("[name]")) {
    const group = field.closest("[data-group]");
    if (group && !group.querySelector("[data-leads]").value) continue;
    if (field.value === "" || (field.type === "checkbox" && !field.checked)) continue;
    const value = valueOf(field);
    if (!group) {
      body[field.name] = value;
      continue;
    }
    const list = (lists[group.dataset.group] ??= new Map());
    list.set(group, Object.assign(list.get(group) ?? {}, { [field.name]: value }));
  }
  for (const [name, list] of Object.entries(lists)) body[name] = [...list.values()];
  form.groups = Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list.keys()]]));
  return body;
}

function valueOf(field) {
  if (field.dataset.as === "flag") return field.checked;
  if (!field.dataset.as?.startsWith("json")) return field.value;
  try {
    const value = JSON.parse(field.value); // as text it is sent as it was written: errors name its lines
    return field.dataset.as === "json" ? value : field.value;
  } catch (error) {
    throw Object.assign(new Error(`${said.json} ${error.message}`), { field });
  }
}

/** Say what went wrong beside the form, and bring the reader there; what was typed stays. */
function complain(form, title, detail, fields = []) {
  const trouble = form.querySelector(".trouble");
  trouble.replaceChildren(Object.assign(document.createElement("b"), { textContent: title }), ` ${detail}`);
  for (const field of fields) field.setAttribute("aria-invalid", "true");
  trouble.hidden = false;
  trouble.focus();
}

/** A problem document in the page's language: ours where we have words for it, else the service's own. */
function explain(form, problem, status) {
  const code = String(problem.type ?? "").split(":").pop();
  const [title, advice] = said.problems[code] ?? [problem.title ?? `${said.failed} (${status})`, problem.do ?? ""];
  const errors = (problem.errors ?? []).map((each) => ({ ...each, field: fieldOf(form, each.line ? "text" : each.pointer) }));
  const own = document.documentElement.lang === "en" && problem.detail && !errors.some((each) => each.line);
  const detail = own ? `${problem.detail} ${advice}` : advice;
  const places = errors.map((each) => placed(each).filter(Boolean).join(": ")).join("; ");
  complain(form, title, places ? `${detail} ${places}` : detail, errors.map((each) => each.field).filter(Boolean));
}

/** Where an error is and what it says: of a document its line and path, else the field. */
function placed({ line, path, problem, pointer, detail }) {
  return line ? [said.line.replace("%(line)s", line), path, problem] : [pointer, detail];
}

/** The field that `#/reason` or `#/overrides/1/reason` is about, by its group's place in what was sent. */
function fieldOf(form, pointer) {
  const [name, place, list] = String(pointer ?? "").split("/").reverse();
  const within = form.groups?.[list]?.[place] ?? form;
  return name ? within.querySelector(`[name="${CSS.escape(name)}"]`) : null;
}

function busy(form, text) {
  form.toggleAttribute("aria-busy", Boolean(text));
  if (text) form.setAttribute("aria-busy", "true");
  for (const button of form.querySelectorAll("button")) button.disabled = Boolean(text);
  form.querySelector(".under-way").textContent = text ?? "";
}

async function post(form) {
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  form.querySelector(".trouble").hidden = true;
  let text;
  try {
    text = JSON.stringify({ ...bodyOf(form), ...form.extra });
  } catch (error) {
    return complain(form, said.failed, error.message, [error.field]);
  }
  if (form.sent !== text) [form.sent, form.key] = [text, newKey()];
  const headers = { "Content-Type": "application/json", "Idempotency-Key": form.key, "X-CSRF-Token": said.csrf };
  if (form.dataset.version) headers["If-Match"] = `"${form.dataset.version}"`;
  busy(form, said.busy);
  try {
    const answer = await fetch(form.dataset.post, { method: "POST", headers, body: text, redirect: "error" });
    if (!AGAIN.has(answer.status)) form.sent = undefined;
    if (answer.ok && form.dataset.next) return await goOn(form, answer);
    if (answer.ok) form.dispatchEvent(new CustomEvent("answered", { detail: await answer.json() }));
    else explain(form, await answer.json().catch(() => ({})), answer.status);
  } catch {
    complain(form, said.unreached, said.again);
  }
  busy(form);
}

/** To the next page, once what was written is visible there. */
async function goOn(form, answer) {
  const next = form.dataset.next, position = answer.headers.get("Dealerlog-Position");
  busy(form, said.waiting);
  for (let look = 0; position && look < LOOKS; look++) {
    const shown = await fetch(next, { headers: { "Dealerlog-Position-At-Least": position } }).catch(() => null);
    if (shown?.ok) break;
  }
  location.assign(next);
}

document.getElementById("needs-scripts").hidden = true;
for (const form of document.querySelectorAll("form[data-post]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!form.hasAttribute("aria-busy")) void post(form);
  });
  for (const group of form.querySelectorAll("[data-group]")) {
    const leads = group.querySelector("[data-leads]"), follows = [...group.querySelectorAll("[data-follows]")];
    leads.addEventListener("change", () => follows.forEach((field) => (field.required = Boolean(leads.value))));
  }
  busy(form);
}
