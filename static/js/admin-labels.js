/* Names that Django's own widgets leave out for those who listen to a page: the menus that select2 draws, and the search
   field's picture, whose text is English in every language. The page works without this file. */
"use strict";

function nameMenu(menu) {
  const label = document.querySelector(`label[for="${CSS.escape(menu.id)}"]`);
  const words = label ? label.textContent.trim() : menu.getAttribute("aria-label");
  const drawn = menu.parentElement.querySelector(".select2-container");
  if (!words || !drawn) {
    return;
  }
  for (const part of drawn.querySelectorAll('[role="combobox"], [role="textbox"], [role="searchbox"]')) {
    const shown = part.classList.contains("select2-selection--single") ? part.textContent.trim() : "";
    part.removeAttribute("aria-labelledby");
    part.setAttribute("aria-label", shown ? `${words} ${shown}` : words);
  }
}

function nameAll(root) {
  root.querySelectorAll("select.admin-autocomplete").forEach(nameMenu);
}

function nameSearch() {
  const picture = document.querySelector('label[for="searchbar"] img');
  const button = document.querySelector("#changelist-search input[type=submit]");
  if (picture && button) {
    picture.alt = button.value;
    document.getElementById("searchbar").setAttribute("aria-label", button.value);
  }
}

document.addEventListener("DOMContentLoaded", nameSearch);
if (window.django && window.django.jQuery) {
  const $ = window.django.jQuery;
  $(() => nameAll(document)); // after select2 has drawn, which waits for the same moment and asked first
  $(document).on("formset:added", (event) => nameAll(event.target));
  $(document).on("change", "select.admin-autocomplete", (event) => nameMenu(event.target));
}
