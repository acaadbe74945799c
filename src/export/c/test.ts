/** A program that computes the golden rows of a network in C and compares checksums of its outputs. */
import { rawChannels } from "../../models/preparation.ts";
import { takesOf } from "../../models/takes.ts";
import { goldenRow, unitsOf, type Sheet } from "../sheet.ts";
import { double } from "./literals.ts";
import type { Names } from "./names.ts";

export function testText(sheet: Sheet, { name, macro, sample }: Names, header: string): string {
  const { preparation, input, golden } = sheet;
  const takes = takesOf(preparation, input);
  const channels = rawChannels(preparation, input.channels);
  const lengths = golden.map((_, k) => goldenRow(k, sheet).series.length / channels);
  const units = Array.from(
    { length: channels },
    (_, c) => `{${unitsOf(preparation, c).map(double).join(", ")}}`,
  );
  const missing = takes.missing === "filled" ? "k == 1 && at % 7 == 6" : "0";
  return `/* The golden rows of ${name}: cc -std=c99 -O2 ${name}.c ${name}_test.c -lm && ./a.out */
#include "${header}"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif

static ${name}_work work;
static ${name}_answer answer;
static ${sample} row[${macro}_CHANNELS * ${macro}_LENGTH];

static uint32_t checksum(const float *x, int count) {
  uint32_t hash = 0x811c9dc5u;
  for (int i = 0; i < count; i++) {
    uint32_t word;
    memcpy(&word, x + i, 4);
    hash = (hash ^ (x[i] != x[i] ? 0x7fc00000u : word)) * 0x01000193u;
  }
  return hash;
}

int main(void) {
  static const uint32_t golden[${golden.length}] = {${golden.map((g) => `${g}u`).join(", ")}};
  static const size_t lengths[${golden.length}] = {${lengths.join(", ")}};
  static const double units[${channels}][2] = {${units.join(", ")}};
  const double zero = ${takes.missing === "filled" ? "0.0" : "1.0"};
  int wrong = 0;
  for (int k = 0; k < ${golden.length}; k++) {
    uint32_t state = (uint32_t)k, found;
    size_t at = 0;
    for (int c = 0; c < ${channels}; c++)
      for (size_t t = 0; t < lengths[k]; t++, at++) {
        state = state * 1664525u + 1013904223u;
        const double x = k == 3 ? 1.0 : (double)state / 1073741824.0 - 2.0, y = units[c][1] * x;
        row[at] = ${missing} ? (${sample})(zero / zero) : (${sample})(units[c][0] + y);
      }
    memset(&work, 0xff, sizeof work);
    if (${name}_predict(&work, row, lengths[k], &answer) != ${macro}_OK) {
      printf("golden row %d is refused\\n", k);
      wrong++;
      continue;
    }
    found = checksum(answer.outputs, ${macro}_OUTPUTS);
    if (found == golden[k]) continue;
    printf("golden row %d has outputs with checksum %lu; it is %lu\\n", k, (unsigned long)found, (unsigned long)golden[k]);
    wrong++;
  }
  if (wrong == 0) printf("%d golden rows: equal bits\\n", ${golden.length});
  return wrong > 0;
}
`;
}
