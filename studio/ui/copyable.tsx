/** A line of text that can be copied whole. */
import { useState } from "preact/hooks";

export function Copyable({ text, of }: { readonly text: string; readonly of: string }) {
  const [said, setSaid] = useState("");
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("copied");
    } catch {
      setSaid("this browser does not let the page copy");
    }
  };
  return (
    <p class="copyable">
      <code>{text}</code>
      <button type="button" class="small" aria-label={`Copy ${of}`} onClick={() => void copy()}>
        Copy
      </button>
      <span class="soft" aria-live="polite">
        {said}
      </span>
    </p>
  );
}
