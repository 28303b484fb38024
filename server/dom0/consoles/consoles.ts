import type { Duplex } from 'node:stream';
import type { DomainState } from '../../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import { refusal } from '../../../policy/refusal.js';
import { CONSOLE_PROTOCOL, PING_INTERVAL_MS } from '../../wire/console.js';
import type { LogSwitch } from '../../wire/log.js';
import type { ScreenView } from '../../wire/screen.js';
import type { ConsoleRelease } from '../../wire/console-release.js';
import type { ConsoleState } from '../../wire/domain.js';
import type { ConsoleLogs } from '../console-log/console-logs.js';
import type { LogAnswer } from '../console-log/domain-log.js';
import type { LogQuery } from '../console-log/log-query.js';
import { inMemory } from '../console-log/memory-log.js';
import type { Recent } from '../console-log/memory-log.js';
import type { AdminActListener } from './admin-act.js';
import type { AttachResult } from './attach-waiters.js';
import type { Ownership } from './console-client.js';
import type { Logger } from '../../wire/logger.js';
import { parseConsoleQuery } from './console-query.js';
import { refuseUpgrade } from './upgrade-refusal.js';
import { DomainConsole } from './domain-console.js';
import { LINE_TIMING } from './line-timing.js';
import type { LineTiming } from './line-timing.js';
import { FloodLimiter } from './flood-limiter.js';
import type { PtyCommand } from '../process/pty.js';
import { Screens } from '../screens/screens.js';
import type { ScreensTiming } from '../screens/screens-timing.js';
import { Semaphore } from '../scheduling/semaphore.js';
import type { Incarnation } from '../toolstack/incarnation.js';

/** Milliseconds; for tests, and for very slow hosts. */
interface ConsolesTiming {
  readonly ping: number;
  /** With `on-demand`: from the last attachment's leaving until we close the console. */
  readonly idle: number;
  readonly line: Partial<LineTiming>;
  readonly screens: Partial<ScreensTiming>;
}

export interface ConsolesParts {
  /** The command that runs the console of a domid on a pty. */
  readonly command: (domid: number) => PtyCommand;
  /** Asks the toolstack anew whether a domid is still this incarnation's, of the domain of this name. */
  readonly whose: (name: DomainName, incarnation: Incarnation) => Promise<Ownership>;
  /**
   * Whether the toolstack's console ends at Ctrl-^ (`-e ^^`) instead of Ctrl-]. We never
   * pass on the key that ends it.
   */
  readonly passesEscape: boolean;
  /** Whether consoles are always open, or only while somebody is attached. */
  readonly attach: 'always' | 'on-demand';
  /** Whether customers are told of an admin who only watches. */
  readonly announceAdmins: boolean;
  /** The logs on the disk; null keeps output in memory only. */
  readonly logs?: ConsoleLogs | null;
  readonly logger: Logger;
  readonly timing?: Partial<ConsolesTiming>;
}

const ATTACHMENTS = 32;
const IDLE_MS = 5_000;
/**
 * How many consoles open at once without being asked for: a start of dom0 with 250 domains must
 * not run 250 `xl` at once.
 */
const OPENINGS = 4;

/** The consoles of all managed domains. */
export class Consoles {
  readonly #parts: ConsolesParts;
  readonly #timing: Partial<ConsolesTiming>;
  readonly #screens: Screens;
  readonly #logs: ConsoleLogs | null;
  readonly #pacer = new FloodLimiter();
  readonly #semaphore = new Semaphore(OPENINGS);
  readonly #consoles = new Map<DomainName, DomainConsole>();
  readonly #listeners = new Set<(name: DomainName, state: ConsoleState) => void>();
  readonly #adminListeners = new Set<AdminActListener>();
  #lastAttachment = 0;
  #disposed = false;

  constructor(parts: ConsolesParts) {
    this.#parts = parts;
    this.#timing = parts.timing ?? {};
    this.#logs = parts.logs ?? null;
    this.#logs?.keep(null);
    this.#screens = new Screens(parts.logger, this.#timing.screens);
  }

  /**
   * Opens the console of a domain that was created paused. Resolves when its client carries bytes, so that no
   * output is lost after the unpause. `locked`: an admin's own `xl console` has it. `failed`: it ended, or 3
   * s have passed. Tries go on after both.
   */
  attach(name: DomainName, domid: number, uuid: string): Promise<AttachResult> {
    return this.#disposed ? Promise.resolve('failed') : this.#console(name).attach({ uuid, domid });
  }

