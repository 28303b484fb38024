/**
 * What a customer can ask for on a domain. This one list gives the type, the enum in the policy schema and
 * the exhaustiveness checks (house rule 12).
 *
 * `status` is seeing that the domain exists at all: without it, the domain is "no such domain".
 * `takeover` is taking the keyboard from another writer; `normal` is leaving rescue; `log-switch` is switching off, or on
 * again, that what the console says is kept.
 */
export const ACTIONS = [
  'status',
  'console',
  'watch',
  'takeover',
  'sysrq',
  'log',
  'log-switch',
  'start',
  'shutdown',
  'poweroff',
  'reboot',
  'rescue',
  'normal',
] as const;

export type Action = (typeof ACTIONS)[number];

export function isAction(value: string): value is Action {
  return (ACTIONS as readonly string[]).includes(value);
}

/**
 * The actions that leave an intent in the audit log, and so the only ones that a limit can count: those that
 * change a domain.
 */
export const COUNTED_ACTIONS = [
  'start',
  'shutdown',
  'poweroff',
  'reboot',
  'rescue',
  'normal',
  'sysrq',
] as const satisfies readonly Action[];

/** The actions that last, and of which a limit can say how many there may be at once. */
export const LASTING_ACTIONS = ['console', 'watch'] as const satisfies readonly Action[];
