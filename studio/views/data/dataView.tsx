export function DataView() {
  return <section aria-label="Data" />;
}
