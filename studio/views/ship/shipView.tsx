export function ShipView() {
  return <section aria-label="Ship" />;
}
