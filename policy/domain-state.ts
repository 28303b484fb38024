/** The states that the toolstack observes. `off` means configured, but not listed by the toolstack. */
export const DOMAIN_STATES = [
  'running',
  'paused',
  'shutting-down',
  'rebooting',
  'crashed',
  'off',
  'unknown',
] as const;

export type DomainState = (typeof DOMAIN_STATES)[number];

/** Seen to exist: neither off nor unknown. What *may* run is another question. */
export function isSeenAlive(state: DomainState): boolean {
  return state !== 'off' && state !== 'unknown';
}
