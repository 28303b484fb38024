import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import { printable } from '../../../policy/printable.js';
import { CliError, EXIT } from './exit-status.js';

const STATUS: Partial<Record<RefusalCode, number>> = {
  usage: EXIT.usage,
  'key-invalid': EXIT.usage,
  busy: EXIT.busy,
  'host-unreachable': EXIT.hostUnreachable,
  internal: EXIT.failed,
};

/** Begins the codes which say that a thing is not there that an admin named. */
const NO_SUCH = 'no-such-';

/** Turns a refusal into the admin's error: its sentence, and the exit status for its code. */
export function refused({ code, message, detail }: Refusal): CliError {
  const more = detail === message ? '' : ` (${detail})`;
  const other = code.startsWith(NO_SUCH) ? EXIT.noSuch : EXIT.refused;
  return new CliError(printable(`${message}${more}`, 2000), STATUS[code] ?? other);
}
