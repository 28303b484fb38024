/** Milliseconds that a case waits before it fails: for the slowest host, which is emulated in software and shares its machine. */
export const PATIENCE = {
  /** For what happens at once: an answer, a key's echo, a state that is noticed. */
  soon: 60_000,
  /** For a guest to go down, or for a toolstack to give up on one. */
  down: 180_000,
  /** For a guest to boot. */
  boot: 300_000,
} as const;
