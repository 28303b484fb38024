import { noTerminal } from '../text/words.js';
import type { DomainName } from '../../../policy/names.js';
import type { ConsoleNews } from '../hosts/console-stream.js';
import type { Participants } from './participants.js';
import type { ConsoleNotice } from './console-notice.js';
import type { ConsoleWords } from './console-words.js';
import type { SizeHint } from './size-hint.js';

type BootNote = Extract<ConsoleNews, { note: 'boot' }>;
type StateNote = Extract<ConsoleNews, { note: 'state' }>;

/**
 * The greeting waits for the first picture, until the guest has been quiet for `quiet`, and for at most
 * `most`. Milliseconds.
 */
const GREETING = { quiet: 60, most: 500 };

/**
 * The delay before a missing console of a running domain is reported: at a boot or an end it is soon over.
 * Milliseconds.
 */
const WAITING = 3_000;

interface PresenceNoticesParts {
  readonly domain: DomainName;
  readonly participants: Participants;
  readonly notice: ConsoleNotice;
  readonly words: ConsoleWords;
  readonly sizeHint: SizeHint;
  /** Whether the client asked for a pty. */
  readonly hasPty: boolean;
  /** What to say about the recording; null for nothing. */
  readonly recording: { readonly sentence: string | null };
  /** Whether the domain is being moved, or runs on a host where it is not managed. */
  readonly isElsewhere: () => boolean;
}

/**
 * Tells a customer what happens on their console: who comes and goes, who has the keyboard, whether the
 * domain is there.
 */
export class PresenceNotices {
  readonly #parts: PresenceNoticesParts;
  #greetingTimer: NodeJS.Timeout | undefined;
  #waitingTimer: NodeJS.Timeout | undefined;
  #lastBytes = 0;
  #wasLost = false;
  /** The boot that has said nothing yet: the screen is still that of the boot before. */
  #silent: BootNote | null = null;
  /** The standing line about the state of the console itself. */
  #state: string | null = null;
  /** What the host said of the domain last; null when another host, or none, is asked now. */
  #told: StateNote | null = null;
  /** When the boot began that was announced last. */
  #saidOf = '';

  constructor(parts: PresenceNoticesParts) {
    this.#parts = parts;
  }

  /** When the guest spoke last. Milliseconds since the epoch. */
  get lastBytes(): number {
    return this.#lastBytes;
  }

  bytes(): void {
    this.#lastBytes = Date.now();
  }

  /** Call it when the host is lost. */
  lost(): void {
    const { words } = this.#parts;
    // A customer who was not greeted before gets the whole greeting when the host comes back.
    this.#wasLost ||= this.#greetingTimer === undefined;
    this.#forgetTimers();
    this.#silent = null;
    this.#told = null;
    this.#stateStands(words.lost);
  }

  /** Call it when a migration of the domain begins. */
  moves(): void {
    const { domain, notice, words } = this.#parts;
    notice.show(words.moves(domain));
  }

