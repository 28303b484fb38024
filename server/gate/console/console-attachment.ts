import { printable } from '../../../menus/printable-text.js';
import type { ConsoleMode } from '../../wire/console.js';
import { isTerminalAnswer } from '../../wire/terminal-answers.js';
import type { Announcements } from '../session/announcements.js';
import type { Authorizer, DemandedPermit } from '../access/authorize.js';
import type { ConsoleNews } from '../hosts/console-stream.js';
import type { Hosts } from '../hosts/hosts.js';
import type { OperationDispatcher } from '../operations/operation-dispatcher.js';
import type { Recordings } from '../recording/recordings.js';
import type { AttachmentRecording } from '../recording/attachment-recording.js';
import type { Revocation, Tracked } from '../access/revocation.js';
import type { CustomerTurns } from '../scheduling/customer-turns.js';
import type { Terminal, Unsubscribe } from '../session/terminal.js';
import { Participants } from './participants.js';
import { AttachmentAudit } from './attachment-audit.js';
import type { AttachmentAuditParts } from './attachment-audit.js';
import type { PendingDepartures } from './pending-departures.js';
import { ConsoleDeparture } from './console-departure.js';
import type { ConsoleEnding } from './console-departure.js';
import { ConsoleInput } from './console-input.js';
import { ConsoleKeys } from './console-keys.js';
import type { ConsoleLink } from './console-link.js';
import type { AttachmentMeter, ConsoleMeter } from './console-meter.js';
import { ConsoleNotice } from './console-notice.js';
import { ConsoleOutput } from './console-output.js';
import type { ConsoleOptions } from './console-options.js';
import { PresenceNotices } from './presence-notices.js';
import { consoleWords } from './console-words.js';
import type { ConsoleWords } from './console-words.js';
import { IdleWatch } from './idle-watch.js';
import { LastAnswers } from './last-answers.js';
import { canTake } from './keyboard-takeover.js';
import type { Attachments } from '../access/live-attachments.js';
import { RescueNotices } from './rescue-notices.js';
import { ScreenQuery } from './screen-query.js';
import { SizeHint } from './size-hint.js';
import { terminalReset } from '../session/terminal-reset.js';

