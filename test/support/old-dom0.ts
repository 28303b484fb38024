import { appendFileSync, chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeEd25519KeyPair } from '../../server/gate/ssh/ed25519-key-pair.js';

/** Whether this process may give files to other users, as on a real host. */
export const IS_ROOT = process.geteuid?.() === 0;

/** An account that `OldDom0.account` made. */
export interface OldAccount {
  readonly name: string;
  readonly uid: number;
  /** The private key's file. */
  readonly identity: string;
  /** Type and key, without a comment. */
  readonly publicKey: string;
}

/**
 * The files of a Xen host before Postern, below a directory: accounts, sudoers, authorized_keys,
 * configurations of domains. When the tests run as root, files in homes belong to their accounts, unless told
 * otherwise.
 */
export class OldDom0 {
  readonly root: string;
  readonly #identities: string;
  readonly #given = new Map<number, string[]>();
  readonly #gives: boolean;
  #uid = 1000;

  /**
   * @param identities the directory for the customers' private keys
   * @param gives whether files in homes are given to their accounts at once; otherwise the commands of
   * `toGive` do it
   */
  constructor(root: string, identities: string, gives = IS_ROOT) {
    this.root = root;
    this.#gives = gives;
    this.#identities = identities;
    mkdirSync(identities, { recursive: true, mode: 0o700 });
    this.write('etc/passwd', 'root:x:0:0:root:/root:/bin/bash\n');
    this.write('etc/group', 'root:x:0:\n');
    this.write('etc/hostname', 'verona\n');
    this.write('etc/sudoers', 'root ALL=(ALL:ALL) ALL\n');
    mkdirSync(join(root, 'etc/xen'), { recursive: true });
    mkdirSync(join(root, 'home'), { recursive: true });
  }

  /** Writes an administrators' file. */
  write(path: string, text: string): string {
    const file = join(this.root, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text, { mode: 0o644 });
    return file;
  }

  append(path: string, text: string): void {
    appendFileSync(join(this.root, path), text);
  }

  /** Makes an account with a key pair and a home, but without authorized_keys. */
  account(name: string, shell = '/bin/sh'): OldAccount {
    const uid = (this.#uid += 1);
    this.append('etc/passwd', `${name}:x:${uid}:${uid}::/home/${name}:${shell}\n`);
    this.append('etc/group', `${name}:x:${uid}:\n`);
    const home = join(this.root, 'home', name);
    mkdirSync(join(home, '.ssh'), { recursive: true, mode: 0o700 });
    this.give(home, uid);
    this.give(join(home, '.ssh'), uid);
    const pair = makeEd25519KeyPair(`${name}@home`);
    const identity = join(this.#identities, name);
    writeFileSync(identity, pair.privateFile, { mode: 0o600 });
    return { name, uid, identity, publicKey: pair.publicFile.split(' ').slice(0, 2).join(' ') };
  }

  /** Writes an account's authorized_keys, as the account itself would. @returns the path */
  authorizedKeys({ name, uid }: OldAccount, text: string | Buffer): string {
    const file = join(this.root, 'home', name, '.ssh', 'authorized_keys');
    writeFileSync(file, text, { mode: 0o600 });
    chmodSync(file, 0o600);
    this.give(file, uid);
    return file;
  }

  domain(name: string, more = ''): void {
    this.write(`etc/xen/${name}.cfg`, `name = "${name}"\nmemory = 128\ndisk = []\n${more}`);
  }

  /** Shell commands that give the files to their accounts, for the machine that has them below its root. */
  get toGive(): string {
    return [...this.#given].map(([uid, paths]) => `chown ${uid}:${uid} ${paths.join(' ')}`).join('\n');
  }

  give(path: string, uid: number): void {
    if (this.#gives) chownSync(path, uid, uid);
    this.#given.set(uid, [...(this.#given.get(uid) ?? []), path.slice(this.root.length)]);
  }
}
