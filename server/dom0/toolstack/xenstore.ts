import { parseFingerprint } from '../../../policy/names.js';
import type { Fingerprint } from '../../../policy/names.js';
import { runCommand } from '../process/run-command.js';
import type { Incarnation } from './incarnation.js';

const TIMEOUT_MS = 5_000;
/** Two short lines; a guest may write more, and is then not read. */
const OUTPUT_LIMIT = 4_096;

/** What guests write about themselves into Xen's store. A guest can write anything, so it is a claim of the guest. */
export interface GuestClaims {
  /** The fingerprint of its SSH host key, as the rescue image writes it. Null: none, or nothing of that form. */
  hostKey(guest: Incarnation): Promise<Fingerprint | null>;
}

/** xenstore-read(1). libxl lets a guest write below `data` of its own home, and nowhere else that is read here. */
export class Xenstore implements GuestClaims {
  readonly #command: string;

  /** @param command absolute path */
  constructor(command: string) {
    this.#command = command;
  }

  async hostKey({ domid, uuid }: Incarnation): Promise<Fingerprint | null> {
    // Without a UUID the answer could be another domain's: domids are re-used.
    if (uuid === '') return null;
    const home = `/local/domain/${domid}`;
    const { ended, code, stdout } = await runCommand({
      file: this.#command,
      // One call reads both in one transaction. The guest cannot write `vm`.
      args: [`${home}/vm`, `${home}/data/postern/ssh-host-key`],
      environment: { PATH: '/usr/bin:/bin', LANG: 'C' },
      timeoutMs: TIMEOUT_MS,
      outputLimit: OUTPUT_LIMIT,
    });
    return ended === 'exit' && code === 0 ? parseHostKey(stdout, uuid) : null;
  }
}

/** @returns null unless the answer is exactly this domain's `vm` and one fingerprint */
export function parseHostKey(answer: string, uuid: string): Fingerprint | null {
  const [vm = '', text = '', end, ...more] = answer.split('\n');
  if (end !== '' || more.length > 0 || vm !== `/vm/${uuid}`) return null;
  return parseFingerprint(text) ?? null;
}
