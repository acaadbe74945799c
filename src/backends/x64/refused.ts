/** The system's refusals by their number, with what is behind each. */
import { RefusedError } from "../backend.ts";

/** Numbers that Linux and macOS share, but for EAGAIN: 11 and 35. */
const reasons: Readonly<Record<number, string>> = {
  1: "a policy forbids it (SELinux, seccomp)",
  11: "the limit of processes and threads is reached (ulimit -u, a container's pids limit)",
  12: "no memory is left, or a limit is reached (ulimit -v, a container's memory limit)",
  13: "a policy forbids it (SELinux's execmem, seccomp, systemd's MemoryDenyWriteExecute)",
  35: "the limit of processes and threads is reached (ulimit -u)",
};

export const refused = (what: string, errno: number): RefusedError =>
  new RefusedError(`${what} is refused: ${reasons[errno] ?? `error ${errno}`}`);
