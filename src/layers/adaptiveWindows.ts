/** The windows of adaptive pools: as many as are asked for, of any length. */

/** Positions (some outside the signal, where it is padded) that each output pools. */
export type Windows = readonly (readonly number[])[];

/** Window i of n is floor(i length / n) up to ceil((i + 1) length / n), as PyTorch cuts them; they may overlap. */
export const adaptiveWindows = (length: number, n: number): Windows =>
  Array.from({ length: n }, (_, i) => {
    const first = Math.floor((i * length) / n);
    return Array.from({ length: Math.ceil(((i + 1) * length) / n) - first }, (_unused, k) => first + k);
  });
