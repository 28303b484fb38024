import type { Host } from './host.js';
import { complain } from './output.js';

/**
 * Finds a domain as xl does on its command line: a name of digits only is a domid, whether it exists or not.
 *
 * @returns undefined after having complained.
 */
export function findDomid(host: Host, text: string): number | undefined {
  if (/^[0-9]+$/.test(text)) return Number(text);
  if (text === 'Domain-0') return 0;
  const found = host.domains().find((record) => record.name === text);
  if (found) return found.domid;
  complain(`${text} is an invalid domain identifier (rc=-6)\n`);
  return undefined;
}
