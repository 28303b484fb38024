import { NORMAL } from '../../../policy/names.js';
import type { BootProfileName } from '../../../policy/names.js';
import type { Verb } from '../../wire/contract.js';
import type {
  OperationPhase,
  OperationRequest,
  OperationStep,
  OperationView,
  WireRefusal,
} from '../../wire/operation.js';
import type { JournalRecord, OperationEnd, Subject } from './journal-record.js';

/** Whether a verb makes a new incarnation. */
export function createsDomain(verb: Verb): boolean {
  return verb === 'start' || verb === 'rescue' || verb === 'normal';
}

/** Why an operation's work is broken off from outside. */
export type Halt = 'superseded' | 'stopping';

/** One durable change of a domain: what the journal says of it, and whether it is being worked on. */
export class Operation {
  readonly request: OperationRequest;
  readonly subject: Subject | null;
  readonly counts: boolean;
  readonly startedAt: string;
  /** The journal's number of the request. */
  readonly seq: number;
  phase: OperationPhase = 'queued';
  step: OperationStep = 'waiting';
  place = 0;
  deadlineAt: string | null = null;
  endedAt: string | null = null;
  failure: WireRefusal | null = null;
  /** The incarnation that this operation created, once it is known. */
  created: Subject | null = null;
  /** Set while there is somebody at work on it. */
  halt: AbortController | null = null;
  /** Resolves when nobody is at work on it any more. */
  work: Promise<void> = Promise.resolve();

  constructor(
    record: Pick<JournalRecord, 'seq' | 'at'>,
    request: OperationRequest,
    subject: Subject | null,
    counts: boolean,
  ) {
    this.request = request;
    this.subject = subject;
    this.counts = counts;
    this.startedAt = record.at;
    this.seq = record.seq;
  }

  get id(): string {
    return this.request.id;
  }

  get isOpen(): boolean {
    return this.phase === 'queued' || this.phase === 'running';
  }

  /** What the domain is to be booted with. */
  get profile(): BootProfileName {
    return this.request.profile ?? NORMAL;
  }

  /** Whether it makes a new incarnation. */
  get creates(): boolean {
    return createsDomain(this.request.verb);
  }

  /** A power-off overtakes what has not begun to create. */
  get canBeOvertaken(): boolean {
    return this.isOpen && ['waiting', 'shutting-down', 'rebooting'].includes(this.step);
  }

  end(phase: OperationEnd, at: string, failure: WireRefusal | null): void {
    this.phase = phase;
    this.endedAt = at;
    this.failure = failure;
    this.deadlineAt = null;
    this.place = 0;
  }

  view(): OperationView {
    const { id, domain, verb, profile, actor } = this.request;
    const { phase, step, place, startedAt, deadlineAt, endedAt, failure } = this;
    return {
      id,
      domain,
      verb,
      profile,
      phase,
      step,
      place,
      startedAt,
      deadlineAt,
      endedAt,
      failure,
      by: actor.customer,
    };
  }
}
