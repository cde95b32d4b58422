/* Passkeys: hands what the server asks to the browser's own dialogue, and its answer back in the form. Without this file,
   or without a browser that knows passkeys, the forms stay hidden and codes do. The conversion is allauth's webauthn-json. */
"use strict";

async function optionsOf(form) {
  const embedded = document.getElementById(form.dataset.options);
  if (embedded) {
    return JSON.parse(embedded.textContent);
  }
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) {
    throw new Error(`the server answered ${answer.status}`);
  }
  return answer.json();
}

async function credentialFor(form) {
  const options = await optionsOf(form);
  return form.dataset.passkey === "add"
    ? window.webauthnJSON.create(options.creation_options)
    : window.webauthnJSON.get(options.request_options);
}

async function ask(event) {
  const form = event.target;
  event.preventDefault();
  const failed = form.querySelector("[data-passkey-failed]");
  failed.hidden = true;
  try {
    form.elements.credential.value = JSON.stringify(await credentialFor(form));
    form.submit();
  } catch {
    failed.hidden = false;
  }
}

const knowsPasskeys = Boolean(window.PublicKeyCredential && window.webauthnJSON);
for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.hidden = !knowsPasskeys;
  form.addEventListener("submit", ask);
}
for (const note of document.querySelectorAll("[data-passkey-missing]")) {
  note.hidden = knowsPasskeys;
}
