import type { CustomerName, DomainName } from '../../policy/names.js';
import type { Recorded } from '../../policy/recorded.js';
import type { CustomerActor, EventActor } from './audit-actor.js';

/** Recordings of consoles, from their beginning to their removal. */
export type RecordingEvent =
  /**
   * `operation` is the attachment's. An attachment has several recordings when the policy changes meanwhile.
   */
  | {
      readonly kind: 'recording.began';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly recording: string;
      readonly record: Exclude<Recorded, 'off'>;
    }
  | {
      readonly kind: 'recording.ended';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly recording: string;
      readonly reason: 'left' | 'policy' | 'full' | 'failed';
      /** The size of the file. */
      readonly bytes: number;
      /** Bytes of the attachment that the disk did not take in time. */
      readonly missed: number;
    }
  /** An attachment that must be recorded goes on without a recording, or is refused. */
  | {
      readonly kind: 'recording.failed';
      readonly actor: CustomerActor;
      readonly domain: DomainName;
      readonly operation: string;
      readonly detail: string;
    }
  /** `customer` is the one whose attachment was recorded. */
  | {
      readonly kind: 'recording.exported';
      readonly actor: EventActor;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly recording: string;
    }
  /** Without an actor: removed by age or size. */
  | {
      readonly kind: 'recording.removed';
      readonly actor: EventActor | null;
      readonly customer: CustomerName;
      readonly domain: DomainName;
      readonly recording: string;
      readonly reason: 'age' | 'size';
    }
  /** `recording` as the customer typed it, made printable, at most 80 characters. */
  | {
      readonly kind: 'recording.denied';
      readonly actor: CustomerActor;
      readonly recording: string;
      readonly detail: string;
    };
