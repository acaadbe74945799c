/** A program that computes the golden stream of a network in C and compares the checksum of its answers. */
import { GOLDEN, goldenSamples, unitsOf } from "../sheet.ts";
import { double } from "./literals.ts";
import type { Names } from "./names.ts";
import type { Streamed } from "./streamText.ts";

export function streamTestText(
  s: Streamed,
  { name, macro, sample }: Names,
  header: string,
  golden: number,
): string {
  const units = Array.from(
    { length: s.channels },
    (_, c) => `{${unitsOf(s.preparation, c).map(double).join(", ")}}`,
  );
  return `/* The golden stream of ${name}: cc -std=c99 -O2 ${name}.c ${name}_test.c -lm && ./a.out */
#include "${header}"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif

static ${name}_stream stream;
static ${sample} sample[${macro}_CHANNELS];
static float outputs[${macro}_STREAM_ANSWERS * ${macro}_OUTPUTS];

int main(void) {
  static const double units[${s.channels}][2] = {${units.join(", ")}};
  uint32_t state = ${GOLDEN}u, hash = 0x811c9dc5u;
  long answers = 0;
  memset(&stream, 0xff, sizeof stream);
  ${name}_stream_init(&stream);
  for (long k = 0; k < ${goldenSamples(s)}l; k++) {
    int found;
    for (int i = 0; i < ${macro}_CHANNELS; i++) {
      state = state * 1664525u + 1013904223u;
      const double y = units[i][1] * ((double)state / 1073741824.0 - 2.0);
      sample[i] = (${sample})(units[i][0] + y);
    }
    found = ${name}_stream_push(&stream, sample, outputs);
    if (found < 0) {
      printf("sample %ld of the golden stream is refused\\n", k);
      return 1;
    }
    answers += found;
    for (int i = 0; i < found * ${macro}_OUTPUTS; i++) {
      uint32_t word;
      memcpy(&word, outputs + i, 4);
      hash = (hash ^ (outputs[i] != outputs[i] ? 0x7fc00000u : word)) * 0x01000193u;
    }
  }
  if (hash != ${golden}u) {
    printf("the golden stream has outputs with checksum %lu; it is %lu\\n", (unsigned long)hash, ${golden}lu);
    return 1;
  }
  printf("%ld answers of the golden stream: equal bits\\n", answers);
  return 0;
}
`;
}
