/** A picture with its title, and its numbers to copy: no figure of a view is a picture alone. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";

export interface FigureProps {
  readonly title: string;
  /** The figure's numbers as lines of tab-separated cells, made when they are asked for. */
  readonly numbers?: () => string;
  readonly class?: string;
  readonly children: ComponentChildren;
}

export function Figure({ title, numbers, class: own, children }: FigureProps) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(numbers?.() ?? "");
      setSaid("copied");
    } catch {
      setSaid("this browser does not let the page copy");
    }
  };
  return (
    <figure class={own}>
      <figcaption>
        <span>{title}</span>
        {numbers && (
          <button
            type="button"
            class="small"
            onClick={() => void copy()}
            aria-label={`Copy numbers of ${title}`}
          >
            Copy numbers
          </button>
        )}
        <span class="soft" aria-live="polite">
          {said}
        </span>
      </figcaption>
      {children}
    </figure>
  );
}