export interface ConsoleParts extends AttachmentAuditParts {
  readonly departures: PendingDepartures;
  readonly authorizer: Authorizer;
  readonly hosts: Hosts;
  readonly operations: OperationDispatcher;
  readonly revocation: Revocation;
  readonly consoleOptions: ConsoleOptions;
  readonly recordings: Recordings;
  readonly liveAttachments: Attachments;
  readonly announcements: Announcements;
  readonly turns: CustomerTurns;
  readonly meter: ConsoleMeter;
}

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
  readonly #input: ConsoleInput;
  readonly #keys: ConsoleKeys;
  readonly #audit: AttachmentAudit;
  readonly #departure: ConsoleDeparture;
  readonly #words: ConsoleWords;
  readonly #presence: PresenceNotices;
  readonly #screen: ScreenQuery;
  readonly #sizeHint: SizeHint;
  readonly #idle: IdleWatch;
  readonly #lastAnswers: LastAnswers;
  readonly #meter: AttachmentMeter;
  readonly #cleanup: Unsubscribe[] = [];
  readonly #finish: (ending: ConsoleEnding) => void;
  #tracked: Tracked | null = null;
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
    this.#meter = parts.meter.attachment();
    this.#audit = new AttachmentAudit(parts, demanded, mode);
    this.#participants = new Participants(mode === 'write');
    this.#notice = new ConsoleNotice(terminal, () => link.stream?.send({ note: 'repaint' }));
    this.#output = new ConsoleOutput(terminal, (bytes) => link.stream?.send({ note: 'credit', bytes }));
    const { identity, domain } = demanded;
    const escape = parts.consoleOptions.escapeKey(identity.customer);
    const words = consoleWords(escape, () => canTake(parts.authorizer, demanded, this.#participants));
    this.#words = words;
    const { hasPty } = terminal;
    const present = { domain, demanded, participants: this.#participants, notice: this.#notice, words };
    this.#sizeHint = new SizeHint({ ...present, terminal });
    this.#presence = new PresenceNotices({
      ...present,
      hasPty,
      recording,
      sizeHint: this.#sizeHint,
      isElsewhere: () => parts.hosts.isAway(domain),
    });
    this.#screen = new ScreenQuery(() => {
      const answers = parts.hosts.find(domain)?.host.contract?.console.screenText === true;
      if (answers) link.stream?.send({ note: 'screen' });
      return answers && link.stream !== null;
    });
    this.#input = new ConsoleInput(
      terminal,
      () => link.stream?.backlog ?? 0,
      (data) => {
        this.#typed(data);
      },
    );
    this.#departure = new ConsoleDeparture(
      parts.consoleOptions,
      { ...present, screen: this.#screen, departures: parts.departures },
      {
        begin: () => {
          this.#input.dispose();
        },
        canAct: () => this.#canAct(),
        send: (keys) => link.stream?.write(keys),
        leave: (ending) => {
          this.leave(ending);
        },
        leftLoggedIn: () => {
          // It may have been ended while the screen was asked for.
          if (!this.#over) this.#audit.leftLoggedIn();
        },
      },
    );
    this.#idle = new IdleWatch(
      () => parts.consoleOptions.idleSeconds(identity.customer, domain, this.#participants.isWriter),
      {
        warn: (seconds) => {
          this.#notice.show(words.idle(seconds), { stays: true });
        },
        back: () => {
          this.#notice.clear();
        },
        over: () => {
          this.#departure.begin({ status: 1, message: words.idleEnd(domain) });
        },
      },
    );
    this.#lastAnswers = new LastAnswers(
      () => this.#presence.lastBytes,
      () => {
        this.#departure.begin({ status: 0, message: null });
      },
    );
    this.#keys = new ConsoleKeys(
      parts,
      { ...present, escape, terminal, screen: this.#screen, sizeHint: this.#sizeHint },
      {
        stream: () => link.stream,
        leave: (rest) => {
          this.#departure.begin({ status: 0, message: null, rest });
        },
        taken: (taken) => {
          this.#audit.taken(taken);
        },
      },
    );
    this.#audit.attached();
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
    this.#lastAnswers.dispose();
    this.#input.dispose();
    for (const undo of this.#cleanup.splice(0)) undo();
    this.#notice.dispose();
    this.#output.dispose();
    this.#keys.dispose();
    this.#screen.dispose();
    this.#link.close();
    const { hasPty, term, rows } = this.#terminal;
    if (hasPty) this.#terminal.write(`${terminalReset(term)}${term === 'dumb' ? '' : `\x1b[${rows};1H`}\r\n`);
    this.#audit.detached();
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
      this.#rescueNotices(),
      terminal.onClose(() => {
        this.#departure.begin({ status: 1, message: null });
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
        if (this.#mode === 'write') this.#lastAnswers.start();
      }),
    );
    this.#input.read();
    this.#link.listen({
      bytes: (data) => {
        if (!this.#canAct()) return;
        this.#presence.bytes();
        this.#meter.shown(data.length);
        this.#output.write(data);
      },
      note: (note) => {
        if (this.#canAct()) this.#heard(note);
      },
      drained: () => {
        this.#input.read();
      },
      lost: () => {
        this.#lost();
      },
      moves: () => {
        if (this.#canAct()) this.#presence.moves();
      },
      awayChanged: () => {
        if (this.#canAct()) this.#presence.awayChanged();
      },
      moved: (host) => {
        this.#detached();
        this.#presence.moved(host);
      },
      canAct: () => this.#canAct(),
      over: (message) => {
        this.leave({ status: 1, message });
      },
    });
    if (!terminal.isOpen) this.leave({ status: 1, message: null });
  }

  #rescueNotices(): Unsubscribe {
    const { authorizer, hosts } = this.#parts;
    const { identity, domain } = this.#demanded;
    const notices = new RescueNotices({
      domain,
      hosts,
      words: this.#words,
      canExtend: () => authorizer.check(identity, { action: 'extend', domain, profile: null }) === null,
      announce: (line) => {
        if (this.#canAct()) this.#notice.announce(line);
      },
    });
    return () => {
      notices.dispose();
    };
  }

  #typed(data: Buffer): void {
    if (!this.#canAct()) return;
    // The terminal's answers to a guest's queries must not keep an idle console open.
    if (!isTerminalAnswer(data)) {
      this.#idle.touch();
      if (this.isWriter) this.#meter.typed(data.length);
    }
    this.#keys.typed(data);
  }

  /** Asked at every piece, either way. When the right has gone, this leaves the attachment. */
  #canAct(): boolean {
    return this.#tracked?.canAct() === true;
  }

  #lost(): void {
    this.#detached();
    this.#presence.lost();
  }

  /** The console is not there until the next `attached`. */
  #detached(): void {
    this.#output.forget();
    this.#screen.dispose();
    this.#keys.lost();
    this.#input.read();
  }

  #heard(note: ConsoleNews): void {
    this.#presence.heard(note);
    if (note.note === 'screen') {
      this.#screen.heard(note.screen);
    } else if (note.note === 'attached' || note.note === 'writer') {
      this.#idle.review();
      this.#parts.liveAttachments.changed();
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
}
