import { reason } from '../../wire/reason.js';
import { setTimeout as pause } from 'node:timers/promises';
import type { DomainName } from '../../../policy/names.js';
import type { Refusal } from '../../../policy/refusal.js';
import type { ConsoleMode } from '../../wire/console.js';
import type { Contract } from '../../wire/contract.js';
import type { DomainView, HostNames } from '../../wire/domain.js';
import type { GuestName } from '../../wire/guest-name.js';
import type { DemandedPermit } from '../access/authorize.js';
import { Listeners } from '../session/listeners.js';
import type { Logger } from '../../wire/logger.js';
import type { Unsubscribe } from '../session/terminal.js';
import type { JournalRecord } from '../../wire/answers.js';
import { Patience } from '../../wire/patience.js';
import type { HalfStatus } from '../../wire/half-status.js';
import type { HostUsage } from '../../wire/usage.js';
import { readContract } from '../../wire/contract-answer.js';
import { CustomerTurns } from '../scheduling/customer-turns.js';
import { ChangesReader } from './changes-reader.js';
import { ConsoleStream } from './console-stream.js';
import { demandPermit } from './demand-permit.js';
import type { HostFailure } from './host-failure.js';
import { askHalfStatus } from './host-half-status.js';
import { askHostUsage } from './host-usage.js';
import { readHostJournal } from './host-journal.js';
import { HostLog } from './host-log.js';
import { HostRescues } from './host-rescues.js';
import { HostScreen } from './host-screen.js';
import { HostOperations } from './host-operations.js';
import { HostRequests } from './host-requests.js';
import type { LinkEvent } from './link-event.js';
import { Dom0Client, HostError } from './dom0-client.js';

export interface HostSettings {
  readonly name: string;
  /** The path of dom0's socket. */
  readonly socket: string;
}

export interface HostTimings {
  /** The silence on the stream of changes that means loss; dom0's beat comes every 5 s. Milliseconds. */
  readonly silence: number;
  /** How long a question waits for its answer. Milliseconds. */
  readonly answer: number;
  /** The waits between attempts to reach the host, doubled from the first up to the last. Milliseconds. */
  readonly retry: readonly [first: number, last: number];
}

/** How long a question waits that cannot wait, or whose host is not reachable: it may just have come back. Milliseconds. */
const SHORT_ANSWER_MS = 1_000;

const TIMINGS: HostTimings = { silence: 12_000, answer: 10_000, retry: [200, 5_000] };

/**
 * One Xen host, over its dom0 half's socket. It follows the changes, keeps what was last heard, and carries
 * requests. Silence means loss; then it tries again until closed.
 */
export class HostLink {
  readonly name: string;
  readonly socket: string;
  /** The log of its consoles. */
  readonly log: HostLog;
  readonly screen: HostScreen;
  readonly rescues: HostRescues;
  readonly operations: HostOperations;
  readonly #client: Dom0Client;
  readonly #requests: HostRequests;
  readonly #logger: Logger;
  readonly #timings: HostTimings;
  readonly #clock: () => Date;
  readonly #turns: CustomerTurns;
  readonly #listeners: Listeners<LinkEvent>;
  readonly #abort = new AbortController();
  #domains: ReadonlyMap<DomainName, DomainView> = new Map();
  #names: HostNames | null = null;
  #lookedAt: string | null = null;
  #others: readonly GuestName[] = [];
  #contract: Contract | null = null;
  #reachable = false;
  #heard = false;
  #heardAt: Date | null = null;
  #failure: HostFailure | null = null;
  #running: Promise<void> | null = null;
  readonly #tried: Promise<void>;
  #setTried: () => void = () => undefined;
  #hasBeenTried = false;

