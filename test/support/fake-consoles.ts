import type { Duplex } from 'node:stream';
import type { DomainState } from '../../policy/domain-state.js';
import type { BootProfileName, DomainName } from '../../policy/names.js';
import type { ConsoleHost } from '../../server/dom0/observation/console-host.js';
import type { ConsoleState } from '../../server/wire/domain.js';

import type { LogAnswer } from '../../server/dom0/console-log/domain-log.js';
import type { LogQuery } from '../../server/dom0/console-log/log-query.js';
import { inMemory } from '../../server/dom0/console-log/memory-log.js';
import type { ConsoleRelease } from '../../server/wire/console-release.js';
import type { LogSwitch } from '../../server/wire/log.js';
import type { ScreenView } from '../../server/wire/screen.js';
import type { Incarnation } from '../../server/dom0/toolstack/incarnation.js';

/** Consoles that attach to nothing, and record what they were told. */
export class FakeConsoles implements ConsoleHost {
  readonly told: {
    name: DomainName;
    incarnation: Incarnation | null;
    state: DomainState;
    profile: BootProfileName;
  }[] = [];
  readonly attached: { name: DomainName; domid: number; uuid: string }[] = [];
  readonly forgotten: DomainName[] = [];
  readonly left: DomainName[] = [];
  missingNames: readonly DomainName[] = [];
  readonly switchedOff = new Set<DomainName>();
  readonly released: { name: DomainName; release: ConsoleRelease }[] = [];
  readonly keepsLog = true;
  /** The result of an attach; attaches at once by default. */
  onAttach: () => Promise<'attached' | 'locked' | 'failed'> = () => Promise.resolve('attached');
  /** Whether a console stays open after the answer. */
  staysOpen = false;
  /** Whether a log's answer never ends. */
  endless = false;
  readonly #listeners = new Set<(name: DomainName, state: ConsoleState) => void>();

  attach(name: DomainName, domid: number, uuid: string): Promise<'attached' | 'locked' | 'failed'> {
    this.attached.push({ name, domid, uuid });
    return this.onAttach();
  }

  observed(
    name: DomainName,
    incarnation: Incarnation | null,
    state: DomainState,
    profile: BootProfileName,
  ): void {
    this.told.push({ name, incarnation, state, profile });
  }

  state(): ConsoleState {
    return 'detached';
  }

  readLog(name: DomainName, query: LogQuery): Promise<LogAnswer> {
    const { facts, bytes } = inMemory({ start: 0, bytes: Buffer.from(`what ${name} said\r\n`) }, query);
    const kept = { keeping: !this.switchedOff.has(name), place: 'disk' } as const;
    return Promise.resolve({ facts: { ...facts, ...kept }, bytes: this.endless ? untilGone : bytes });
  }

  /** The answer for a screen; null when it cannot be read. */
  onScreen: (name: DomainName, since: number | null) => ScreenView | null = () => null;

  readScreen(name: DomainName, since: number | null): Promise<ScreenView | null> {
    return Promise.resolve(this.onScreen(name, since));
  }

  readLogWith(): Promise<LogAnswer | null> {
    return Promise.resolve(null);
  }

  missing(names: readonly DomainName[]): void {
    this.missingNames = names;
  }

  switchLog(name: DomainName, { keep }: LogSwitch): Promise<void> {
    if (keep) this.switchedOff.delete(name);
    else this.switchedOff.add(name);
    return Promise.resolve();
  }

  onState(listener: (name: DomainName, state: ConsoleState) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  onAdminAct(): () => void {
    return () => undefined;
  }

  release(name: DomainName, release: ConsoleRelease): Promise<number | null> {
    this.released.push({ name, release });
    return Promise.resolve(release.seconds === 0 ? null : Date.UTC(2026, 10, 21) + release.seconds * 1000);
  }

  accept(_name: DomainName, _query: URLSearchParams, socket: Duplex): void {
    const answer =
      'HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: postern-console\r\n\r\n';
    if (this.staysOpen) socket.write(answer);
    else socket.end(answer);
  }

  leave(name: DomainName): void {
    this.left.push(name);
  }

  forget(name: DomainName): void {
    this.forgotten.push(name);
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

async function* untilGone(signal: AbortSignal): AsyncGenerator<Buffer> {
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
  yield Buffer.alloc(0);
}
