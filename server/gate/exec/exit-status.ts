import type { RefusalCode } from '../../../policy/refusal.js';

/** The exit statuses of a command by exec (docs/design.md, Flows). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  refused: 3,
  noSuchDomain: 4,
  busy: 5,
  hostUnreachable: 6,
} as const;

/** A code that is not listed ends with `refused`. */
const STATUSES: Partial<Record<RefusalCode, number>> = {
  usage: EXIT.usage,
  'no-such-domain': EXIT.noSuchDomain,
  'no-such-recording': EXIT.noSuchDomain,
  busy: EXIT.busy,
  'console-taken': EXIT.busy,
  'host-unreachable': EXIT.hostUnreachable,
  'no-such-boot': EXIT.failed,
  'toolstack-failed': EXIT.failed,
  'toolstack-timeout': EXIT.failed,
  'deadline-passed': EXIT.failed,
  undone: EXIT.failed,
  internal: EXIT.failed,
};

export function exitStatus(code: RefusalCode): number {
  return STATUSES[code] ?? EXIT.refused;
}
