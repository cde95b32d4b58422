/* What is typed into a form of the staff pages stays in this tab until the platform says that it is saved: a cut network, an
   expired sign-in or a server's error loses nothing. It lies in the tab's own storage, which ends with the tab, and goes at
   sign-out. Passwords and files are never kept. The pages work without this file. */
"use strict";

(() => {
  const PREFIX = "kept:";
  const person = document.currentScript.dataset.person;
  const NEVER = new Set(["password", "file", "hidden", "submit", "button", "reset", "image", "search"]);

  function entries() {
    const found = [];
    for (let place = 0; place < sessionStorage.length; place += 1) {
      const key = sessionStorage.key(place);
      if (key.startsWith(PREFIX)) {
        try {
          found.push({ key, ...JSON.parse(sessionStorage.getItem(key)) });
        } catch {
          sessionStorage.removeItem(key);
        }
      }
    }
    return found;
  }

  function forget(entry) {
    sessionStorage.removeItem(entry.key);
  }

  /* The platform names each form that it saved in a cookie, which is read once. */
  function forgetWhatIsSaved() {
    for (const [, token] of document.cookie.matchAll(/(?:^|; )saved-([0-9a-f]+)=/g)) {
      entries().filter((entry) => entry.token === token).forEach(forget);
      document.cookie = `saved-${token}=; path=/; max-age=0; samesite=lax`;
    }
  }

  /* A form's fields as [name, value, text shown]; boxes only where they are ticked. */
  function typed(form) {
    const fields = [];
    for (const field of form.elements) {
      if (!field.name || field.disabled || NEVER.has(field.type) || field.name.includes("__prefix__")) {
        continue;
      }
      if (field.type === "checkbox" || field.type === "radio") {
        if (field.checked) {
          fields.push([field.name, field.value, ""]);
        }
      } else if (field.tagName === "SELECT") {
        for (const option of field.selectedOptions) {
          fields.push([field.name, option.value, option.text]);
        }
      } else {
        fields.push([field.name, field.value, ""]);
      }
    }
    return fields;
  }

  function value(form, name) {
    return form.elements[name] ? form.elements[name].value : "";
  }

  /* Rows below the form that were added by hand, so that as many can be added again. */
  function rows(form) {
    const totals = {};
    for (const field of form.querySelectorAll('input[name$="-TOTAL_FORMS"]')) {
      totals[field.name] = Number(field.value);
    }
    return totals;
  }

  function addRows(form, totals) {
    for (const [name, total] of Object.entries(totals)) {
      const group = document.getElementById(`${name.replace("-TOTAL_FORMS", "")}-group`);
      const add = group && group.querySelector(".add-row a");
      for (let turn = 0; add && turn < 200 && Number(value(form, name)) < total; turn += 1) {
        add.click();
      }
    }
  }

  function fill(form, fields) {
    const wanted = new Map();
    for (const [name, own, text] of fields) {
      wanted.set(name, [...(wanted.get(name) || []), [own, text]]);
    }
    for (const field of form.elements) {
      if (!field.name || NEVER.has(field.type) || field.name.includes("__prefix__")) {
        continue;
      }
      const values = wanted.get(field.name) || [];
      if (field.type === "checkbox" || field.type === "radio") {
        field.checked = values.some(([own]) => own === field.value);
      } else if (field.tagName === "SELECT") {
        choose(field, values);
      } else if (values.length) {
        field.value = values[0][0];
      }
    }
  }

  function choose(menu, values) {
    for (const [own, text] of values) {
      if (![...menu.options].some((option) => option.value === own)) {
        menu.add(new Option(text, own));
      }
    }
    for (const option of menu.options) {
      option.selected = values.some(([own]) => own === option.value);
    }
    if (window.django && window.django.jQuery) {
      window.django.jQuery(menu).trigger("change"); // the menus that select2 draws look again
    }
  }

  class Keeper {
    constructor(form) {
      this.form = form;
      this.token = value(form, "_form");
      this.key = `${PREFIX}${person}:${this.token}`;
      this.opened = JSON.stringify(typed(form));
      this.address = location.pathname.replace(/^\/[a-z]{2}\//, "/");
    }

    begin() {
      const refused = document.querySelector(".errornote") !== null;
      if (refused) {
        this.keep(); // what was typed came back with the page
      } else {
        this.offer();
      }
      let waiting = 0;
      const soon = () => {
        clearTimeout(waiting);
        waiting = setTimeout(() => this.keepIfChanged(), 300);
      };
      this.form.addEventListener("input", soon);
      this.form.addEventListener("change", soon);
      this.form.addEventListener("submit", () => this.keepIfChanged());
      window.addEventListener("pagehide", () => this.keepIfChanged());
    }

    keepIfChanged() {
      if (JSON.stringify(typed(this.form)) !== this.opened) {
        this.keep();
      }
    }

    keep() {
      const kept = {
        token: this.token,
        person,
        address: this.address,
        version: value(this.form, "_version"),
        openedAt: value(this.form, "_opened_at"),
        at: Date.now(),
        fields: typed(this.form),
        rows: rows(this.form),
      };
      try {
        sessionStorage.setItem(this.key, JSON.stringify(kept));
      } catch {
        // the tab's storage is full: then the form is as safe as any other
      }
    }

    offer() {
      const mine = entries().filter((entry) => entry.address === this.address && entry.token !== this.token);
      const latest = mine.sort((one, other) => other.at - one.at)[0];
      const template = document.getElementById("kept");
      if (!latest || !template) {
        return;
      }
      const note = template.content.firstElementChild.cloneNode(true);
      const time = note.querySelector("time");
      const at = new Date(latest.at);
      time.dateTime = at.toISOString();
      const there = new Date(latest.at + Number(document.body.dataset.adminUtcOffset || 0) * 1000); // the commune's own clock
      time.textContent = there.toLocaleTimeString("fr", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });
      note.querySelector("[data-kept=newer]").hidden = latest.version === value(this.form, "_version");
      note.querySelector("[data-kept=take]").addEventListener("click", () => this.takeBack(latest, mine, note));
      note.querySelector("[data-kept=discard]").addEventListener("click", () => {
        mine.forEach(forget);
        note.remove();
      });
      this.form.before(note);
    }

    /* The form again as it was typed, on the version it was opened from: what others saved since is shown when it is sent. */
    takeBack(entry, all, note) {
      addRows(this.form, entry.rows);
      fill(this.form, entry.fields);
      for (const [name, own] of [["_version", entry.version], ["_opened_at", entry.openedAt]]) {
        if (own && this.form.elements[name]) {
          this.form.elements[name].value = own;
        }
      }
      this.keep();
      all.forEach(forget);
      note.remove();
      this.form.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    }
  }

  if (person) {
    entries().filter((entry) => entry.person !== person).forEach(forget); // another person signed in
  }
  forgetWhatIsSaved();
  document.getElementById("logout-form")?.addEventListener("submit", () => entries().forEach(forget));
  const token = document.querySelector('form input[name="_form"]');
  if (token && person) {
    const begin = () => new Keeper(token.form).begin();
    if (window.django && window.django.jQuery) {
      window.django.jQuery(begin); // after Django has made its rows and menus
    } else {
      begin();
    }
  }
})();