  /** Call it when the domain went away, or is away no more. */
  awayChanged(): void {
    if (this.#told?.state === 'off') this.#stateIs(this.#told);
  }

  /** Call it when the domain has come to another host, whose console follows: as the line between two boots. */
  moved(host: string): void {
    const { domain, notice, words } = this.#parts;
    this.#forgetTimers();
    this.#wasLost = false;
    this.#silent = null;
    this.#told = null;
    this.#stateStands(null);
    notice.show(words.moved(domain, host));
  }

  heard(note: ConsoleNews): void {
    const { participants, notice, words, sizeHint } = this.#parts;
    switch (note.note) {
      case 'attached':
        participants.attached(note);
        sizeHint.heard(note.cols, note.rows);
        this.#silent = null;
        this.#stateStands(null);
        this.#greet(Date.now());
        return;
      case 'writer':
        this.#writer(note);
        this.#stand();
        return;
      case 'joined':
      case 'left':
        participants.changed(note);
        notice.show(words[note.note](note.who.label));
        return;
      case 'skipped':
        notice.show(words.skipped(note.bytes));
        return;
      case 'state':
        this.#stateIs(note);
        return;
      case 'boot':
        this.#boot(note);
        return;
      case 'moved':
        notice.show(words.goesOn(this.#parts.domain));
        return;
      case 'painted':
        notice.painted();
        return;
      case 'resized':
        sizeHint.heard(note.cols, note.rows);
        return;
      case 'ended':
      case 'screen':
        return;
    }
  }

  /** Twice is harmless. */
  dispose(): void {
    this.#forgetTimers();
  }

  /** Drops the lines that are due later: they are about a host that has gone since. */
  #forgetTimers(): void {
    clearTimeout(this.#greetingTimer);
    clearTimeout(this.#waitingTimer);
    this.#greetingTimer = undefined;
  }

  #writer(note: Extract<ConsoleNews, { note: 'writer' }>): void {
    const { participants, notice, words, sizeHint } = this.#parts;
    const wrote = participants.isWriter;
    participants.writer =
      note.attachment === null ? null : { attachment: note.attachment, label: note.label ?? '?' };
    if (participants.isWriter) {
      if (!wrote) notice.show(lines(words.youWrite, sizeHint.sentence()));
    } else if (participants.writer === null) {
      notice.show(participants.canType ? words.freedForYou : words.freed());
    } else if (wrote) {
      notice.show(words.taken(participants.writer.label));
    }
  }

  /** dom0 sends it first of all, after `attached`. */
  #stateIs(note: StateNote): void {
    const { console, state } = note;
    this.#told = note;
    const { domain, words, isElsewhere } = this.#parts;
    clearTimeout(this.#waitingTimer);
    if (console === 'attached') this.#stateStands(null);
    else if (console === 'locked') this.#stateStands(words.locked(domain));
    else if (state === 'off') this.#stateStands(isElsewhere() ? words.away(domain) : words.off(domain));
    // A reboot is not reported: the customer waits for its next byte.
    else if (state !== 'rebooting') {
      this.#waitingTimer = setTimeout(() => {
        this.#stateStands(words.waiting(domain));
      }, WAITING);
    }
  }

  /**
   * Shows the line between two boots. While the new boot is silent, a line stands that says that the screen
   * is old.
   */
  #boot(note: BootNote): void {
    const { domain, notice, words } = this.#parts;
    this.#silent = note.silent ? note : null;
    if (note.began !== this.#saidOf) {
      this.#saidOf = note.began;
      notice.show(words.started(domain, note.began));
    }
    this.#stand();
  }

  #stateStands(line: string | null): void {
    this.#state = line;
    this.#stand();
  }

  #stand(): void {
    const { domain, participants, notice, words } = this.#parts;
    // Where lines stay on the screen, the line between the boots has said it.
    if (this.#state !== null || this.#silent === null || !notice.isPassing) notice.stand(this.#state);
    else notice.stand(words.silent(domain, this.#silent.began, participants.canType), { hidesCursor: true });
  }

  /** Greets after the first picture, so that the greeting is not painted over at once. */
  #greet(since: number): void {
    clearTimeout(this.#greetingTimer);
    this.#greetingTimer = setTimeout(() => {
      const now = Date.now();
      if (now - this.#lastBytes < GREETING.quiet && now - since < GREETING.most) this.#greet(since);
      else this.#greeting();
    }, GREETING.quiet);
  }

  #greeting(): void {
    const { domain, participants, notice, words, recording, sizeHint, hasPty } = this.#parts;
    const noPty = hasPty || this.#wasLost ? null : noTerminal;
    const hello = this.#wasLost
      ? words.back
      : words.greeting(
          domain,
          participants.isWriter,
          participants.writer?.label ?? null,
          participants.others,
        );
    this.#wasLost = false;
    this.#greetingTimer = undefined;
    notice.show(lines(hello, noPty, recording.sentence, sizeHint.sentence()));
  }
}

const lines = (...some: readonly (string | null)[]): readonly string[] =>
  some.filter((each) => each !== null);
