/** What all C files have in common: how they and their headers begin, comments, lists, and helpers of kernels. */
import type { Names } from "./names.ts";

/** Text of a model within a comment. */
export const comment = (text: string): string =>
  text
    .replaceAll(/[^\x20-\x7e]/g, "?")
    .replaceAll("*/", "* /")
    .replaceAll("/*", "/ *");

/** Numbers of a list, in lines of it. */
export function* lines(numbers: readonly string[]): Generator<string> {
  let line = "";
  for (const number of numbers) {
    if (line.length + number.length > 118) {
      yield line;
      line = "";
    }
    line += `${line === "" ? "  " : " "}${number},`;
  }
  yield line;
}

/** What every file begins with. */
export const PRELUDE = `#include <float.h>
#include <math.h>
#include <stdint.h>

/* Each operation is rounded by itself: no multiply-add, no wider registers, no reassociation. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("fp-contract=off")
#else
#pragma STDC FP_CONTRACT OFF
#endif
#if defined(__FAST_MATH__)
#error "-ffast-math changes the results of this file: compile it without"
#endif
#if FLT_EVAL_METHOD != 0
#error "floats are kept wider than they are: compile with -msse2 -mfpmath=sse, or for another processor"
#endif

/* GCC 12 at -O1 takes calls for needless that are not (modref): it is to see each function by itself. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 8
#define APART __attribute__((noipa))
/* A loop that stays one: its floats are read one by one as they were written. */
#define ROLLED _Pragma("GCC unroll 1")
#else
#define APART
#define ROLLED
#endif
`;

/** What stands before the kernels of a float network, whose vectors are written out. */
export const AS_WRITTEN = `/* Sums keep their order, so GCC at -O3 is slower where it makes vectors of loops beside those that are written out. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-vectorize")
#endif
`;

/** Functions that kernels call, by their names; those that are called are written. */
const HELPERS: Readonly<Record<string, string>> = {
  to_bits: `static inline uint32_t to_bits(float x) {
  union { float f; uint32_t u; } both;
  both.f = x;
  return both.u;
}
`,
  to_float: `static inline float to_float(uint32_t x) {
  union { float f; uint32_t u; } both;
  both.u = x;
  return both.f;
}
`,
  shift_signed: `static inline uint32_t shift_signed(uint32_t x, int count) {
  return x >> count | (0u - (x >> 31)) << (32 - count);
}
`,
};

export const helpersFor = (text: string): string[] =>
  Object.entries(HELPERS).flatMap(([name, code]) => (text.includes(`${name}(`) ? [code] : []));

/** How a header begins; `of` is what its numbers are of. */
export const headerStart = (
  { name, macro, sample }: Names,
  of: "row" | "sample",
): string => `#ifndef ${macro}_H
#define ${macro}_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The numbers of a ${of}: double, or float where it is defined so before this file is included, there and in ${name}'s own. */
#ifndef ${sample}
#define ${sample} double
#endif
`;

export const HEADER_END = `
#ifdef __cplusplus
}
#endif

#endif
`;
