import type { DomainName } from '../../policy/names.js';
import type { FolderCheck } from './folder-check.js';

/** `GET /check`: what a dom0 half finds when it tries what it needs. */
export interface HostCheck {
  /** Whether the toolstack answers, asked just now. */
  readonly toolstack: {
    /** Since it answered last; null: never since the half was started. Seconds. */
    readonly age: number | null;
    /** Why it does not; null when it has just answered. */
    readonly problem: string | null;
  };
  readonly folders: readonly FolderCheck[];
  /** Domains whose boot loader reads their disks as root, at most {@link MOST_AS_ROOT}. */
  readonly bootloaderAsRoot: readonly DomainName[];
}

export const MOST_AS_ROOT = 1_000;
