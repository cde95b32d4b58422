/* Work that goes on elsewhere: looks again every few seconds how far it is. Without this file a person follows the link. */
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const work = document.querySelector("[data-look-again]");
  if (work) {
    window.setTimeout(() => window.location.reload(), 1000 * Number(work.dataset.lookAgain));
  }
});
