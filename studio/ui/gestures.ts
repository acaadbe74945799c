/** Mouse and fingers on a plot: a drag moves it, the wheel and a pinch zoom, Shift and a drag mark a stretch. */
import { moved, zoomed, type Stretch } from "./stretch.ts";

/** What a gesture works on. */
export interface Gestured {
  readonly sampleAt: (clientX: number) => number;
  readonly shown: () => Stretch;
  readonly show: (shown: Stretch) => void;
  readonly all: () => void;
  /** A gesture that moved the plot has ended. */
  readonly rested: () => void;
  /** What a drag that begins at a sample does, if it does not move the plot. */
  readonly grab: (at: number, isShift: boolean) => Grab | null;
}
export interface Grab {
  readonly to: (at: number) => void;
  /** `isMoved`: not a mere click. */
  readonly end: (at: number, isMoved: boolean) => void;
}

/** Pixels from which a press is a drag. */
const SLACK = 3;

/** Listens on an element; returns what ends that. */
export function gestures(over: HTMLElement, on: Gestured): () => void {
  const ends = new AbortController();
  const { signal } = ends;
  const fingers = new Map<number, number>();
  let grab: Grab | null = null;
  let pressed = 0;
  let isMoved = false;
  const drag = (event: PointerEvent): void => {
    const before = fingers.get(event.pointerId);
    if (before === undefined) return;
    if (Math.abs(event.clientX - pressed) > SLACK) isMoved = true;
    if (grab) {
      fingers.set(event.pointerId, event.clientX);
      return grab.to(on.sampleAt(event.clientX));
    }
    const width = Math.max(1, over.clientWidth);
    const [a, b] = [...fingers.values()];
    if (b === undefined) on.show(moved(on.shown(), (before - event.clientX) / width));
    fingers.set(event.pointerId, event.clientX);
    if (b === undefined) return;
    const [c, d] = [...fingers.values()];
    if (Math.abs(c - d) > 10)
      on.show(zoomed(on.shown(), Math.abs(a - b) / Math.abs(c - d), on.sampleAt((c + d) / 2)));
  };
  const release = (event: PointerEvent): void => {
    if (!fingers.delete(event.pointerId)) return;
    const own = grab;
    grab = null;
    if (own) own.end(on.sampleAt(event.clientX), isMoved);
    else if (isMoved && fingers.size === 0) on.rested();
  };
  over.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button !== 0) return;
      over.setPointerCapture(event.pointerId);
      if (fingers.size === 0) {
        [pressed, isMoved] = [event.clientX, false];
        grab = on.grab(on.sampleAt(event.clientX), event.shiftKey);
      }
      fingers.set(event.pointerId, event.clientX);
    },
    { signal },
  );
  over.addEventListener("pointermove", drag, { signal });
  over.addEventListener("pointerup", release, { signal });
  over.addEventListener("pointercancel", release, { signal });
  over.addEventListener("dblclick", on.all, { signal });
  let rest: ReturnType<typeof setTimeout> | undefined;
  over.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
      on.show(
        sideways
          ? moved(on.shown(), event.deltaX / Math.max(1, over.clientWidth))
          : zoomed(on.shown(), 1.0015 ** event.deltaY, on.sampleAt(event.clientX)),
      );
      clearTimeout(rest);
      rest = setTimeout(on.rested, 150);
    },
    { signal, passive: false },
  );
  over.style.touchAction = "pan-y";
  return () => {
    clearTimeout(rest);
    ends.abort();
  };
}
