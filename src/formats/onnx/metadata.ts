/** Where a file of ours has what is not in its graph. */

/** Metadata of ours begin so; what follows is as in a model file. */
export const PREFIX = "toeplitz.";
/** The SHA-256 of the graph as it was written. */
export const GRAPH_KEY = `${PREFIX}graph`;
