/** Numbers as C has them, exact: hexadecimal floats of C99. */
const floats = new Float32Array(1);
const words = new Int32Array(floats.buffer);

/** The float of some bits; one that is no number by its bits. */
export function floatLiteral(bits: number): string {
  words[0] = bits;
  const [x] = floats;
  if (!Number.isFinite(x)) return `to_float(0x${(bits >>> 0).toString(16)}u)`;
  return hexFloat(x);
}

/** A finite float, such as -0x1.8p+1f. */
export function hexFloat(x: number): string {
  if (Number.isInteger(x) && Math.abs(x) < 1e6) return `${Object.is(x, -0) ? "-0" : x}.0f`;
  floats[0] = x;
  const sign = words[0] < 0 ? "-" : "";
  const exponent = (words[0] >>> 23) & 0xff;
  const fraction = ((words[0] & 0x7fffff) << 1).toString(16).padStart(6, "0").replace(/0+$/, "");
  const point = fraction === "" ? "" : `.${fraction}`;
  const power = (exponent === 0 ? 1 : exponent) - 127;
  return `${sign}0x${exponent === 0 ? 0 : 1}${point}p${power < 0 ? "" : "+"}${power}f`;
}

/** A finite double: the shortest decimal number that is read back as it. */
export const double = (x: number): string => {
  const text = Object.is(x, -0) ? "-0" : String(x);
  return /[.e]/.test(text) ? text : `${text}.0`;
};

/** Text as a string literal: printable ASCII as it is, other bytes of UTF-8 in octal, which no digit after them changes. */
export const stringLiteral = (text: string): string =>
  `"${Array.from(new TextEncoder().encode(text), (b) =>
    b < 32 || b > 126 || b === 34 || b === 92 || b === 63
      ? `\\${b.toString(8).padStart(3, "0")}`
      : String.fromCharCode(b),
  ).join("")}"`;
