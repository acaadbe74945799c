import { afterEach, describe, expect, it, vi } from "vitest";
import { architectures, fit, fromArrays } from "../../src/index.ts";
import { wasm } from "../../src/backends/wasm/wasm.ts";
import { isMainThread, slowBackendNote, slowStepNote } from "../../src/training/notes.ts";

const data = fromArrays({
  series: Array.from({ length: 32 }, (_, n) => Array.from({ length: 40 }, (_v, t) => (n % 2 ? t : -t))),
  labels: Array.from({ length: 32 }, (_, n) => n % 2),
});
const few = { steps: 6, batch: 16 } as const;
const chain = architectures.chain(data, { filters: [3] });

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** A page whose policy forbids compiling. */
function forbid(message: string): void {
  vi.spyOn(WebAssembly, "Module").mockImplementation(function refuse() {
    throw new WebAssembly.CompileError(message);
  });
}

describe("a place that forbids WebAssembly", () => {
  it("is told by wasm's own reason, which names the policy and the remedy", () => {
    expect(wasm.unavailable()).toBeNull();
    forbid("WebAssembly.Module(): Wasm code generation disallowed by embedder");
    expect(wasm.unavailable()).toBe(
      "WebAssembly may not be compiled here (WebAssembly.Module(): Wasm code generation disallowed by embedder); " +
        "a page's content security policy allows it by 'wasm-unsafe-eval' in script-src",
    );
  });

  it("gets the reference back end and the same bits, with one note; asked for by name there is none", async () => {
    const expected = await fit(chain, data, few);
    expect(expected.backend).toBe("wasm");
    forbid("no");
    const onNote = vi.fn();
    const run = await fit(chain, data, { ...few, onNote });
    expect([run.backend, run.weightsSha256]).toEqual(["reference", expected.weightsSha256]);
    expect(onNote.mock.calls).toEqual([
      [expect.stringMatching(/^training runs on the back end reference, many times slower than wasm: /)],
    ]);
    await fit(chain, data, { ...few, backend: "reference", onNote });
    expect(onNote).toHaveBeenCalledTimes(1);
    await expect(fit(chain, data, { ...few, backend: "wasm" })).rejects.toThrow(
      "backend wasm cannot run here: WebAssembly may not be compiled here (no)",
    );
  });

  it("by default says it on the console", async () => {
    forbid("no");
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    await fit(chain, data, { steps: 1 });
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^toeplitz: training runs on the back end reference/)],
    ]);
  });
});

describe("steps that hold a page up", () => {
  it("are those above 50 ms", () => {
    expect(slowStepNote(50)).toBeNull();
    expect(slowStepNote(180.4)).toBe(
      "a step takes 180 ms on this page's main thread, which can do nothing else meanwhile; " +
        "train in a worker (examples/browser-worker)",
    );
  });

  it("are told once, on a page's main thread alone", async () => {
    const onNote = vi.fn();
    /** A clock that is so many milliseconds later whenever it is looked at. */
    const clock = (ms: number): void => {
      let now = 0;
      vi.spyOn(performance, "now").mockImplementation(() => (now += ms));
    };
    clock(60);
    await fit(chain, data, { ...few, onNote });
    expect(onNote).not.toHaveBeenCalled();
    vi.stubGlobal("document", {});
    expect(isMainThread()).toBe(true);
    await fit(chain, data, { ...few, onNote });
    expect(onNote.mock.calls).toEqual([
      [expect.stringMatching(/^a step takes 60 ms on this page's main thread/)],
    ]);
    clock(20);
    await fit(chain, data, { ...few, onNote });
    expect(onNote).toHaveBeenCalledTimes(1);
  });
});

it("a back end that was asked for, or is the fastest, is no news", () => {
  expect(slowBackendNote("wasm")).toBeNull();
  expect(slowBackendNote("reference")).toBeNull();
  forbid("no");
  expect(slowBackendNote("reference", "reference")).toBeNull();
});
