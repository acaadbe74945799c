/** The engines of streams from plain data: what a plan says and where its program has what. Nothing here compiles. */
import type { Scales } from "../../vector/arena.ts";
import { Chunks, type ChunkSheet } from "./chunks.ts";
import type { Engine } from "./engine.ts";
import type { Arena } from "./frames.ts";
import { OverlapEngine } from "./overlapEngine.ts";
import { PositionEngine } from "./positions.ts";
import { WindowEngine, type WholeSheet, type WindowOptions } from "./windows.ts";

/** What an engine is made of beside its program. */
export type EngineSheet =
  | { readonly by: "positions"; readonly chunks: ChunkSheet; readonly scales: Scales | null }
  | {
      readonly by: "overlap";
      readonly chunks: ChunkSheet;
      readonly hop: number;
      readonly lead: number;
      readonly length: number;
      readonly scales: Scales | null;
    }
  | ({ readonly by: "windows"; readonly whole: WholeSheet } & WindowOptions);

/** An engine on a program that is loaded and has its weights. */
export function engineOf(sheet: EngineSheet, arena: Arena): Engine {
  switch (sheet.by) {
    case "positions":
      return new PositionEngine(new Chunks(sheet.chunks, arena), sheet.scales);
    case "overlap":
      return new OverlapEngine(new Chunks(sheet.chunks, arena), sheet);
    case "windows":
      return new WindowEngine(sheet.whole, sheet, arena);
  }
}
