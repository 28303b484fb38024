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
import type { HostIncarnation } from '../toolstack/incarnation.js';
import type { JournalRecord, OperationEnd, Subject, Term } from './journal-record.js';

/** Whether a verb makes a new incarnation. */
export function createsDomain(verb: Verb): boolean {
  return verb === 'start' || verb === 'rescue' || verb === 'normal';
}

/** Why an operation's work is broken off from outside. */
export type HaltReason = 'superseded' | 'stopping';

/** What a create of ours makes: by its UUID it is told from what others make. Null where the file has one, or none can be given. */
export interface Making {
  readonly uuid: string | null;
}

/** One durable change of a domain: what the journal says of it, and whether it is being worked on. */
export class Operation {
  readonly request: OperationRequest;
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
  /** The end is not in the journal, as it cannot be written. */
  unrecorded = false;
  /** Set once it has begun to create. */
  making: Making | null = null;
  /** Set while there is somebody at work on it. */
  halt: AbortController | null = null;
  /** Resolves when nobody is at work on it any more. */
  work: Promise<void> = Promise.resolve();
  #term: Term | null;
  #subject: Subject | null;
  #created: (Subject & { readonly boot: string | null }) | null = null;
  #committed = false;
  #overtaking: Promise<void> | null = null;

  constructor(
    record: Pick<JournalRecord, 'seq' | 'at'>,
    request: OperationRequest,
    subject: Subject | null,
    counts: boolean,
    term: Term | null = null,
  ) {
    this.request = request;
    this.#subject = subject;
    this.counts = counts;
    this.startedAt = record.at;
    this.seq = record.seq;
    this.#term = term;
  }

  get id(): string {
    return this.request.id;
  }

  get isOpen(): boolean {
    return this.phase === 'queued' || this.phase === 'running';
  }

  /** Null for one from before there were terms. */
  get term(): Term | null {
    return this.#term;
  }

  /** For one that has no term, or a shorter one than it has. */
  limit(term: Term): void {
    this.#term = term;
  }

  /** It acts on this incarnation and no other. */
  get subject(): HostIncarnation | null {
    return this.#subject === null ? null : { ...this.#subject, boot: this.#term?.boot ?? UNKNOWN_BOOT };
  }

  /** A rebooting domain that is powered off has become another incarnation. */
  follow(subject: Subject): void {
    this.#subject = { uuid: subject.uuid, domid: subject.domid };
  }

  /** The incarnation that this operation created, once it is known. */
  get created(): HostIncarnation | null {
    if (this.#created === null) return null;
    const { uuid, domid, boot } = this.#created;
    return { uuid, domid, boot: boot ?? this.#term?.boot ?? UNKNOWN_BOOT };
  }

  /** @param boot null in records from before they had it */
  made(created: Subject, boot: string | null): void {
    this.#created = { uuid: created.uuid, domid: created.domid, boot };
  }

  /** Whether nothing may act for it any more. */
  isLate(uptime: number): boolean {
    return this.#term === null || uptime >= this.#term.until;
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
    const early = ['waiting', 'shutting-down', 'rebooting'].includes(this.step);
    return this.isOpen && !this.#committed && this.#overtaking === null && early;
  }

  /**
   * Takes it for a power-off that is being written to the journal: it does not begin to create until `settled` is called.
   *
   * @returns null when it can no longer be overtaken
   */
  overtake(): { readonly settled: () => void } | null {
    if (!this.canBeOvertaken) return null;
    let settle: () => void = () => undefined;
    this.#overtaking = new Promise((resolve) => (settle = resolve));
    return {
      settled: () => {
        this.#overtaking = null;
        settle();
      },
    };
  }

  /** From when this resolves nothing overtakes it. A power-off that is just being written comes first: ask then whether it was broken off. */
  async commit(): Promise<void> {
    while (this.#overtaking !== null) await this.#overtaking;
    this.#committed = true;
  }

  end(phase: OperationEnd, at: string, failure: WireRefusal | null): void {
    this.phase = phase;
    this.endedAt ??= at;
    this.failure = failure;
    this.deadlineAt = null;
    this.place = 0;
  }

  view(): OperationView {
    const { id, domain, verb, profile, actor } = this.request;
    const { phase, step, place, startedAt, deadlineAt, endedAt, failure, unrecorded } = this;
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
      ...(unrecorded ? { unrecorded } : {}),
    };
  }
}

/** No host has it: what is of an unknown boot is never what is there now. */
const UNKNOWN_BOOT = 'unknown';
