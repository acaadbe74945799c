/** A list of which the rows in sight alone are there, however many it has: one is chosen by mouse or keys. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import "./windowedList.css";

export interface WindowedListProps {
  readonly label: string;
  readonly count: number;
  readonly chosen: number;
  readonly onChoose: (index: number) => void;
  /** What stands in a row. */
  readonly children: (index: number) => ComponentChildren;
  /** The rows from `from` up to, but not with, `to` came in sight. */
  readonly onSight?: (from: number, to: number) => void;
  /** Another key was pressed on the list. */
  readonly onKey?: (key: string) => void;
  /** In rows. Default: 10. */
  readonly shown?: number;
}

/** The height of a row in pixels; windowedList.css has it too. */
const ROW = 30;

let lists = 0;

export function WindowedList(props: WindowedListProps) {
  const { label, count, chosen, onChoose, children, onSight, onKey, shown = 10 } = props;
  const [top, setTop] = useState(0);
  const [id] = useState(() => `list-${++lists}`);
  const box = useRef<HTMLDivElement>(null);
  const from = Math.max(0, Math.floor(top / ROW) - 5);
  const to = Math.min(count, Math.ceil(top / ROW) + shown + 5);
  useEffect(() => onSight?.(from, to), [from, to, count, onSight]);
  useEffect(() => {
    const { current } = box;
    if (!current || chosen < 0) return;
    if (chosen * ROW < current.scrollTop) current.scrollTop = chosen * ROW;
    else if ((chosen + 1) * ROW > current.scrollTop + current.clientHeight)
      current.scrollTop = (chosen + 1) * ROW - current.clientHeight;
  }, [chosen]);
  const steps: Readonly<Record<string, number>> = {
    ArrowDown: chosen + 1,
    ArrowUp: chosen - 1,
    PageDown: chosen + shown,
    PageUp: chosen - shown,
    Home: 0,
    End: count - 1,
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (!Object.hasOwn(steps, event.key)) return onKey?.(event.key);
    event.preventDefault();
    if (count > 0) onChoose(Math.min(count - 1, Math.max(0, steps[event.key])));
  };
  const rows = Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
  return (
    <div
      class="windowed"
      ref={box}
      role="listbox"
      aria-label={label}
      tabIndex={0}
      aria-activedescendant={chosen >= from && chosen < to ? `${id}-${chosen}` : undefined}
      style={{ maxHeight: `${shown * ROW}px` }}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: `${count * ROW}px` }}>
        {rows.map((index) => (
          <div
            key={index}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            aria-posinset={index + 1}
            aria-setsize={count}
            style={{ transform: `translateY(${index * ROW}px)` }}
            onClick={() => onChoose(index)}
          >
            {children(index)}
          </div>
        ))}
      </div>
    </div>
  );
}
