import { printable } from '../../../menus/printable-text.js';
import type { AuditEvent } from '../../store/audit-event.js';
import { AuditUnavailableError } from '../../store/store-error.js';
import type { ConsoleMode } from '../../wire/console.js';
import { isTerminalAnswer } from '../../wire/terminal-answers.js';
import type { Announcements } from '../session/announcements.js';
import { actorOf } from '../access/authorize.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import type { ConsoleNews } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { Logger } from '../../wire/logger.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { Recordings } from '../recording/recordings.js';
import type { AttachmentRecording } from '../recording/attachment-recording.js';
import type { Revocation, Tracked } from '../access/revocation.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';
import { Participants } from './participants.js';
import { ConsoleKeys } from './console-keys.js';
import type { ConsoleLink } from './console-link.js';
import { ConsoleNotice } from './console-notice.js';
import { ConsoleOutput } from './console-output.js';
import type { ConsoleOptions } from './console-options.js';
import { PresenceNotices } from './presence-notices.js';
import { consoleWords } from './console-words.js';
import type { ConsoleWords } from './console-words.js';
import { IdleWatch } from './idle-watch.js';
import { canTake } from './keyboard-takeover.js';
import type { LiveAttachments } from '../access/live-attachments.js';
import { ScreenQuery } from './screen-query.js';
import { guestPromptOf } from './guest-prompt.js';
import { SizeHint } from './size-hint.js';
import { terminalReset } from '../session/terminal-reset.js';

export interface ConsoleParts {
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly revocation: Revocation;
  readonly consoleOptions: ConsoleOptions;
  readonly recordings: Recordings;
  readonly liveAttachments: LiveAttachments;
  readonly announcements: Announcements;
  /** @throws AuditUnavailableError */
  readonly audit: { append(event: AuditEvent): unknown };
  readonly log: Logger;
}

/** How a console ended. */
export interface ConsoleEnding {
  /** An exit status of exec: 0 when the customer left. */
  readonly status: number;
  /** The reason, when there is something to say. */
  readonly message: string | null;
  /** What was typed after the leave, for the next reader of the terminal. */
  readonly rest?: Buffer;
}

/**
 * After the end of input, the guest's answers are still shown until it has been quiet for `quiet`, and for at
 * most `most`. Milliseconds.
 */
const LINGER = { quiet: 500, most: 5_000 };

/** Ends a shell's input. */
const CTRL_D = Buffer.from([0x04]);

/** With more than this not yet taken by dom0, the customer's next keys wait. Bytes. */
const MOST_BACKLOG = 256 * 1024;

/** Holds a terminal and a console together while they are joined. */
export class ConsoleAttachment {
  readonly #parts: ConsoleParts;
  readonly #demanded: DemandedPermit;
  readonly #link: ConsoleLink;
  readonly #terminal: Terminal;
  readonly #mode: ConsoleMode;
  readonly #participants: Participants;
  readonly #notice: ConsoleNotice;
  readonly #output: ConsoleOutput;
  readonly #keys: ConsoleKeys;
  readonly #words: ConsoleWords;
  readonly #presence: PresenceNotices;
  readonly #screen: ScreenQuery;
  readonly #sizeHint: SizeHint;
  readonly #idle: IdleWatch;
  readonly #cleanup: Unsubscribe[] = [];
  readonly #finish: (ending: ConsoleEnding) => void;
  #tracked: Tracked | null = null;
  #stopReading: Unsubscribe | null = null;
  #lingerTimer: NodeJS.Timeout | null = null;
  #departing = false;
  #over = false;

