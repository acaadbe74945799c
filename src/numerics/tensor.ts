/**
 * Shapes and spaces of tensors. In `sample` space a tensor has one value a row of the batch: shape `[1, channels,
 * positions]`, with the batch axis implied. In `weight` space it exists once: filters `[filters, channels / groups,
 * taps]`, a vector a channel `[1, channels, 1]`, scalars `[1, 1, 1]`.
 */
export type Shape = readonly [number, number, number];
export type Space = "sample" | "weight";
export interface TensorType {
  readonly space: Space;
  readonly shape: Shape;
}

export const size = (shape: Shape): number => shape[0] * shape[1] * shape[2];
export const sameShape = (a: Shape, b: Shape): boolean => a[0] === b[0] && a[1] === b[1] && a[2] === b[2];
export const sameType = (a: TensorType, b: TensorType): boolean =>
  a.space === b.space && sameShape(a.shape, b.shape);
export const showType = (t: TensorType): string =>
  `${t.space === "sample" ? "n " : ""}[${t.shape.slice(t.space === "sample" ? 1 : 0).join(", ")}]`;
