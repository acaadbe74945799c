/** The frame: the views by name, and what goes on in the background, wherever one is. */
import type { ComponentType } from "preact";
import { useEffect } from "preact/hooks";
import { fault, view, VIEWS, type ViewName } from "./session.ts";
import { Notice } from "./ui/notice.tsx";
import { DataView } from "./views/data/dataView.tsx";
import { isOver, useDrops } from "./views/data/openFiles.tsx";
import { LiveView } from "./views/live/liveView.tsx";
import { LookView } from "./views/look/lookView.tsx";
import { ShipView } from "./views/ship/shipView.tsx";
import { TrainView } from "./views/train/trainView.tsx";

const views: Readonly<Record<ViewName, { readonly title: string; readonly show: ComponentType }>> = {
  data: { title: "Data", show: DataView },
  train: { title: "Train", show: TrainView },
  look: { title: "Look inside", show: LookView },
  live: { title: "Live", show: LiveView },
  ship: { title: "Ship", show: ShipView },
};

const named = (hash: string): ViewName => VIEWS.find((name) => `#${name}` === hash) ?? "data";

export function App() {
  useDrops();
  useEffect(() => {
    const follow = (): void => void (view.value = named(location.hash));
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const { title, show: View } = views[view.value];
  return (
    <>
      <a class="skip" href="#main">
        To the content
      </a>
      <header class="top">
        <h1>toeplitz studio</h1>
        <nav aria-label="Views">
          {VIEWS.map((name) => (
            <a key={name} href={`#${name}`} aria-current={name === view.value ? "page" : undefined}>
              {views[name].title}
            </a>
          ))}
        </nav>
      </header>
      <main id="main" class={isOver.value ? "over" : undefined} tabIndex={-1} aria-label={title}>
        {fault.value && <Notice kind="error" text={fault.value} onClose={() => void (fault.value = null)} />}
        <View />
      </main>
    </>
  );
}