  constructor(
    parts: ConsoleParts,
    demanded: DemandedPermit,
    link: ConsoleLink,
    recording: AttachmentRecording,
    mode: ConsoleMode,
    finish: (ending: ConsoleEnding) => void,
  ) {
    const { terminal } = recording;
    this.#parts = parts;
    this.#demanded = demanded;
    this.#link = link;
    this.#terminal = terminal;
    this.#mode = mode;
    this.#finish = finish;
    this.#participants = new Participants(mode === 'write');
    this.#notice = new ConsoleNotice(terminal, () => link.stream?.send({ note: 'repaint' }));
    this.#output = new ConsoleOutput(terminal, (bytes) => link.stream?.send({ note: 'credit', bytes }));
    const { customer } = demanded.identity;
    const escape = parts.consoleOptions.escapeKey(customer);
    const words = consoleWords(escape, () => canTake(parts.authorizer, demanded, this.#participants));
    this.#words = words;
    const context = {
      domain: demanded.domain,
      participants: this.#participants,
      notice: this.#notice,
      words,
    };
    this.#sizeHint = new SizeHint({ participants: this.#participants, words, terminal });
    this.#presence = new PresenceNotices({
      hasPty: terminal.hasPty,
      ...context,
      recording,
      sizeHint: this.#sizeHint,
    });
    this.#screen = new ScreenQuery(() => {
      const answers = parts.hosts.find(demanded.domain)?.host.contract?.console.screenText === true;
      if (answers) link.stream?.send({ note: 'screen' });
      return answers && link.stream !== null;
    });
    this.#idle = new IdleWatch(
      () => parts.consoleOptions.idleSeconds(customer, demanded.domain, this.#participants.isWriter),
      {
        warn: (seconds) => {
          this.#notice.show(words.idle(seconds), { stays: true });
        },
        back: () => {
          this.#notice.clear();
        },
        over: () => {
          this.#depart({ status: 1, message: words.idleEnd(demanded.domain) });
        },
      },
    );
    this.#keys = new ConsoleKeys(
      parts,
      { ...context, demanded, escape, terminal, screen: this.#screen, sizeHint: this.#sizeHint },
      {
        stream: () => link.stream,
        leave: (rest) => {
          this.#depart({ status: 0, message: null, rest });
        },
        taken: (taken) => {
          this.#record('console.taken', taken);
        },
      },
    );
    this.#record('console.attached', demanded);
    this.#join();
    recording.attach({
      tell: (sentence) => {
        this.#notice.show(sentence);
      },
      repaint: () => link.stream?.send({ note: 'repaint' }),
      end: (sentence) => {
        this.leave({ status: 1, message: sentence });
      },
    });
  }

  /** Whether this customer has the keyboard. */
  get isWriter(): boolean {
    return this.#participants.isWriter;
  }

  /** Puts the terminal right and lets go of everything; once. */
  leave(ending: ConsoleEnding): void {
    if (this.#over) return;
    this.#over = true;
    this.#presence.dispose();
    this.#idle.dispose();
    if (this.#lingerTimer !== null) clearTimeout(this.#lingerTimer);
    this.#stopReading?.();
    for (const undo of this.#cleanup.splice(0)) undo();
    this.#notice.dispose();
    this.#output.dispose();
    this.#keys.dispose();
    this.#screen.dispose();
    this.#link.close();
    const { hasPty, term, rows } = this.#terminal;
    if (hasPty) this.#terminal.write(`${terminalReset(term)}${term === 'dumb' ? '' : `\x1b[${rows};1H`}\r\n`);
    this.#record('console.detached', this.#demanded);
    this.#parts.operations.recordEnd(this.#demanded, 'done', null, ending.message);
    this.#finish(ending);
  }

  #join(): void {
    const { identity, domain } = this.#demanded;
    const terminal = this.#terminal;
    const action = this.#mode === 'write' ? 'console' : 'watch';
    const tracked = this.#parts.revocation.track({
      identity,
      // A customer who came to watch and has the keyboard by now writes.
      needs: () => ({ action: this.#participants.isWriter ? 'console' : action, domain }),
      end: (sentence) => {
        this.leave({ status: 1, message: sentence });
      },
    });
    this.#tracked = tracked;
    this.#cleanup.push(
      () => {
        tracked.forget();
      },
      this.#parts.consoleOptions.onChange(() => {
        this.#idle.review();
      }),
      this.#parts.announcements.onConsole((text) => {
        this.#notice.announce(printable(text, 'ascii'));
        return true;
      }),
      terminal.onClose(() => {
        this.#depart({ status: 1, message: null }, { mute: true });
      }),
      terminal.onResize((cols, rows) => {
        if (!this.#canAct()) return;
        this.#link.stream?.send({ note: 'resize', cols, rows });
        const hint = this.#sizeHint.sentence();
        if (hint !== null) this.#notice.show(hint);
      }),
      terminal.onBreak(() => {
        if (this.#canAct()) this.#keys.break();
      }),
      terminal.onEnd(() => {
        if (this.#mode === 'write') this.#linger(Date.now());
      }),
    );
    this.#read();
    this.#link.listen({
      bytes: (data) => {
        if (!this.#canAct()) return;
        this.#presence.bytes();
        this.#output.write(data);
      },
      note: (note) => {
        if (this.#canAct()) this.#heard(note);
      },
      drained: () => {
        this.#read();
      },
      lost: () => {
        this.#lost();
      },
      canAct: () => this.#canAct(),
      over: (message) => {
        this.leave({ status: 1, message });
      },
    });
    if (!terminal.isOpen) this.leave({ status: 1, message: null });
  }

  /** Reads what is typed, unless it is being read already. */
  #read(): void {
    if (this.#stopReading !== null || this.#over || this.#departing) return;
    this.#stopReading = this.#terminal.onInput((data) => {
      if (!this.#canAct()) return;
      // The terminal's answers to a guest's queries must not keep an idle console open.
      if (!isTerminalAnswer(data)) this.#idle.touch();
      this.#keys.typed(data);
      if ((this.#link.stream?.backlog ?? 0) <= MOST_BACKLOG) return;
      // The rest waits at the client until dom0 has taken what is on its way.
      this.#stopReading?.();
      this.#stopReading = null;
    });
  }

  /** Asked at every piece, either way. When the right has gone, this leaves the attachment. */
  #canAct(): boolean {
    return this.#tracked?.canAct() === true;
  }

  #lost(): void {
    this.#output.forget();
    this.#presence.lost();
    this.#screen.dispose();
    this.#keys.lost();
    this.#read();
  }

  #heard(note: ConsoleNews): void {
    this.#presence.heard(note);
    if (note.note === 'screen') {
      this.#screen.heard(note.screen);
    } else if (note.note === 'attached' || note.note === 'writer') {
      this.#idle.review();
      if (note.note === 'writer' && this.#participants.isWriter) this.#hasKeyboard();
    } else if (note.note === 'ended' && (note.reason === 'domain-gone' || note.reason === 'evicted')) {
      this.leave({ status: 1, message: this.#words.ended(this.#demanded.domain, note.reason) });
    }
  }

  #hasKeyboard(): void {
    const { columns: cols, rows } = this.#terminal;
    this.#link.stream?.send({ note: 'resize', cols, rows });
    this.#keys.hasKeyboard();
  }

  /**
   * Leaves by the customer's own doing. A shell that is left logged in is mentioned, or ended where the
   * options say so.
   *
   * @param mute nobody is there to read it
   */
  #depart(ending: ConsoleEnding, { mute = false } = {}): void {
    if (this.#over || this.#departing) return;
    const { identity, domain } = this.#demanded;
    const logsOut = this.#parts.consoleOptions.logsOut(identity.customer, domain);
    if (!this.#participants.isWriter || (mute && !logsOut)) {
      this.leave(ending);
      return;
    }
    this.#departing = true;
    this.#stopReading?.();
    void this.#screen.read().then((screen) => {
      const seeming = screen === null ? 'other' : guestPromptOf(screen);
      const loggedIn = seeming === 'shell' || seeming === 'shell-typing';
      // Ctrl-D means the end only where nothing is typed: half a command would be lost, or run.
      const ends = seeming === 'shell' && logsOut && this.#participants.isWriter && this.#canAct();
      if (ends) this.#link.stream?.write(CTRL_D);
      const words = ends ? this.#words.loggedOut(domain) : loggedIn ? this.#words.loggedIn(domain) : null;
      const message = [ending.message, words].filter((each) => each !== null).join(' ');
      this.leave({ ...ending, message: message === '' ? null : message });
    });
  }

  /** The input has ended: shows what the guest still answers, then leaves. */
  #linger(since: number): void {
    const now = Date.now();
    const quiet = now - Math.max(this.#presence.lastBytes, since) >= LINGER.quiet;
    if (quiet || now - since >= LINGER.most) {
      this.#depart({ status: 0, message: null });
      return;
    }
    this.#lingerTimer = setTimeout(() => {
      this.#linger(since);
    }, LINGER.quiet / 5);
  }

  /** Looking at a console must not wait for room on the disk. */
  #record(kind: 'console.attached' | 'console.detached' | 'console.taken', demanded: DemandedPermit): void {
    const { domain, operation, identity } = demanded;
    const mode = kind === 'console.taken' ? 'write' : this.#mode;
    try {
      this.#parts.audit.append({ kind, actor: actorOf(identity), domain, mode, operation });
    } catch (fault) {
      if (!(fault instanceof AuditUnavailableError)) throw fault;
      this.#parts.log.error({ kind, connection: identity.connection }, 'cannot be recorded in the audit log');
    }
  }
}
