/**
 * Everything that a customer can ask for on a domain. This one list gives the type, the policy schema's enum,
 * and the exhaustiveness checks (house rule 12).
 *
 * `status` means seeing that the domain exists: without it the answer is "no such domain". `takeover` means
 * taking the keyboard from another writer. `extend` means more time for a rescue. `normal` means leaving
 * rescue. `log-switch` means switching the console log off or on. `reinstall` means writing a system image
 * over the first disk. `notify` means being told of what happens to it.
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
  'extend',
  'normal',
  'reinstall',
  'notify',
] as const;

export type Action = (typeof ACTIONS)[number];

export function isAction(value: string): value is Action {
  return (ACTIONS as readonly string[]).includes(value);
}

/**
 * The actions that change a domain. Only they leave an intent in the audit log, so only they can be counted
 * by a limit over time.
 */
export const COUNTED_ACTIONS = [
  'start',
  'shutdown',
  'poweroff',
  'reboot',
  'rescue',
  'normal',
  'reinstall',
  'sysrq',
] as const satisfies readonly Action[];

/**
 * What a rule must name to allow it: `all` in a rule that allows, or in a test that expects so, does not include it.
 * A reinstallation cannot be undone, and notices leave the host.
 */
export const NAMED_ACTIONS = ['reinstall', 'notify'] as const satisfies readonly Action[];

/**
 * The actions that came after version 1.0.0. A test of a policy that expects `all` to be allowed does not speak of them:
 * a site's rules of before cannot have named them, and its policy must stay good over an upgrade.
 */
export const LATER_ACTIONS = ['extend', 'reinstall', 'notify'] as const satisfies readonly Action[];

/** The actions that last. A limit can say how many of them may run at once. */
export const LASTING_ACTIONS = ['console', 'watch'] as const satisfies readonly Action[];
