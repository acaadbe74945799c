/**
 * The mathematics of the system in readable f64: the package's subpath `toeplitz/operators`.
 *
 * @module toeplitz/operators
 */
export * from "./activations.ts";
export * from "./chain.ts";
export * from "./convolution.ts";
export * from "./fastProducts.ts";
export * from "./indexMap.ts";
export * from "./jacobians.ts";
export type { IndexMap } from "./sizes.ts";
export * from "./toomCook.ts";
