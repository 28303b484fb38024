import { printable } from '../../../policy/printable.js';
import { KEXINIT_LISTS, MSG_KEXINIT, readNameList } from './ssh-message.js';
import type { Ssh2Protocol } from './ssh2-private.js';

/** The lists of an SSH_MSG_KEXINIT (RFC 4253 §7.1) that can have nothing in common, as ssh2's errors name them. */
const LISTS = [
  [/key exchange/, 0],
  [/host key/, 1],
  [/C->S cipher/, 2],
  [/S->C cipher/, 3],
  [/C->S MAC/, 4],
  [/S->C MAC/, 5],
  [/C->S compression/, 6],
  [/S->C compression/, 7],
] as const;

/** The most characters of a list that are shown. */
const SHOWN = 300;

/** Keeps a client's first offer until its login, to tell an admin what it lacks. */
export class ClientOffer {
  #init: Buffer | null = null;

  /** To be made before the client's first packet. */
  constructor(protocol: Ssh2Protocol) {
    const decipher = protocol._decipher;
    const take = decipher._onPayload;
    decipher._onPayload = (payload) => {
      if (payload[0] === MSG_KEXINIT) this.#init ??= Buffer.from(payload);
      return take(payload);
    };
  }

  forget(): void {
    this.#init = null;
  }

  /** @returns what the client offers, where ssh2's error says that there is nothing in common; else null */
  lacking(error: string): string | null {
    if (this.#init === null || !error.includes('no matching')) return null;
    const [, wanted] = LISTS.find(([pattern]) => pattern.test(error)) ?? [];
    let at = KEXINIT_LISTS;
    for (let list = 0; wanted !== undefined; list += 1) {
      const found = readNameList(this.#init, at);
      if (found === null) return null;
      if (list === wanted) return printable(found.names.join(','), SHOWN);
      at = found.end;
    }
    return null;
  }
}
