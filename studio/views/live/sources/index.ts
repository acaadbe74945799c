/** Where samples come from: one table. What a browser lacks is said by name. */
import { microphone } from "./microphone.ts";
import { motion } from "./motion.ts";
import { played } from "./played.ts";
import { serial } from "./serial.ts";
import { socket } from "./socket.ts";
import type { Source } from "./source.ts";

export const sources = { played, microphone, motion, serial, socket } satisfies Readonly<
  Record<string, Source>
>;
export type SourceName = keyof typeof sources;
