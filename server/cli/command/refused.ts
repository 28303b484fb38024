import type { Refusal, RefusalCode } from '../../../policy/refusal.js';
import { printable } from '../../../policy/printable.js';
import { CliError, EXIT } from './exit-status.js';

const STATUS: Partial<Record<RefusalCode, number>> = {
  usage: EXIT.usage,
  'key-invalid': EXIT.usage,
  'no-such-domain': EXIT.noSuchDomain,
  'no-such-recording': EXIT.noSuchDomain,
  busy: EXIT.busy,
  'host-unreachable': EXIT.hostUnreachable,
  internal: EXIT.failed,
};

/** Turns a refusal into the admin's error: its sentence, and the exit status for its code. */
export function refused({ code, message, detail }: Refusal): CliError {
  const more = detail === message ? '' : ` (${detail})`;
  return new CliError(printable(`${message}${more}`, 2000), STATUS[code] ?? EXIT.refused);
}