  constructor(
    settings: HostSettings,
    options: {
      readonly log: Logger;
      readonly timings?: Partial<HostTimings>;
      readonly clock?: () => Date;
      /** In which consoles are read; when left out, they share no turns with connections. */
      readonly turns?: CustomerTurns;
    },
  ) {
    this.name = settings.name;
    this.socket = settings.socket;
    this.#logger = options.log;
    this.#timings = { ...TIMINGS, ...options.timings };
    this.#client = new Dom0Client(settings.socket, this.#timings.answer, this.#abort.signal);
    this.#clock = options.clock ?? (() => new Date());
    this.#turns = options.turns ?? new CustomerTurns();
    this.#requests = new HostRequests(settings.name, this.#client, this.#clock);
    this.operations = new HostOperations(this.#client, this.#requests);
    this.rescues = new HostRescues(this.#requests);
    this.log = new HostLog(
      this.#client,
      this.#requests,
      () => this.#contract?.console.log === true,
      () => this.#contract?.console.logSpans === true,
    );
    this.screen = new HostScreen(this.#client, this.#requests, () => this.#contract?.console.screen === true);
    this.#listeners = new Listeners((fault) => {
      this.#logger.error({ to: 'host', host: this.name, err: fault }, 'listener.fault');
    });
    this.#tried = new Promise((resolve) => {
      this.#setTried = () => {
        this.#hasBeenTried = true;
        resolve();
      };
    });
  }

  /** Settles when the host was first heard, or first failed to answer. */
  get tried(): Promise<void> {
    return this.#tried;
  }

  /** Whether the host was heard, or failed to answer, since the gate started. */
  get hasBeenTried(): boolean {
    return this.#hasBeenTried;
  }

  /** Whether the host is heard at this moment and its whole list is known. */
  get reachable(): boolean {
    return this.#reachable;
  }

  /** The last attempt that failed, with the time when it began; null before one has failed. */
  get failure(): HostFailure | null {
    return this.#failure;
  }

  /** Whether its whole list was ever heard since the gate started. */
  get hasBeenHeard(): boolean {
    return this.#heard;
  }

  /** When its half said anything last; null when it never did since the gate started. */
  get heardAt(): Date | null {
    return this.#heardAt;
  }

  /** What the host can do, as last heard. */
  get contract(): Contract | null {
    return this.#contract;
  }

  /** What was last heard of its domains, also while it is not reachable. */
  get domains(): ReadonlyMap<DomainName, DomainView> {
    return this.#domains;
  }

  /** When it looked at all domains last, ISO 8601, as told; null where it tells only when it looked at each. */
  get lookedAt(): string | null {
    return this.#lookedAt;
  }

  /**
   * What was last heard of other names; null when it has told none since the gate started, or never tells
   * any.
   */
  get names(): HostNames | null {
    return this.#names;
  }

  /** The unmanaged guests that it was last heard to have, also when it tells them no more. */
  get lastOthers(): readonly GuestName[] {
    return this.#others;
  }

  onEvent(listener: (event: LinkEvent) => void): Unsubscribe {
    return this.#listeners.add(listener);
  }

  /** Begins to follow the host. */
  start(): void {
    this.#running ??= this.#follow();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  /**
   * dom0's own journal, oldest first, as a witness for the gate's audit log. A host that is not reachable has
   * only a second for its answer.
   *
   * @throws Error when the host does not answer
   */
  journal(): AsyncGenerator<JournalRecord> {
    return readHostJournal(this.#reachable ? this.#client : this.#impatient());
  }

  /** What its half says of itself now, within a second; null when it does not, or is too old to. */
  async status(): Promise<HalfStatus | null> {
    return this.#reachable ? askHalfStatus(this.#impatient()) : null;
  }

  /** What its domains have used, as sampled last; null when it does not answer within a second, or is too old to. */
  async usage(): Promise<HostUsage | null> {
    return this.#reachable && this.#contract?.usage === true ? askHostUsage(this.#impatient()) : null;
  }

  /** For a question that must not wait for a host that may be away. */
  #impatient(): Dom0Client {
    return new Dom0Client(this.socket, Math.min(this.#timings.answer, SHORT_ANSWER_MS), this.#abort.signal);
  }

  /** Opens a console with the proof that it is permitted; the same permit opens it again after a loss. */
  async openConsole(
    demanded: DemandedPermit,
    request: {
      readonly mode: ConsoleMode;
      readonly columns: number;
      readonly rows: number;
      readonly label: string;
      readonly hasPty: boolean;
      /** Begins with the output of the running boot, where the host can. */
      readonly fromBoot: boolean;
    },
  ): Promise<ConsoleStream | Refusal> {
    demandPermit(demanded, request.mode === 'write' ? ['console'] : ['console', 'watch']);
    const query = new URLSearchParams({
      mode: request.mode,
      cols: String(request.columns),
      rows: String(request.rows),
      label: request.label,
      since: demanded.since,
      ...(request.hasPty ? {} : { pty: '0' }),
      ...(request.fromBoot && this.#contract?.console.fromBoot === true ? { boot: '1' } : {}),
    });
    const path = `/domains/${encodeURIComponent(demanded.domain)}/console?${query.toString()}`;
    try {
      const answer = await this.#client.upgrade(path);
      const reader = { customer: demanded.identity.customer, turns: this.#turns };
      if (answer.ok) return new ConsoleStream(answer.socket, answer.head, this.#logger, reader);
      return this.#requests.refused(demanded.domain, answer.no);
    } catch (fault) {
      return this.#requests.unreachable(demanded.domain, fault);
    }
  }

  async #follow(): Promise<void> {
    const [first, last] = this.#timings.retry;
    let wait = first;
    let told: string | null = null;
    while (!this.#closed()) {
      const at = this.#clock().toISOString();
      try {
        await this.#followOnce(() => {
          wait = first;
          told = null;
        });
      } catch (fault) {
        if (this.#closed()) return;
        // Once for each reason: a host that is away for a night is not worth 17,000 lines.
        const why = reason(fault);
        this.#failure = { at, reason: why };
        if (told !== why) this.#logger.warn({ host: this.name, reason: why }, 'host.unreachable');
        told = why;
      }
      this.#setTried();
      if (this.#reachable) {
        this.#reachable = false;
        this.#listeners.emit({ event: 'lost' });
      }
      await pause(wait, undefined, { signal: this.#abort.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, last);
    }
  }

  #closed(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Follows until the stream ends or falls silent; always ends by throwing. */
  async #followOnce(onReady: () => void): Promise<void> {
    const contract = await this.#client.ask('GET', '/contract');
    if (!contract.ok) throw new HostError(`the contract was refused: ${contract.no.message}`);
    this.#contract = readContract(contract.body);
    const response = await this.#client.open(
      'GET',
      this.#contract.looks === true ? '/changes?looks=1' : '/changes',
    );
    if (response.statusCode !== 200) {
      response.destroy();
      throw new HostError(`the changes were answered with status ${response.statusCode ?? 0}`);
    }
    const reader = new ChangesReader(this.#domains, this.#lookedAt);
    const silence = new Patience(this.#timings.silence, () =>
      response.destroy(new HostError('it fell silent')),
    );
    try {
      for await (const chunk of response as AsyncIterable<Buffer>) {
        silence.restart();
        this.#heardAt = this.#clock();
        for (const event of reader.push(chunk)) {
          this.#domains = reader.domains;
          this.#names = reader.names;
          this.#contract = reader.contract ?? this.#contract;
          this.#lookedAt = reader.lookedAt;
          this.#others = reader.names?.others ?? this.#others;
          if (event.event === 'reachable') {
            this.#reachable = true;
            this.#heard = true;
            onReady();
            this.#setTried();
            this.#logger.info({ host: this.name, domains: this.#domains.size }, 'host.reachable');
          }
          this.#listeners.emit(event);
        }
      }
    } finally {
      silence.stop();
    }
    throw new HostError('it ended the stream of changes');
  }
}
