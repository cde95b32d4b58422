/* The prior assessment: a cell is opened and saved without reloading, keys go through the grid as one sees it, and nothing that
   was typed is lost where the platform cannot be reached. The page works without this file: each cell is a link, each form a form. */
"use strict";

(() => {
  const place = document.getElementById("assessment");
  if (!place || !window.fetch) {
    return;
  }
  let current = "";
  let opened = "";
  let busy = false;

  const work = () => place.querySelector(".assessment");
  const panel = () => place.querySelector(".cell-panel");
  const form = () => place.querySelector(".cell-form");
  const cells = () => [...place.querySelectorAll("#cells a[data-cell]")];
  const cellOf = (name) => cells().find((one) => one.dataset.cell === name);
  const chosen = () => cells().find((one) => one.getAttribute("aria-current"));
  const isNarrow = () => window.matchMedia("(max-width: 1023px)").matches;

  function typed() {
    const own = form();
    return own ? new URLSearchParams(new FormData(own)).toString() : "";
  }

  /* One tab stop: the cell one was at last, in the beginning the one at hand. */
  function settle() {
    const table = document.getElementById("cells");
    table.setAttribute("role", "grid");
    const here = cellOf(current) || chosen() || cells()[0];
    current = here.dataset.cell;
    for (const one of cells()) {
      one.tabIndex = one === here ? 0 : -1;
    }
    for (const hint of place.querySelectorAll(".keys")) {
      hint.hidden = false;
    }
    opened = typed();
    showRisk();
  }

  function goTo(link) {
    if (!link) {
      return;
    }
    current = link.dataset.cell;
    for (const one of cells()) {
      one.tabIndex = one === link ? 0 : -1;
    }
    link.focus();
  }

  function showRisk() {
    const own = form();
    const shown = own && own.querySelector("[data-risk]");
    if (!shown) {
      return;
    }
    const value = (name) => Number((own.querySelector(`[name=${name}]:checked`) || {}).value || 0);
    shown.textContent = value("severity") * value("likelihood") || "–";
  }

  /* Asking and sending ---------------------------------------------------------------------------------------------------- */

  function complain(words) {
    const old = place.querySelector(".assessment-unsaved");
    const note = old || document.createElement("p");
    note.className = "assessment-unsaved";
    note.setAttribute("role", "alert");
    note.textContent = words;
    panel().querySelector("header").after(note);
    note.scrollIntoView({ block: "nearest" });
  }

  async function ask(address, sent) {
    busy = true;
    work().setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, {
        method: sent ? "POST" : "GET",
        body: sent,
        headers: { "X-Part": "work" },
        credentials: "same-origin",
      });
      const there = answer.headers.get("X-Address");
      if (!there) {
        complain(answer.redirected ? place.dataset.signedOut : place.dataset.unsaved);
        return null;
      }
      place.innerHTML = await answer.text();
      if (new URL(there, location.href).href !== location.href) {
        history.pushState({}, "", there);
      }
      current = new URL(there, location.href).searchParams.get("cell") || current;
      settle();
      return answer;
    } catch {
      complain(place.dataset.unsaved);
      return null;
    } finally {
      busy = false;
      if (work()) {
        work().removeAttribute("aria-busy");
      }
    }
  }

  /* Where one goes on to; what was typed here is saved on the way. */
  async function open(name) {
    if (opened !== typed()) {
      const data = new FormData(form());
      data.set("then", name);
      data.set("act", "save");
      return send(form().action, data);
    }
    const link = cellOf(name);
    return ask(link ? link.href : location.href);
  }

  async function send(address, data) {
    const answer = await ask(address, data);
    if (answer && !answer.ok) {
      const first = place.querySelector(".refused, .errorlist");
      (first ? first.closest("form, .refused") : panel()).scrollIntoView({ block: "nearest" });
    }
    return answer;
  }

  function focusOn(...wanted) {
    const first = wanted.map((one) => panel().querySelector(one)).find(Boolean);
    if (first) {
      first.focus();
    }
  }

  function intoPanel() {
    if (isNarrow()) {
      window.scrollTo(0, 0);
      panel().querySelector("h2").focus();
      return;
    }
    focusOn("[name=effect]:checked", "[name=effect]", ".panel-foot a");
  }

  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (busy) {
      return;
    }
    const sent = new FormData(event.target);
    const button = event.submitter;
    sent.set("act", button && button.name === "act" ? button.value : "save");
    const answer = await send(event.target.action, sent);
    if (answer && answer.ok) {
      intoPanel();
    }
  });

  place.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-cell]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!link || !plain) {
      return;
    }
    event.preventDefault();
    if (busy) {
      return;
    }
    if (await open(link.dataset.cell)) {
      intoPanel();
    }
  });

  place.addEventListener("change", showRisk);

  /* Back and forward: what was typed is saved on the way here too. */
  window.addEventListener("popstate", () => open(new URL(location.href).searchParams.get("cell") || ""));

  window.addEventListener("beforeunload", (event) => {
    if (form() && opened !== typed()) {
      event.preventDefault();
    }
  });

  /* Keys ------------------------------------------------------------------------------------------------------------------ */

  /* Arrows follow what is seen: in a right-to-left page the next cell lies to the left. */
  function step(link, key) {
    const rows = [...document.querySelectorAll("#cells tbody tr")].map((row) => [...row.querySelectorAll("a[data-cell]")]);
    const row = rows.findIndex((one) => one.includes(link));
    const column = rows[row].indexOf(link);
    const onward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
    if (isNarrow()) {
      const way = { ArrowDown: 1, ArrowUp: -1 }[key] || 0;
      return rows[row][column + way];
    }
    if (key === "ArrowUp" || key === "ArrowDown") {
      return (rows[row + (key === "ArrowDown" ? 1 : -1)] || [])[column];
    }
    return rows[row][column + (key === onward ? 1 : -1)];
  }

  async function reply(link, effect) {
    if (link !== chosen() && !(await open(link.dataset.cell))) {
      return;
    }
    const radio = form() && form().querySelector(`[name=effect][value=${effect}]`);
    if (!radio) {
      return;
    }
    radio.checked = true;
    showRisk();
    if (effect !== "none") {
      focusOn("[name=severity]:checked", "[name=severity]");
      return;
    }
    const data = new FormData(form());
    data.set("act", "save");
    const here = current;
    const answer = await send(form().action, data);
    if (answer && answer.ok) {
      goTo(cellOf(here));
    }
  }

  const EFFECTS = { 0: "none", "٠": "none", "+": "positive", "-": "negative", "−": "negative" };

  place.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const link = event.target.closest("#cells a[data-cell]");
    if (!link) {
      if (event.key === "Escape" && event.target.closest(".cell-panel")) {
        goBack(event);
      }
      return;
    }
    if (event.key.startsWith("Arrow")) {
      event.preventDefault();
      goTo(step(link, event.key));
    } else if (event.key === "Home" || event.key === "End") {
      event.preventDefault();
      const row = [...link.closest("tr").querySelectorAll("a[data-cell]")];
      goTo(event.key === "Home" ? row[0] : row[row.length - 1]);
    } else if (event.key in EFFECTS && !busy) {
      event.preventDefault();
      reply(link, EFFECTS[event.key]);
    }
  });

  function goBack(event) {
    event.preventDefault();
    if (isNarrow()) {
      place.querySelector(".back a").click();
    } else {
      goTo(chosen());
    }
  }

  place.addEventListener("focusin", (event) => {
    const link = event.target.closest("#cells a[data-cell]");
    if (link && link.tabIndex !== 0) {
      goTo(link);
    }
  });

  settle();
})();
