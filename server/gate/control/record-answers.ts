import type { Finding } from '../../store/audit-verifier.js';
import type { RecordingName } from '../recording/recording-name.js';
import type { Outgrown } from '../recording/retention.js';

export interface RecordingView extends RecordingName {
  /** Null while it has not ended. */
  readonly endedAt: string | null;
  readonly bytes: number;
}

/** `POST /recordings/prune`. */
export interface RecordingsPruned {
  readonly removed: readonly (RecordingView & { readonly reason: Outgrown['reason'] })[];
}

/** `POST /audit/verify`. */
export interface AuditReport {
  readonly ok: boolean;
  readonly rows: number;
  readonly head: { readonly seq: number; readonly hash: string };
  readonly findings: readonly Finding[];
  /**
   * The hosts whose journals were compared, with the number of entries; `problem` when a journal could not be
   * read.
   */
  readonly witnesses: readonly {
    readonly host: string;
    readonly entries: number;
    readonly problem: string | null;
  }[];
}
