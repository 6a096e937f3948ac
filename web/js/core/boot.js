/** What the server wrote into the page, and the page's own identity. */

import { useZone } from "./format.js";

/** @typedef {import("./wire.js").Boot} Boot */

/** Read once, at the page's start; from then on its times are the school's. @returns {Boot} */
export function readBoot() {
  const element = document.getElementById("boot");
  if (!element?.textContent) throw new Error("the page has no boot data");
  const boot = /** @type {Boot} */ (JSON.parse(element.textContent));
  useZone(boot.zone);
  return boot;
}

/** 128 random bits; works on plain http too, where crypto.randomUUID is absent. @returns {string} */
export function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The id of this tab: survives a reload, not a closed tab. @returns {string} */
export function tabId() {
  try {
    const known = sessionStorage.getItem("tab");
    if (known) return known;
    const fresh = randomId();
    sessionStorage.setItem("tab", fresh);
    return fresh;
  } catch {
    return randomId();
  }
}

/** The id of this browser, kept for good; null where storage is forbidden. @returns {string|null} */
export function deviceId() {
  try {
    const known = localStorage.getItem("device");
    if (known && /^[\w-]{8,64}$/.test(known)) return known;
    const fresh = randomId();
    localStorage.setItem("device", fresh);
    return fresh;
  } catch {
    return null;
  }
}

/**
 * A flag kept for the life of the tab; silently absent where storage is forbidden.
 * @param {string} name
 * @param {string|null} [value] written when given, null erases
 * @returns {string|null}
 */
export function tabFlag(name, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(name);
    if (value === null) sessionStorage.removeItem(name);
    else sessionStorage.setItem(name, value);
    return value;
  } catch {
    return null;
  }
}
