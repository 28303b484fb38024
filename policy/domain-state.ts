/** What the toolstack observed of a domain. `off` is: configured, and the toolstack does not list it. */
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
