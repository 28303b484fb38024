import { FaultGuard } from '../../wire/fault-guard.js';
import { terminalReset } from '../session/terminal-reset.js';
import type { Identity } from '../session/identity.js';
import type { Logger } from '../../wire/logger.js';
import type { Session, SessionHandler } from '../session/session.js';
import { sessionInfo } from '../session/session-info.js';
import type { SessionInfo } from '../session/session-info.js';
import type { Terminal } from '../session/terminal.js';
import type { LoginRecord } from './login-record.js';

interface Entry {
  readonly info: SessionInfo;
  readonly terminal: Terminal;
  /** Null until the session can take leave by itself. */
  takeLeave: ((sentence: string) => void) | null;
  ending: boolean;
}

/**
 * How long the handler may take to put the terminal right and say why, before it is done here. Milliseconds.
 */
const FAREWELL_MS = 2000;

/** Exit statuses of the gate's own (docs/design.md, Flows). */
const EXIT = { failed: 1, refused: 3 } as const;

/** The live sessions of the gate: opens them, lists them, ends them. */
export class SessionRegistry {
  readonly #handler: SessionHandler;
  readonly #record: LoginRecord;
  readonly #motd: string;
  readonly #log: Logger;
  readonly #entries = new Map<string, Entry>();

  /** @param motd shown where a shell begins; empty for none */
  constructor(handler: SessionHandler, record: LoginRecord, motd: string, log: Logger) {
    this.#handler = handler;
    this.#record = record;
    this.#motd = motd;
    this.#log = log;
  }

  open(id: string, identity: Identity, terminal: Terminal, request: Session['request']): void {
    const info = sessionInfo({ id, identity, terminal, openedAt: new Date(), request });
    const no = this.#handler.refuses(identity, info);
    if (no !== null) {
      terminal.writeError(`${no}${terminal.hasPty ? '\r\n' : '\n'}`);
      terminal.exit(EXIT.refused);
      return;
    }
    const entry: Entry = { info, terminal, takeLeave: null, ending: false };
    this.#entries.set(id, entry);
    const recorded = this.#record.session('session.opened', identity, id, info.what, info.command);
    terminal.onClose(() => {
      this.#entries.delete(id);
      void this.#record.session('session.closed', identity, id, info.what, info.command);
    });
    if (request.kind === 'shell' && this.#motd !== '') terminal.write(this.#motd);
    this.#handler.open({
      id,
      identity,
      terminal,
      openedAt: info.openedAt,
      request,
      recorded,
      onEnd: (listener) => {
        entry.takeLeave = listener;
      },
    });
  }

  list(): SessionInfo[] {
    return [...this.#entries.values()].map(({ info }) => info);
  }

  /** @returns false when there is no such session */
  end(id: string, sentence: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    this.#end(entry, sentence);
    return true;
  }

  /** @returns how many were ended */
  endWhere(predicate: (session: SessionInfo) => boolean, sentence: string): number {
    const chosen = [...this.#entries.values()].filter(({ info, ending }) => !ending && predicate(info));
    for (const entry of chosen) this.#end(entry, sentence);
    return chosen.length;
  }

  #end(entry: Entry, sentence: string): void {
    if (entry.ending) return;
    entry.ending = true;
    const { terminal, info } = entry;
    let patience = entry.takeLeave === null ? 0 : FAREWELL_MS;
    try {
      entry.takeLeave?.(sentence);
    } catch (error) {
      patience = 0;
      this.#log.error({ session: info.id, err: error }, 'session.rude-end');
    }
    // The caller has other sessions to end: a fault here must reach neither them nor the process.
    const farewell = new FaultGuard(this.#log).on(
      'farewell',
      () => {
        if (!terminal.isOpen) return;
        terminal.write(`${terminal.hasPty ? terminalReset(terminal.term) : ''}\r\n${sentence}\r\n`);
        terminal.exit(EXIT.failed);
      },
      () => {
        terminal.exit(EXIT.failed);
      },
    );
    const impatience = setTimeout(farewell, patience);
    terminal.onClose(() => {
      clearTimeout(impatience);
    });
  }
}
