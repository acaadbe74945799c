/** The architectures by name, for the command line and for `architectures.fcn(train)`. */
export { chain } from "./chain.ts";
export { fcn } from "./fcn.ts";
export { mnist1dCnn } from "./mnist1dCnn.ts";
