import { aligned } from '../../../policy/columns.js';
import { isRefusal } from '../../../policy/refusal.js';
import type { Refusal } from '../../../policy/refusal.js';
import { isInUse } from '../customer/own-keys.js';
import type { OwnKeys } from '../customer/own-keys.js';
import type { Identity } from '../session/identity.js';
import type { Terminal } from '../session/terminal.js';
import * as words from '../text/words.js';
import type { Command } from './command.js';
import type { ExecOutput } from './exec-output.js';
import { EXIT } from './exit-status.js';
import { readText } from './line-reader.js';

/** `keys`: the customer's own keys, listed, added and removed. */
export class KeysCommand {
  readonly #keys: OwnKeys;
  readonly #identity: Identity;
  readonly #terminal: Terminal;
  readonly #output: ExecOutput;

  constructor(keys: OwnKeys, identity: Identity, terminal: Terminal, output: ExecOutput) {
    this.#keys = keys;
    this.#identity = identity;
    this.#terminal = terminal;
    this.#output = output;
  }

  list(json: boolean): number {
    const keys = this.#keys.list(this.#identity).map((key) => ({
      fingerprint: key.fingerprint,
      type: key.type,
      comment: key.comment,
      addedAt: key.addedAt,
      lastUsedAt: key.lastUsedAt,
      expiresAt: key.expiresAt,
      inUse: isInUse(key, this.#identity),
    }));
    if (json) {
      this.#output.json(keys);
      return EXIT.done;
    }
    const rows = keys.map((key) => [
      key.fingerprint,
      key.type,
      key.inUse ? 'now' : (key.lastUsedAt ?? 'never'),
      key.expiresAt ?? 'never',
      key.comment,
    ]);
    this.#output.lines(aligned([['FINGERPRINT', 'TYPE', 'LAST USED', 'EXPIRES', 'COMMENT'], ...rows]));
    return EXIT.done;
  }

  async add(given: string | null, json: boolean): Promise<number | Refusal> {
    if (given === null && this.#terminal.hasPty) this.#output.ask('Paste the public key, then Enter: ');
    const text = given ?? (await readText(this.#terminal));
    if (text === null) return words.nothingGiven();
    const key = this.#keys.add(this.#identity, text);
    if (isRefusal(key)) return key;
    const { fingerprint, type, comment, addedAt } = key;
    if (json) this.#output.json({ fingerprint, type, comment, addedAt });
    else this.#output.line(`Added ${fingerprint}.`);
    return EXIT.done;
  }

  remove(command: Extract<Command, { command: 'keys-remove' }>): number | Refusal {
    const { fingerprint, yes, json } = command;
    const key = this.#keys.remove(this.#identity, fingerprint, { confirmed: yes });
    if (isRefusal(key)) return key;
    if (json) this.#output.json({ removed: key.fingerprint });
    else this.#output.line(`Removed ${key.fingerprint}.`);
    return EXIT.done;
  }
}
