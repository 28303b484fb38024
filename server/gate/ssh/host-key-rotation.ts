import { generateKeyPair } from 'node:crypto';
import { existsSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { refusal, type Refusal } from '../../../policy/refusal.js';
import { makeEd25519KeyPair } from './ed25519-key-pair.js';
import { attempt, HostKeyError } from './host-key-error.js';
import { HostKey, type HostKeyType } from './host-key.js';
import {
  mendPublicHalf,
  nameAlso,
  placePrivateHalf,
  removeLeftovers,
  syncDirectory,
} from './host-key-file.js';

/** What a host key is used for. */
export type HostKeyUse = 'offered' | 'next' | 'retired';

/** A key on the disk. */
export interface StoredHostKey {
  readonly use: HostKeyUse;
  readonly file: string;
  readonly key: HostKey;
  /** The time of the file, which it keeps when its use changes. */
  readonly madeAt: Date;
  /**
   * A next key was announced to nobody before this time: the file was then given its name, or a mode. The time of the
   * file may be older, where an admin has put it there.
   */
  readonly placedAt: Date;
}

/** A step of a rotation that can be made now. */
export interface RotationStep {
  readonly type: HostKeyType;
  /** The next key, also where it is dropped; null for a dropped one that cannot be read. */
  readonly key: HostKey | null;
  /** What is offered before the step. */
  readonly former: HostKey;
  /** @throws HostKeyError; then the keys are as they were, and the same step can be made again */
  carryOut(): void;
}

/**
 * One host key of the settings, with the key that will replace it. The files say how far a rotation has come, and
 * there is no other state: `FILE` is offered in key exchanges, `FILE.next` is only announced, `FILE.retired` is the
 * former one and is neither. A process that is killed between two steps leaves one of these states.
 *
 * Each step happens by one link, rename or removal. What comes before it changes nothing. What comes after it are the
 * `.pub` files, and a fault there does not undo the step: `mend` writes them.
 */
export class HostKeyRotation {
  readonly file: string;
  readonly #types: readonly HostKeyType[];

  /** @param types what the key in the file may be */
  constructor(file: string, types: readonly HostKeyType[]) {
    this.file = file;
    this.#types = types;
  }

  /** @throws HostKeyError when FILE cannot be used */
  offered(): StoredHostKey {
    return this.#stored('offered', this.file, this.#types);
  }

  /**
   * The next and the former key, as far as they are there.
   *
   * @returns HostKeyErrors for those that cannot be used: they keep no gate from starting
   */
  others(): readonly (StoredHostKey | HostKeyError)[] {
    const { key: offered } = this.offered();
    return (['next', 'retired'] as const).flatMap((use): (StoredHostKey | HostKeyError)[] => {
      const file = `${this.file}.${use}`;
      if (!existsSync(file)) return [];
      try {
        const stored = this.#stored(use, file, [offered.type]);
        // A finish that was killed before its rename has given FILE a second name.
        return stored.key.blob.equals(offered.blob) ? [] : [stored];
      } catch (error) {
        if (error instanceof HostKeyError) return [error];
        throw error;
      }
    });
  }

  /** Mends what a killed process has left undone around the keys. Never throws for what it cannot mend. */
  mend(): void {
    for (const file of [this.file, `${this.file}.next`, `${this.file}.retired`]) removeLeftovers(file);
    const stored = [this.offered(), ...this.others()];
    for (const one of stored)
      if (!(one instanceof HostKeyError)) mendPublicHalf(one.file, one.key.publicLine);
    if (existsSync(`${this.file}.next`)) return;
    ignoringFaults(() => {
      rmSync(`${this.file}.next.pub`, { force: true });
    });
  }

  /** Makes the next key, which is announced from then on. */
  async begin(): Promise<RotationStep | Refusal> {
    const { key: former } = this.offered();
    const next = `${this.file}.next`;
    const begun = (): Refusal =>
      refusal(
        'busy',
        `a rotation of ${this.file} has been begun already: finish it (postern hostkey rotate --finish) or drop the next key (--cancel)`,
      );
    if (existsSync(next)) return begun();
    const text = await privateKeyLike(former);
    const key = HostKey.parse(Buffer.from(text), next, [former.type], former.comment);
    return {
      type: former.type,
      key,
      former,
      carryOut: () => {
        attempt(next, 'make', () => {
          if (existsSync(next)) throw new HostKeyError(begun().message);
          try {
            if (!placePrivateHalf(next, text)) throw new HostKeyError(begun().message);
          } catch (error) {
            // Another process may have made one meanwhile.
            if (holds(next, text)) rmSync(next);
            throw error;
          }
          mendPublicHalf(next, key.publicLine);
        });
      },
    };
  }

  /** Offers the next key from now on, and retires the one before. */
  finish(): RotationStep | Refusal {
    const { key: former } = this.offered();
    const [next, retired] = [`${this.file}.next`, `${this.file}.retired`];
    if (!existsSync(next)) return this.#notBegun();
    const { key } = this.#stored('next', next, [former.type]);
    return {
      type: former.type,
      key,
      former,
      carryOut: () => {
        attempt(this.file, 'replace', () => {
          nameAlso(this.file, retired);
          renameSync(next, this.file);
        });
        mendPublicHalf(retired, former.publicLine);
        mendPublicHalf(this.file, key.publicLine);
        ignoringFaults(() => {
          rmSync(`${next}.pub`, { force: true });
        });
        ignoringFaults(() => {
          syncDirectory(dirname(this.file));
        });
      },
    };
  }

  /** Drops the next key, also one that cannot be used. */
  cancel(): RotationStep | Refusal {
    const { key: former } = this.offered();
    const next = `${this.file}.next`;
    if (!existsSync(next)) return this.#notBegun();
    const key = this.others().find((one) => !(one instanceof HostKeyError) && one.use === 'next');
    return {
      type: former.type,
      key: key === undefined || key instanceof HostKeyError ? null : key.key,
      former,
      carryOut: () => {
        attempt(next, 'remove', () => {
          rmSync(next);
        });
        ignoringFaults(() => {
          rmSync(`${next}.pub`, { force: true });
        });
        ignoringFaults(() => {
          syncDirectory(dirname(next));
        });
      },
    };
  }

  #notBegun(): Refusal {
    return refusal(
      'usage',
      `no rotation of the host key ${this.file} has been begun: postern hostkey rotate begins one`,
    );
  }

  #stored(use: HostKeyUse, file: string, types: readonly HostKeyType[]): StoredHostKey {
    const key = HostKey.read(file, types);
    const { mtime, ctime } = attempt(file, 'read', () => statSync(file));
    return { use, file, key, madeAt: mtime, placedAt: ctime };
  }
}

function holds(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8') === text;
  } catch {
    return false;
  }
}

/** For work after a step: it has happened, whatever becomes of this. */
function ignoringFaults(work: () => void): void {
  try {
    work();
  } catch {
    // The next `mend` tries again.
  }
}

const generate = promisify(generateKeyPair);
const CURVES: Readonly<Record<string, string>> = {
  'ecdsa-sha2-nistp256': 'P-256',
  'ecdsa-sha2-nistp384': 'P-384',
  'ecdsa-sha2-nistp521': 'P-521',
};

/**
 * A new private key of the same type and size, in a format that ssh-keygen reads. RSA is made in another thread: it
 * takes a second.
 */
async function privateKeyLike({ type, bits, comment }: HostKey): Promise<string> {
  if (type === 'ssh-ed25519') return makeEd25519KeyPair(comment).privateFile;
  if (type === 'ssh-rsa') {
    const { privateKey } = await generate('rsa', { modulusLength: bits ?? 3072 });
    return privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
  }
  const { privateKey } = await generate('ec', { namedCurve: CURVES[type] ?? '' });
  return privateKey.export({ type: 'sec1', format: 'pem' }) as string;
}
