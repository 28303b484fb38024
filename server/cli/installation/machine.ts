import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { readAccounts } from '../import/accounts.js';
import type { RootDirectory } from '../command/root-directory.js';
import type { Owner } from './piece.js';

/** The user that the gate runs as. systemd-sysusers(8) makes it. */
export const GATE_USER = 'postern';

/** The machine that is set up: its names, users and groups. */
export class Machine {
  readonly root: RootDirectory;

  constructor(root: RootDirectory) {
    this.root = root;
  }

  /** The short host name, without the domain; `xen1` when the machine has no usable name. */
  get hostName(): string {
    const name = this.root.isThisMachine ? hostname() : this.#text('/etc/hostname').trim();
    const short = name.split('.', 1)[0] ?? '';
    return /^[A-Za-z0-9][A-Za-z0-9-]{0,62}$/.test(short) ? short : 'xen1';
  }

  /** The host name with its domain, if it has one. */
  get fullName(): string {
    const name = this.root.isThisMachine ? hostname() : this.#text('/etc/hostname').trim();
    return /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(name) ? name : this.hostName;
  }

  get hasGateUser(): boolean {
    return this.#accounts().has(GATE_USER);
  }

  /**
   * The numeric ids of an owner.
   *
   * @returns null when this process is not root, or the names do not exist there (yet)
   */
  numbers({ user, group }: Owner): { readonly uid: number; readonly gid: number } | null {
    if (process.geteuid?.() !== 0) return null;
    const uid = user === 'root' ? 0 : this.#accounts().get(user)?.uid;
    const gid = group === 'root' ? 0 : this.#groupId(group);
    return uid === undefined || gid === undefined ? null : { uid, gid };
  }

  #accounts(): ReturnType<typeof readAccounts> {
    return readAccounts(this.#text('/etc/passwd'), this.#text('/etc/group'));
  }

  #groupId(group: string): number | undefined {
    const row = this.#text('/etc/group')
      .split('\n')
      .find((line) => line.startsWith(`${group}:`));
    return row === undefined ? undefined : Number(row.split(':')[2]);
  }

  #text(path: string): string {
    try {
      return readFileSync(this.root.at(path), 'utf8');
    } catch {
      return '';
    }
  }
}
