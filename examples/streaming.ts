/** A machine listened to as it runs: a causal network answers each reading as it comes, and its answers become events. */
import { architectures, events, fit, fromArrays, intervals, optimizers, scoreEvents } from "toeplitz";
import { fastestBackend } from "toeplitz/node";
import { random, type Random } from "./random.ts";

/** Ten readings a second of a motor at rest, which now and then knocks or whines for some seconds. */
function motor(r: Random, length: number): { readonly sound: number[]; readonly state: string[] } {
  const sound: number[] = [];
  const state: string[] = [];
  while (sound.length < length) {
    const [now, readings] = [
      ["rest", 40 + Math.floor(160 * r())] as const,
      ["knock", 30 + Math.floor(20 * r())] as const,
      ["whine", 30 + Math.floor(20 * r())] as const,
    ][state.at(-1) === "rest" ? 1 + Math.floor(2 * r()) : 0];
    const end = Math.min(length, sound.length + readings);
    for (let t = sound.length; t < end; t++) {
      const knock = now === "knock" && t % 5 === 0 ? 3 : 0;
      const whine = now === "whine" ? Math.sin(1.9 * t) : 0;
      sound.push(knock + whine + 0.4 * r.normal());
      state.push(now);
    }
  }
  return { sound, state };
}

const r = random(5);
const rows = Array.from({ length: 64 }, () => motor(r, 256));
const train = fromArrays({ series: rows.map((x) => x.sound), labels: rows.map((x) => x.state) });
const { model } = await fit(architectures.tcn(train, { channels: 12, levels: 4, kernelSize: 3 }), train, {
  epochs: 12,
  batch: 16,
  seed: 0,
  optimizer: optimizers.adam({ learningRate: 0.01 }),
  backend: await fastestBackend(),
});

const stream = await model.stream();
console.log(stream.describe());

// an hour of readings, which come in a few at a time
const hour = motor(r, 36_000);
const detector = events({ threshold: 0.8, hold: 8, coolDown: 20, unknown: ["rest"] });
const found = [];
for (let from = 0; from < hour.sound.length; from += 7) {
  for (const answer of stream.push(hour.sound.slice(from, from + 7))) {
    const event = detector.take(answer);
    if (event !== null) found.push(event);
  }
}
const last = detector.finish();
if (last !== null) found.push(last);
const truth = intervals(hour.state).filter(({ label }) => label !== "rest");
const score = scoreEvents(found, truth, { samples: stream.samples, rate: 10, tolerance: 10 });
console.log(
  `an hour with ${truth.length} knocks and whines: ${score.found} found, ${score.falseAlarms} false alarms`,
);
const [first] = found;
console.log(
  `the first: ${first.label} from reading ${first.start} to ${first.end}, at most ${first.peak.toFixed(2)}`,
);

// the answers are those of a prediction of the whole hour, to the last bit where convolutions are computed directly
stream.reset();
const labels = Array.from(stream.push(hour.sound), ({ label }) => label);
const whole = (await model.withLength(hour.sound.length)).predict(hour.sound).labels ?? [];
const equal = labels.filter((label, t) => label === whole[t]).length;
console.log(`${equal} of ${whole.length} readings have the class that predict gives them`);