  /**
   * Takes the toolstack's observation of a managed domain; the incarnation is null when the domain has none.
   */
  observed(
    name: DomainName,
    incarnation: Incarnation | null,
    state: DomainState,
    profile: BootProfileName,
    since: number | null = null,
  ): void {
    if (!this.#disposed) this.#console(name).observed(incarnation, state, profile, since);
  }

  state(name: DomainName): ConsoleState {
    return this.#consoles.get(name)?.state ?? 'detached';
  }

  /** @returns a function that unsubscribes */
  onState(listener: (name: DomainName, state: ConsoleState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** @returns a function that unsubscribes */
  onAdminAct(listener: AdminActListener): () => void {
    this.#adminListeners.add(listener);
    return () => {
      this.#adminListeners.delete(listener);
    };
  }

  /**
   * Leaves a console to an admin's own client for a time, or takes it back. Resolves
   * when our client has ended.
   *
   * @returns until when, milliseconds since the epoch; null when it is taken back
   */
  async release(name: DomainName, { seconds, admin }: ConsoleRelease): Promise<number | null> {
    const console = this.#console(name);
    if (seconds === 0) {
      this.#adminDid({ act: 'console-taken-back' }, name, admin);
      console.takeBack();
      return null;
    }
    const until = Date.now() + seconds * 1000;
    this.#adminDid({ act: 'console-released', seconds }, name, admin);
    await console.lend(seconds * 1000);
    return until;
  }

  /**
   * Takes over the socket of `GET /domains/NAME/console` with `Upgrade: postern-console`. The
   * caller has checked that the name is managed. Answers 101 and speaks wire/console.ts, or
   * answers 400 or 503 and closes.
   */
  accept(name: DomainName, query: URLSearchParams, socket: Duplex, head: Buffer): void {
    const asked = parseConsoleQuery(query);
    if (asked === undefined) {
      refuseUpgrade(
        socket,
        400,
        refusal('usage', 'mode is write or watch, and since is a time: 2026-01-31T12:00:00Z.'),
      );
      return;
    }
    if (this.#disposed) {
      refuseUpgrade(socket, 503, refusal('host-unreachable', 'Postern is being restarted on its host.'));
      return;
    }
    if (this.#console(name).population >= ATTACHMENTS) {
      refuseUpgrade(
        socket,
        503,
        refusal('too-many', 'Too many people are at this console. Try again later.'),
      );
      return;
    }
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${CONSOLE_PROTOCOL}\r\n\r\n`,
    );
    if (head.length > 0) socket.unshift(head);
    this.#lastAttachment += 1;
    const pingMs = this.#timing.ping ?? PING_INTERVAL_MS;
    this.#console(name).join({ ...asked, id: this.#lastAttachment, socket, pingMs });
  }

  /**
   * The text on the screen, without joining the console. @param since nothing from before is shown,
   * milliseconds since the epoch @returns null when it cannot be read now
   */
  readScreen(name: DomainName, since: number | null): Promise<ScreenView | null> {
    return this.#disposed ? Promise.resolve(null) : this.#console(name).read(since);
  }

  /**
   * @returns the console's output in memory, raw; with `since` (milliseconds since the
   *   epoch) nothing from before
   */
  log(name: DomainName, since: number | null): Buffer {
    return this.#recent(name, since).bytes;
  }

  /** Whether console output is logged on the disk. */
  get keepsLog(): boolean {
    return this.#logs !== null;
  }

  /**
   * Answers from the disk, or from memory when nothing is logged or the disk fails now.
   *
   * @throws a disk error
   */
  async readLog(name: DomainName, query: LogQuery): Promise<LogAnswer> {
    const log = this.#logs?.of(name);
    if (log !== undefined && (!log.isFailing || !log.isKept)) return log.answer(query);
    return inMemory(this.#recent(name, query.since), query);
  }

  /** The same from the log that has this UUID; null when there is none. @throws a disk error */
  async readLogWith(name: DomainName, uuid: string, query: LogQuery): Promise<LogAnswer | null> {
    const log = (await this.#logs?.with(name, uuid)) ?? null;
    return log === null ? null : log.answer(query);
  }

  /** Settles when nothing is being loaded for the consoles of now. */
  async loaded(): Promise<void> {
    await this.#screens.loaded();
  }

  /** Switches a domain's log off or on. @throws a disk error, or Error when no logs are kept */
  async switchLog(name: DomainName, { keep, actor }: LogSwitch): Promise<void> {
    if (this.#logs === null) throw new Error('no console logs are kept');
    const isSwitched = await this.#logs.of(name).switch(keep, actor, Date.now());
    if (isSwitched) this.#parts.logger.info({ domain: name, keep, actor }, 'console-log.switched');
  }

  /** The domain is not managed any more: ends its attachments, and forgets its output. */
  leave(name: DomainName): void {
    void this.#consoles.get(name)?.dispose('domain-gone');
    this.#consoles.delete(name);
  }

  /** The domain is gone: as `leave`, and retires its log. */
  forget(name: DomainName): void {
    this.leave(name);
    this.#logs?.retire(name);
  }

  /** Names that are missing but not gone: their logs stay. */
  missing(names: readonly DomainName[]): void {
    this.#logs?.keep(names);
  }

  /** Ends our console processes and the attachments, never the domains. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const ends = [...this.#consoles.values()].map((console) => console.dispose('shutting-down'));
    this.#consoles.clear();
    this.#listeners.clear();
    this.#adminListeners.clear();
    await Promise.all([...ends, this.#screens.dispose()]);
    await this.#logs?.dispose();
  }

  readonly #adminDid: AdminActListener = (act, domain, admin) => {
    for (const listener of this.#adminListeners) listener(act, domain, admin);
  };

  #recent(name: DomainName, since: number | null): Recent {
    return this.#consoles.get(name)?.recent(since) ?? { start: 0, bytes: Buffer.alloc(0) };
  }

  #console(name: DomainName): DomainConsole {
    const known = this.#consoles.get(name);
    if (known !== undefined) return known;
    const { command, whose, passesEscape, attach, announceAdmins, logger } = this.#parts;
    const timing = { ...LINE_TIMING, ...this.#timing.line };
    const console = new DomainConsole({
      name,
      line: {
        name,
        command,
        whose: (incarnation) => whose(name, incarnation),
        passesEscape,
        pacer: this.#pacer,
        semaphore: this.#semaphore,
        timing,
        logger,
      },
      screens: this.#screens,
      log: this.#logs?.of(name) ?? null,
      attach,
      idleMs: this.#timing.idle ?? IDLE_MS,
      announceAdmins,
      onConsoleState: (state) => {
        if (this.#consoles.get(name) !== console) return;
        for (const listener of this.#listeners) listener(name, state);
      },
      onAdminAct: (act, admin) => {
        this.#adminDid(act, name, admin);
      },
    });
    this.#consoles.set(name, console);
    return console;
  }
}
