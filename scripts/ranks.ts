/**
 * Proves what docs/distributed.md says of ranks: `npm run proof:ranks [bits] [kills [TIMES]] [network]`, all without words.
 * Wants mpirun of Open MPI or MPICH; the network wants root.
 */
import { bits } from "./ranks/bits.ts";
import { kills } from "./ranks/kills.ts";
import { network } from "./ranks/network.ts";
import { present } from "./ranks/shop.ts";

const words = process.argv.slice(2);
const isAsked = (part: string): boolean => words.length === 0 || words.includes(part);
const times = Number(words[words.indexOf("kills") + 1]) || 20;

if (present.length > 0) {
  if (isAsked("bits")) await bits();
  if (isAsked("kills")) await kills(times, 20);
  if (isAsked("network")) await network();
}
