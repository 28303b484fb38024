/**
 * Milliseconds until a case fails. They fit the slowest host, which is emulated in software on a shared
 * machine.
 */
export const PATIENCE = {
  /** For an answer, a key's echo, or a state that is noticed. */
  soon: 120_000,
  /** For a guest to go down, or for a toolstack to give up on it. */
  down: 180_000,
  /**
   * For a guest to boot. Debian's systemd in a PVH guest took 330 s of an emulated processor that it shared with
   * dom0, on the slowest machine so far.
   */
  boot: 900_000,
} as const;
