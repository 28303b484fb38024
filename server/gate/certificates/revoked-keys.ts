import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { printable } from '../../../policy/printable.js';
import type { Logger } from '../../wire/logger.js';
import { isKeyRevocationList, KeyRevocationList } from './key-revocation-list.js';
import { NOTHING_REVOKED } from './revocation-list.js';
import type { RevocableCertificate, RevocationList } from './revocation-list.js';
import { RevokedKeyLines } from './revoked-key-lines.js';

/** Larger than the list of a million serials. Reading it stops the gate for a moment. Bytes. */
const LARGEST = 16 * 1024 * 1024;

/**
 * The keys and certificates that are revoked: the file that `certificates.revokedKeys` of gate.yaml names, in
 * either form that sshd's `RevokedKeys` takes. It is read again whenever it has changed.
 *
 * While it cannot be read, nobody logs in with a certificate, and what was read last goes on to hold: an error
 * in a file ends no session, and brings no revoked key back.
 */
export class RevokedKeys implements RevocationList {
  readonly #file: string | null;
  readonly #log: Pick<Logger, 'info' | 'error'>;
  #seen: string | null = null;
  #problem: string | null = null;
  #list: RevocationList = NOTHING_REVOKED;
  readonly #listeners = new Set<() => void>();

  /** @param file null: nothing is revoked */
  constructor(file: string | null, log: Pick<Logger, 'info' | 'error'>) {
    this.#file = file;
    this.#log = log;
    this.refresh();
  }

  /** Why the file cannot be read, as of the last `refresh`; null: it can, or there is none. */
  get problem(): string | null {
    return this.#problem;
  }

  /** Reads the file again if it has changed. @returns whether another list holds now */
  refresh(): boolean {
    if (this.#file === null) return false;
    const seen = look(this.#file);
    if (seen === this.#seen && this.#problem === null) return false;
    const before = this.#problem;
    // After a failure it is read again each time: some errors pass without a change of the file.
    this.#seen = seen;
    const read = readRevocationList(this.#file);
    if (typeof read === 'string') {
      this.#problem = read;
      if (read !== before) this.#log.error({ file: this.#file, problem: read }, 'revoked-keys.unreadable');
      return false;
    }
    this.#problem = null;
    this.#list = read;
    this.#log.info({ file: this.#file }, 'revoked-keys.read');
    for (const listener of this.#listeners) listener();
    return true;
  }

  /** Calls it whenever another list holds. */
  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  revokesKey(blob: Buffer): boolean {
    return this.#list.revokesKey(blob);
  }

  revokesCertificate(certificate: RevocableCertificate): boolean {
    return this.#list.revokesCertificate(certificate);
  }
}

/** @returns the list, or in half a sentence why it cannot be read */
export function readRevocationList(file: string): RevocationList | string {
  let bytes: Buffer;
  try {
    bytes = readRegularFile(file);
  } catch (error) {
    return printable((error as Error).message);
  }
  if (bytes.length > LARGEST) return `it is larger than ${LARGEST / 1024 / 1024} MiB`;
  if (isKeyRevocationList(bytes))
    return KeyRevocationList.read(bytes) ?? 'it is a KRL that is cut short, or not understood in every part';
  const lines = RevokedKeyLines.read(bytes);
  return typeof lines === 'number' ? `it is no KRL, and its line ${lines} is no public key` : lines;
}

/** Opening never blocks, even on a FIFO. @throws Error as well when it is no regular file */
function readRegularFile(file: string): Buffer {
  const descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw new Error('it is not a regular file');
    const bytes = Buffer.alloc(Math.min(found.size, LARGEST) + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read)
      read = readSync(descriptor, bytes, length, bytes.length - length, null);
    if (length > found.size && length <= LARGEST) throw new Error('it is being written just now');
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

/** What tells one state of the file from another. */
function look(file: string): string {
  try {
    return told(statSync(file));
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}

function told({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string {
  return [dev, ino, size, mtimeMs, ctimeMs].join(' ');
}
