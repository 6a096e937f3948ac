/**
 * Passkeys: signing in with one on /login and /login/second, adding one on /account. Without the browser's support
 * the page stays as it is: password and printed code.
 */

import { show, typed } from "../ui/dom.js";

/** @typedef {{options: any, ticket: string}} Asked */

const NOT_DONE = "Ключ доступа не подтверждён. Попробуйте ещё раз или войдите другим способом.";
const NO_LINE = "Нет связи с сервером. Проверьте подключение и попробуйте ещё раз.";

class Refusal extends Error {}

/** @param {string} text base64url @returns {ArrayBuffer} */
function bytes(text) {
  const raw = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(raw, (sign) => sign.charCodeAt(0)).buffer;
}

/** @param {ArrayBuffer} buffer @returns {string} base64url */
function text(buffer) {
  const raw = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(raw).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** @param {any[]|undefined} list */
function descriptors(list) {
  return (list ?? []).map((one) => ({ ...one, id: bytes(one.id) }));
}

/**
 * @param {string} path
 * @param {string} csrf
 * @param {object} body
 * @returns {Promise<any>}
 */
async function send(path, csrf, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal(NO_LINE);
  }
  if (response.redirected) window.location.assign("/login");
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(answer.text ?? NOT_DONE);
  return answer;
}

/** What every answer begins with. @param {PublicKeyCredential} credential */
function named(credential) {
  return { id: credential.id, rawId: text(credential.rawId), type: credential.type };
}

/** @param {Asked} asked */
async function prove({ options }) {
  const credential = await navigator.credentials.get({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: descriptors(options.allowCredentials),
    },
  });
  if (!(credential instanceof PublicKeyCredential)) throw new Refusal(NOT_DONE);
  const response = /** @type {AuthenticatorAssertionResponse} */ (credential.response);
  return {
    ...named(credential),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      authenticatorData: text(response.authenticatorData),
      signature: text(response.signature),
      userHandle: response.userHandle ? text(response.userHandle) : undefined,
    },
  };
}

/** @param {Asked} asked */
async function make({ options }) {
  const credential = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: descriptors(options.excludeCredentials),
    },
  });
  if (!(credential instanceof PublicKeyCredential)) throw new Refusal(NOT_DONE);
  const response = /** @type {AuthenticatorAttestationResponse} */ (credential.response);
  return {
    ...named(credential),
    response: {
      clientDataJSON: text(response.clientDataJSON),
      attestationObject: text(response.attestationObject),
    },
  };
}

/** One try at a time; a "no" is told beside the button. @param {() => Promise<void>} act */
async function attempt(act) {
  const button = typed("passkey-button", HTMLButtonElement);
  const trouble = typed("passkey-trouble", HTMLElement);
  if (button.dataset.busy) return;
  button.dataset.busy = "yes";
  show(trouble, false);
  try {
    await act();
  } catch (error) {
    trouble.textContent = error instanceof Refusal ? error.message : NOT_DONE;
    show(trouble, true);
  } finally {
    delete button.dataset.busy;
  }
}

/** @param {HTMLElement} place */
function signIn(place) {
  const { csrf = "", next = "" } = place.dataset;
  show(place, true);
  typed("passkey-button", HTMLButtonElement).addEventListener("click", () =>
    attempt(async () => {
      const asked = await send("/login/passkey/options", csrf, {});
      const answer = await prove(asked);
      const { go } = await send("/login/passkey", csrf, { answer, ticket: asked.ticket, next });
      window.location.assign(go);
    }),
  );
}

/** @param {HTMLElement} place */
function add(place) {
  const { csrf = "" } = place.dataset;
  show(place, true);
  typed("passkey-form", HTMLFormElement).addEventListener("submit", (event) => {
    event.preventDefault();
    void attempt(async () => {
      const password = typed("passkey-password", HTMLInputElement).value;
      const title = typed("passkey-title", HTMLInputElement).value;
      const asked = await send("/account/passkeys/options", csrf, { password });
      const answer = await make(asked);
      const { go } = await send("/account/passkeys", csrf, { answer, ticket: asked.ticket, title });
      window.location.assign(go);
    });
  });
}

const place = document.getElementById("passkey");
const adding = document.getElementById("new-passkey");
if (window.PublicKeyCredential && place) signIn(place);
if (window.PublicKeyCredential && adding) add(adding);
