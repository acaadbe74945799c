/** A sentence that a person should read: an error is announced at once. */
export interface NoticeProps {
  readonly kind: "error" | "warning" | "note";
  readonly text: string;
  readonly onClose?: () => void;
}

export function Notice({ kind, text, onClose }: NoticeProps) {
  return (
    <div class={`notice ${kind}`} role={kind === "error" ? "alert" : "status"}>
      <p>{text}</p>
      {onClose && (
        <button type="button" onClick={onClose}>
          Close
        </button>
      )}
    </div>
  );
}
