import type { DomainName } from '../../policy/names.js';
import type { FolderCheck } from './folder-check.js';

/** `GET /check`: the results when a dom0 tests what it needs. */
export interface HostCheck {
  /** Whether the toolstack answers, asked just now. */
  readonly toolstack: {
    /** Seconds since its last answer; null: no answer since dom0 started. */
    readonly age: number | null;
    /** Why it does not answer; null when it has just answered. */
    readonly problem: string | null;
  };
  readonly folders: readonly FolderCheck[];
  /** Domains whose boot loader reads their disks as root, at most {@link MOST_AS_ROOT}. */
  readonly bootloaderAsRoot: readonly DomainName[];
  /**
   * Only where a profile boots with a seed disk: why none can be made, null when it can. An older dom0 lacks the
   * field.
   */
  readonly seeds?: { readonly problem: string | null };
  /**
   * Only where a profile boots with a seed disk: why the host keys of rescue systems cannot be read, null when they
   * can. An older dom0 lacks the field.
   */
  readonly rescueHostKeys?: { readonly problem: string | null };
}

export const MOST_AS_ROOT = 1_000;
