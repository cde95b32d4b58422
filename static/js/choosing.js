/* Two versions of one record: whoever writes a third text keeps that text. The page works without this file. */
"use strict";

document.addEventListener("input", (event) => {
  const name = event.target.name || "";
  if (name.startsWith("rewrite:")) {
    const field = CSS.escape(name.slice("rewrite:".length));
    const choice = document.querySelector(`input[name="keep:${field}"][value="rewrite"]`);
    if (choice) {
      choice.checked = true;
    }
  }
});
