/** The architectures by name, for the command line and for `architectures.fcn(train)`. */
export { chain } from "./chain.ts";
export { fcn } from "./fcn.ts";
export { inception } from "./inception.ts";
export { keyword } from "./keyword.ts";
export { lite } from "./lite.ts";
export { m5 } from "./m5.ts";
export { mnist1dCnn } from "./mnist1dCnn.ts";
export { resnet } from "./resnet.ts";
export { tcn } from "./tcn.ts";
export { unet1d } from "./unet1d.ts";
export { wavenet } from "./wavenet.ts";
export type { ChainActivation, ChainOptions } from "./chain.ts";
export type { KeywordOptions } from "./keyword.ts";
export type { M5Options } from "./m5.ts";
export type { TcnOptions } from "./tcn.ts";
export type { Unet1dOptions } from "./unet1d.ts";
export type { WavenetOptions } from "./wavenet.ts";
