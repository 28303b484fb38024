/**
 * Milliseconds until a case fails. They fit the slowest host, which is emulated in software on a shared
 * machine.
 */
export const PATIENCE = {
  /** For an answer, a key's echo, or a state that is noticed. */
  soon: 60_000,
  /** For a guest to go down, or for a toolstack to give up on it. */
  down: 180_000,
  /** For a guest to boot. */
  boot: 300_000,
} as const;
