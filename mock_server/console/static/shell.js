// Requests as lines for a shell, which do what they say wherever they are pasted.

/** @typedef {{method: string, target: string, headers: Record<string, string[]>, requestBody: any, keyName: string | null}} Noted */

const KEY = /^dft?_[A-Za-z0-9_-]{1,200}$/;
const MASKED = /^Bearer dft?_\*\*\*$/i;
const NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** What curl sends by itself, or what is about the connection and not about the request. */
const OWN = new Set([
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/** One word for a shell: whatever is in the text, it is neither run nor seen by a terminal. @param {string} text */
export function shellQuoted(text) {
  if (/^[\w:/.,@%+=-]+$/.test(text)) return text;
  // Control characters can end a paste, and others turn the direction of what is seen.
  if (/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(text)) return `$'${escaped(text)}'`;
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * A request that the journal has. A token that it does not tell is taken from the variable DATAFAST_KEY, other
 * secrets and bodies that are not kept as a whole are left out.
 * @param {Noted} noted @param {string} origin
 */
export function notedAsCurl({ method, target, headers, requestBody, keyName }, origin) {
  const words = ["curl"];
  if (method === "HEAD") words.push("--head");
  else if (method !== "GET") words.push("-X", shellQuoted(method));
  // Dots and brackets are curl's to interpret, else.
  if (/\/\.{1,2}(?:[/?]|$)/.test(target)) words.push("--path-as-is");
  if (/[[\]{}]/.test(target)) words.push("--globoff");
  for (const [name, values] of Object.entries(headers)) {
    if (OWN.has(name) || !NAME.test(name)) continue;
    for (const value of values) words.push(...header(name, value, keyName));
  }
  const { text, encoding, cut } = requestBody ?? { text: "", encoding: null, cut: false };
  if (text && encoding === null && !cut && !text.includes("\0")) words.push("--data-raw", shellQuoted(text));
  words.push(shellQuoted(origin + target));
  return words.join(" ");
}

/** @param {string} name @param {string} value @param {string | null} keyName */
function header(name, value, keyName) {
  if (name === "authorization" && MASKED.test(value)) {
    if (keyName !== null && KEY.test(keyName)) return ["-H", shellQuoted(`${name}: Bearer ${keyName}`)];
    return ["-H", `"${name}: Bearer $DATAFAST_KEY"`];
  }
  if (value.includes("***")) return [];
  // A header without a value is one that curl leaves out, but for this.
  return ["-H", shellQuoted(value === "" ? `${name};` : `${name}: ${value}`)];
}

/** @param {string} text */
function escaped(text) {
  return [...new TextEncoder().encode(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      return /[\w :/.,@%+=-]/.test(character) && byte < 128
        ? character
        : `\\x${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
}
