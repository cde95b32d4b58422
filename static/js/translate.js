/* Translating side by side: the glossary and the difference follow the text that is being written, a key or a button puts a term
   at the caret, and keys go from gap to gap. Every key has a button, and the page works without this file. */
"use strict";

(() => {
  const form = document.getElementById("translation");
  const glossary = document.getElementById("glossary");
  const changed = document.getElementById("changed");
  const gaps = () => [...form.querySelectorAll("textarea[data-is-gap]")];
  let active = null;

  for (const hidden of document.querySelectorAll(".keys, .glossary-hint")) {
    hidden.hidden = false;
  }

  /* A field may lie in a folded part: the source's does. */
  function open(field) {
    const folded = field.closest("details");
    if (folded) {
      folded.open = true;
    }
    field.focus();
    field.scrollIntoView({ block: "center" });
  }

  function go(step) {
    const fields = gaps();
    if (!fields.length) {
      return;
    }
    const at = fields.indexOf(active);
    if (at >= 0) {
      open(fields[(at + step + fields.length) % fields.length]);
      return;
    }
    const after = fields.findIndex(
      (field) => active && active.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    if (step > 0) {
      open(fields[Math.max(after, 0)]);
    } else {
      open(fields[after > 0 ? after - 1 : fields.length - 1]);
    }
  }

  /* Terms ------------------------------------------------------------------------------------------------------------- */

  function offered() {
    return [...glossary.querySelectorAll("[data-term]")].filter((term) => !term.hidden);
  }

  function word(term) {
    const own = active && term.querySelector(`[data-language="${active.lang}"] dd`);
    return own ? own.textContent.trim() : "";
  }

  function insert(term) {
    const text = word(term);
    if (!text) {
      return;
    }
    active.focus();
    active.setRangeText(text, active.selectionStart, active.selectionEnd, "end");
    active.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function showTerms(row) {
    const own = new Set(row.dataset.terms.trim().split(" "));
    let place = 0;
    for (const term of glossary.querySelectorAll("[data-term]")) {
      term.hidden = !own.has(term.dataset.term);
      const button = term.querySelector(".insert");
      button.hidden = !word(term);
      place += term.hidden ? 0 : 1;
      term.querySelector(".glossary-key").textContent = !term.hidden && !button.hidden && place < 10 ? `Alt+${place}` : "";
    }
    const none = glossary.querySelector(".glossary-none");
    if (none) {
      none.hidden = place > 0;
    }
  }

  function showDifference(row) {
    const said = row.querySelector("[data-difference] .said");
    changed.hidden = !said;
    changed.querySelector(".changed-here").replaceChildren(...(said ? [said.cloneNode(true)] : []));
  }

  form.addEventListener("focusin", (event) => {
    if (!event.target.matches(".texts textarea")) {
      return;
    }
    active = event.target;
    const row = active.closest("tr.text");
    for (const other of form.querySelectorAll("tr.text.being-written")) {
      other.classList.remove("being-written");
    }
    row.classList.add("being-written");
    showTerms(row);
    showDifference(row);
  });

  form.addEventListener("click", (event) => {
    const button = event.target.closest(".insert");
    if (button && active) {
      insert(button.closest("[data-term]"));
    }
    const way = event.target.closest("[data-gap]");
    if (way) {
      event.preventDefault();
      go(way.dataset.gap === "next" ? 1 : -1);
    }
    const link = event.target.closest(".blockers a, .errornote a");
    const field = link && document.getElementById(link.hash.slice(1));
    if (field && field.matches("textarea")) {
      event.preventDefault();
      open(field);
    }
    if (event.target.closest(".blocked")) {
      event.preventDefault(); // what stands against it is listed above it
    }
  });

  /* What is being typed may be what was missing: the button saves first, and the platform says what still stands against it. */
  form.addEventListener("input", () => {
    for (const button of form.querySelectorAll(".blocked")) {
      button.removeAttribute("aria-disabled");
      button.classList.remove("blocked");
    }
  });

  document.addEventListener("keydown", (event) => {
    if (event.isComposing) {
      return;
    }
    if (event.ctrlKey && event.key === "Enter") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name=_save]"));
    } else if (event.altKey && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      go(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.altKey && /^Digit[1-9]$/.test(event.code) && active) {
      const term = offered()[Number(event.code.slice(5)) - 1];
      if (term) {
        event.preventDefault();
        insert(term);
      }
    }
  });

  const wanted = location.hash && document.getElementById(location.hash.slice(1));
  if (wanted && wanted.matches(".texts textarea")) {
    open(wanted);
  }
})();
