// What pages gain where a script may run: times in the reader's zone, and news without a reload. Nothing needs it.
"use strict";

const FULL = { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
const FORMATS = {
  hour: new Intl.DateTimeFormat(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" }),
  clock: new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" }),
  recent: new Intl.DateTimeFormat(undefined, FULL),
  old: new Intl.DateTimeFormat(undefined, { ...FULL, year: "numeric" }),
};
const YEAR = 300 * 24 * 3600 * 1000; // farther away than that a time needs its year

function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const far = Math.abs(Date.now() - at) > YEAR ? "old" : "recent";
    const kind = "clock" in time.dataset ? "clock" : "hour" in time.dataset ? "hour" : far;
    time.title = time.title || time.textContent;
    time.textContent = FORMATS[kind].format(at);
  }
}

function parsed(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template;
}

// Replaces a part of the page, unless it is the same; who had the focus in it keeps it.
const shown = new Map();
function show(part, html) {
  const template = parsed(html);
  if (template.innerHTML === shown.get(part)) return;
  shown.set(part, template.innerHTML);
  const held = part.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  part.replaceChildren(template.content);
  localise(part);
  if (held !== null) part.querySelector(`[href="${CSS.escape(held)}"]`)?.focus();
}

function follow(address) {
  const events = new EventSource(address);
  events.addEventListener("changed", (event) => {
    for (const [name, html] of Object.entries(JSON.parse(event.data))) {
      const part = document.getElementById(`live-${name}`);
      if (part) show(part, html);
    }
  });
  events.addEventListener("over", () => events.close());
  window.addEventListener("pagehide", () => events.close());
}

// For what is done in a moment: the page is asked for again until it says that it is over.
async function again() {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const answer = await fetch(location.href).catch(() => null);
    if (!answer) continue;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.querySelector("main");
    if (!answer.ok || !main || main.dataset.live) continue;
    document.querySelector("main").replaceChildren(...main.childNodes);
    localise(document);
    return;
  }
}

for (const part of document.querySelectorAll("[id^=live-]")) shown.set(part, part.innerHTML);
localise(document);
const live = document.querySelector("main").dataset.live;
if (live === "again") again();
else if (live) follow(live);

// A form is sent once, however often its button is pressed.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});
