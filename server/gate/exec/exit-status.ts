import type { RefusalCode } from '../../../policy/refusal.js';
import { EXIT } from '../../wire/exit-status.js';

export { EXIT };

/** A code that is not listed ends with `refused`. */
const STATUSES: Partial<Record<RefusalCode, number>> = {
  usage: EXIT.usage,
  'no-such-domain': EXIT.noSuch,
  'no-such-recording': EXIT.noSuch,
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
