import type { Fingerprint } from '../../../policy/names.js';
import { refusal, type Refusal } from '../../../policy/refusal.js';
import { HostKeyError } from './host-key-error.js';
import { HOST_KEY_ALGORITHMS, HostKey, type HostKeyType } from './host-key.js';
import { HostKeyRotation, type StoredHostKey } from './host-key-rotation.js';

/** Where the keys are: settings `hostKey` and `otherHostKeys`. */
export interface HostKeyPaths {
  /** Ed25519; made by the first start. */
  readonly hostKey: string;
  /** Of other types, each made by the admin. */
  readonly otherHostKeys: readonly string[];
}

/** The host keys that the SSH front uses. */
export interface HostKeysInUse {
  /** What key exchanges use: at most one of each type, the preferred first. */
  readonly offered: readonly HostKey[];
  /** What clients are told of after login: the offered ones, and those that will be. */
  readonly announced: readonly HostKey[];
  /** Calls the listener when they have changed. */
  onChange(listener: () => void): void;
}

/** What the files hold. */
interface FoundHostKeys {
  readonly stored: readonly StoredHostKey[];
  /** Next and former keys that cannot be used. */
  readonly problems: readonly HostKeyError[];
}

const EVERY_OTHER_TYPE = (Object.keys(HOST_KEY_ALGORITHMS) as HostKeyType[]).filter(
  (type) => type !== 'ssh-ed25519',
);

/** All host keys of a gate, as they were last read from their files. */
export class HostKeys implements HostKeysInUse {
  readonly #rotations: readonly HostKeyRotation[];
  readonly #listeners = new Set<() => void>();
  #stored: readonly StoredHostKey[] = [];
  #problems: readonly HostKeyError[] = [];

  /** Use `open` or `read` instead. */
  constructor({ hostKey, otherHostKeys }: HostKeyPaths) {
    this.#rotations = [
      new HostKeyRotation(hostKey, ['ssh-ed25519']),
      ...otherHostKeys.map((file) => new HostKeyRotation(file, EVERY_OTHER_TYPE)),
    ];
    this.#take(this.#found());
  }

  /**
   * Makes the Ed25519 key when it is not there, and mends what a killed process has left undone.
   *
   * @throws HostKeyError when a key of the settings cannot be used
   */
  static open(paths: HostKeyPaths): HostKeys {
    HostKey.open(paths.hostKey);
    const keys = new HostKeys(paths);
    for (const rotation of keys.#rotations) rotation.mend();
    return keys;
  }

  get offered(): readonly HostKey[] {
    return this.#stored.filter(({ use }) => use === 'offered').map(({ key }) => key);
  }

  get announced(): readonly HostKey[] {
    return announcedOf(this.#stored);
  }

  /** Each key of the settings, followed by the next and the former one. */
  get stored(): readonly StoredHostKey[] {
    return this.#stored;
  }

  /** Next and former keys that cannot be used. */
  get problems(): readonly HostKeyError[] {
    return this.#problems;
  }

  onChange(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /**
   * Reads the files again, and mends the `.pub` files.
   *
   * @param record called before other keys are used, with what will be announced; when it throws, they stay as they are
   * @returns whether the keys have changed
   * @throws HostKeyError; then they stay as they are
   */
  reload(record: (announced: readonly Fingerprint[]) => void = () => undefined): boolean {
    const found = this.#found();
    const isOther = uses(found.stored) !== uses(this.#stored);
    if (isOther) record(announcedOf(found.stored).map(({ fingerprint }) => fingerprint));
    this.#take(found);
    for (const rotation of this.#rotations) rotation.mend();
    if (!isOther) return false;
    for (const listener of this.#listeners) listener();
    return true;
  }

  /**
   * The key that a rotation is about.
   *
   * @param type as `ssh-keygen -t` or the key itself names it; null: the Ed25519 key
   */
  rotation(type: string | null): HostKeyRotation | Refusal {
    const at = this.#rotations.filter((_, index) => {
      const found = this.offered[index]?.type;
      return type === null
        ? index === 0
        : found === type || found?.split('-')[1] === type || found?.split('-')[0] === type;
    });
    const [one, another] = at;
    if (one !== undefined && another === undefined) return one;
    const types = this.offered.map((key) => key.type).join(', ');
    return refusal('usage', `name one of the host keys by its type: ${types}`);
  }

  #found(): FoundHostKeys {
    const stored: StoredHostKey[] = [];
    const problems: HostKeyError[] = [];
    for (const rotation of this.#rotations) {
      const offered = rotation.offered();
      const twin = stored.find(({ use, key }) => use === 'offered' && key.type === offered.key.type);
      if (twin !== undefined)
        throw new HostKeyError(
          `The host keys ${twin.file} and ${offered.file} are both of type ${offered.key.type}: a gate offers one of each type.`,
        );
      stored.push(offered);
      for (const one of rotation.others()) {
        if (one instanceof HostKeyError) problems.push(one);
        else stored.push(one);
      }
    }
    return { stored, problems };
  }

  #take({ stored, problems }: FoundHostKeys): void {
    const [before, now] = [this.#stored, new Date()];
    const isFirst = before.length === 0;
    this.#stored = stored.map((one) => {
      const known = before.find(({ use, key }) => use === one.use && key.fingerprint === one.key.fingerprint);
      return isFirst ? one : { ...one, placedAt: known?.placedAt ?? now };
    });
    this.#problems = problems;
  }
}

function announcedOf(stored: readonly StoredHostKey[]): readonly HostKey[] {
  return stored.filter(({ use }) => use !== 'retired').map(({ key }) => key);
}

function uses(stored: readonly StoredHostKey[]): string {
  return stored.map(({ use, key }) => `${use} ${key.fingerprint}`).join('\n');
}
