/** Base64 of bytes, in the core: Node's Buffer and browsers' btoa are not everywhere. */
const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

export function base64(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 3) {
    const word = (bytes[i] << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    const digit = (shift: number): string => DIGITS[(word >> shift) & 63];
    const left = bytes.length - i;
    parts.push(digit(18), digit(12), left > 1 ? digit(6) : "=", left > 2 ? digit(0) : "=");
  }
  return parts.join("");
}
