/** The architectures by name, for the command line and for `architectures.fcn(train)`. */
export { chain, type ChainActivation, type ChainOptions } from "./chain.ts";
export { fcn } from "./fcn.ts";
export { inception } from "./inception.ts";
export { lite } from "./lite.ts";
export { m5, type M5Options } from "./m5.ts";
export { mnist1dCnn } from "./mnist1dCnn.ts";
export { resnet } from "./resnet.ts";
export { tcn, type TcnOptions } from "./tcn.ts";
export { unet1d, type Unet1dOptions } from "./unet1d.ts";
export { wavenet, type WavenetOptions } from "./wavenet.ts";
export type { Task } from "./task.ts";
