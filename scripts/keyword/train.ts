/**
 * Spoken digits from raw audio, by a speaker that was never trained on: trains `keyword` on the other speakers, in noise, and
 * tells its accuracy. The recordings are public data beside the checkout (../shared/data/fsdd).
 *
 *   npx tsx scripts/keyword/train.ts [--held SPEAKER] [--epochs N] [--copies N] [--seed N] [--out FILE]
 */
import { parseArgs } from "node:util";
import { architectures, fit, optimizers, schedules } from "../../src/index.ts";
import { save } from "../../src/node.ts";
import { folder, isThere, RATE, recordings, rowsOf } from "./digits.ts";

const { values } = parseArgs({
  options: {
    held: { type: "string", default: "yweweler" },
    epochs: { type: "string", default: "30" },
    copies: { type: "string", default: "6" },
    seed: { type: "string", default: "0" },
    out: { type: "string", default: "keyword.safetensors" },
  },
});
if (!isThere()) {
  console.error(`skipped: there are no recordings in ${folder.pathname}`);
  process.exit(0);
}
const [epochs, copies, seed] = [values.epochs, values.copies, values.seed].map(Number);
const all = recordings();
const known = all.filter(({ speaker }) => speaker !== values.held);
const held = all.filter(({ speaker }) => speaker === values.held);
const train = rowsOf(known, copies, seed, [0.75, 1.3]);
const test = rowsOf(held, 1, seed + 1);
console.log(
  `${train.rows} rows of ${new Set(known.map(({ speaker }) => speaker)).size} speakers, ${test.rows} of ${values.held}`,
);

const begun = performance.now();
const run = await fit(architectures.keyword(train, { rate: RATE }), train, {
  epochs,
  batch: 32,
  seed,
  optimizer: optimizers.adamW({ learningRate: 3e-3, weightDecay: 0.01 }),
  schedule: schedules.cosine(),
  validation: 0.1,
  keep: "best",
  onEpoch: (e) =>
    process.stderr.write(
      `\repoch ${e.epoch} of ${epochs}: loss ${e.loss.toFixed(3)}, held back ${e.validation?.accuracy?.toFixed(3)}  `,
    ),
});
const { accuracy, confusion } = run.model.evaluate(test);
console.log(
  `\n${((performance.now() - begun) / 1000).toFixed(0)} s; accuracy on ${values.held}: ${accuracy.toFixed(4)}`,
);
console.log(JSON.stringify(confusion));
await save(run.model, values.out);
