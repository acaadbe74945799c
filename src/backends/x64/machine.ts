/** What a processor offers: register size and count. */
import { registers16Wide, registers32, type Schedule } from "../../vector/schedule.ts";
import type { Width } from "./assembler.ts";

export interface Machine {
  readonly name: "avx2" | "avx512";
  readonly width: Width;
  readonly registers: number;
  readonly schedule: Schedule;
}

export const avx2: Machine = { name: "avx2", width: 256, registers: 16, schedule: registers16Wide };
export const avx512: Machine = { name: "avx512", width: 512, registers: 32, schedule: registers32 };
export const partsOf = ({ width }: Machine): number => 512 / width;
