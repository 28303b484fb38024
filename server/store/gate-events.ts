import type { Fingerprint } from '../../policy/names.js';
import type { EventActor } from './audit-actor.js';

/** What concerns the whole gate: its start, policy, host keys, files, maintenance and backups. */
export type GateEvent =
  | { readonly kind: 'gate.started'; readonly version: string; readonly revision: number }
  | { readonly kind: 'gate.stopped'; readonly reason: string }
  | {
      readonly kind: 'policy.loaded' | 'policy.rejected';
      readonly actor: EventActor | null;
      readonly revision: number;
      readonly digest: string;
      readonly problems: readonly string[];
    }
  /**
   * An admin restores the policy files of an earlier revision, while `from` is in force. Recorded before it
   * is done. Loading the restored files is a `policy.loaded` like any other.
   */
  | {
      readonly kind: 'policy.restored';
      readonly actor: EventActor;
      readonly revision: number;
      readonly from: number;
    }
  /** Recorded before it is done. `began`: announced; `finished`: offered; `cancelled`: dropped. */
  | {
      readonly kind: 'hostkey.rotation.began' | 'hostkey.rotation.finished' | 'hostkey.rotation.cancelled';
      readonly actor: EventActor;
      readonly type: string;
      /** The next key; null for a dropped one that could not be read. */
      readonly fingerprint: Fingerprint | null;
      /** The key that was offered before the step. */
      readonly former: Fingerprint;
    }
  /** The step that was recorded last was not made. */
  | {
      readonly kind: 'hostkey.rotation.failed';
      readonly actor: EventActor;
      readonly type: string;
      readonly detail: string;
    }
  /** The gate was told to read its files again, and somebody had changed the host keys. */
  | { readonly kind: 'hostkeys.changed'; readonly actor: null; readonly announced: readonly Fingerprint[] }
  /**
   * After the changes that an admin made by files. `declared` rows, which hands or other files had made, are the
   * files' from then on, as they are; `released` ones are nobody's any more.
   */
  | {
      readonly kind: 'declarations.applied';
      readonly actor: EventActor;
      /** The directory or file, or the name that was given to a text. */
      readonly source: string;
      readonly changes: number;
      readonly declared: number;
      readonly released: number;
    }
  | { readonly kind: 'announcement.made'; readonly actor: EventActor; readonly text: string }
  | {
      readonly kind: 'maintenance.began';
      readonly actor: EventActor;
      readonly sentence: string;
      readonly consolesClosed: boolean;
      readonly until: string | null;
    }
  /** Without an actor: ended by itself when its time was over. */
  | { readonly kind: 'maintenance.ended'; readonly actor: EventActor | null }
  | { readonly kind: 'backup.made'; readonly actor: EventActor; readonly file: string };
