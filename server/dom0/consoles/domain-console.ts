import type { DomainState } from '../../../policy/domain-state.js';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { ConsoleEnd, ConsoleNote } from '../../wire/console.js';
import { isTerminalAnswer } from '../../wire/terminal-answers.js';
import type { AdminAct } from './admin-act.js';
import type { ConsoleState } from '../../wire/domain.js';
import type { ScreenView } from '../../wire/screen.js';
import { FaultGuard } from '../../wire/fault-guard.js';
import { Attachment } from './attachment.js';
import type { AttachmentHost, AttachmentParts, BootReplay } from './attachment.js';
import { ConsoleAttachments } from './console-attachments.js';
import { ConsoleKeyboard } from './console-keyboard.js';
import { BootBoundary } from './boot-boundary.js';
import type { AttachResult } from './attach-waiters.js';
import type { DomainLog } from '../console-log/domain-log.js';
import type { Recent } from '../console-log/memory-log.js';
import { ConsoleLine } from './console-line.js';
import type { LineParts } from './line-parts.js';
import { ConsoleScreen } from './console-screen.js';
import { FIRST_SIZE, isSameSize } from '../screens/screen-job.js';
import type { ScreenSize } from '../screens/screen-job.js';
import { NEW_INCARNATION } from '../screens/screen-reset.js';
import type { Screens } from '../screens/screens.js';
import { birthOf, isSameIncarnation, isSameLife } from '../toolstack/incarnation.js';
import type { Incarnation } from '../toolstack/incarnation.js';

interface DomainConsoleParts {
  readonly name: DomainName;
  readonly line: LineParts;
  readonly screens: Screens;
  /** The log of its output; null when there is none. */
  readonly log: Pick<DomainLog, 'begins' | 'booted' | 'append'> | null;
  /** `on-demand`: the console is open only while somebody is attached, and `idleMs` after. */
  readonly attach: 'always' | 'on-demand';
  readonly idleMs: number;
  /** Whether customers are told of an admin who only watches. */
  readonly announceAdmins: boolean;
  readonly onConsoleState: (state: ConsoleState) => void;
  readonly onAdminAct: (act: AdminAct, admin: string) => void;
}

type Newcomer = Omit<AttachmentParts, 'host' | 'announced' | 'guard'> & { readonly takeover: boolean };

/** A console that ended in one of these states is not opened again for the same incarnation. */
const GOING_DOWN: readonly DomainState[] = ['shutting-down', 'rebooting', 'off'];

/**
 * A domain's console: one pty, shared by all attachments. It outlives the domain's reboots. At most
 * one attachment has the keyboard.
 */
export class DomainConsole {
  readonly #parts: DomainConsoleParts;
  readonly #screen: ConsoleScreen;
  readonly #line: ConsoleLine;
  readonly #attachments = new ConsoleAttachments();
  readonly #host: AttachmentHost;
  readonly #keyboard = new ConsoleKeyboard(this.#attachments, (by) => {
    this.#act(by, { act: 'console-keyboard' });
  });
  #incarnation: Incarnation | null = null;
  /** The incarnation that `#profile` belongs to. */
  #observed: Incarnation | null = null;
  #state: DomainState = 'unknown';
  #profile: BootProfileName = UNKNOWN_PROFILE;
  readonly #boundary = new BootBoundary();
  /** The incarnation whose console began last. */
  #begun: Incarnation | null = null;
  /** Where its output begins on the screen. */
  #bootStart = 0;
  /** When the last output came, milliseconds since the epoch; null when none came. */
  #outputAt: number | null = null;
  /** The incarnation whose output is on the screen. */
  #shown: { readonly incarnation: Incarnation; readonly profile: BootProfileName } | null = null;
  readonly #guard: FaultGuard;
  #idle: NodeJS.Timeout | undefined;

  constructor(parts: DomainConsoleParts) {
    this.#parts = parts;
    this.#guard = new FaultGuard(parts.line.logger);
    this.#screen = new ConsoleScreen(parts.screens);
    this.#line = new ConsoleLine(parts.line, this.#screen.size, {
      output: this.#guard.on('output', (bytes: Buffer) => {
        this.#output(bytes);
      }),
      readers: () => this.#attachments.size,
      begins: this.#guard.on('begins', (incarnation: Incarnation, before: Incarnation | null) => {
        const another = before !== null && !isSameLife(before, incarnation);
        // In the log, a life that goes on in another place stays one boot.
        parts.log?.begins(birthOf(incarnation), this.#profileOf(incarnation), Date.now());
        if (before !== null && !another && !isSameIncarnation(before, incarnation))
          this.#attachments.broadcast({ note: 'moved' });
        if (another) this.#assumeSize(FIRST_SIZE);
        if (another && !this.#screen.isBlank) {
          this.#show(Buffer.from(NEW_INCARNATION), Date.now());
          this.#attachments.broadcast(this.#boundary.begins(incarnation, Date.now()));
        }
        this.#begins(incarnation);
      }),
      state: this.#guard.on('state', (state: ConsoleState) => {
        parts.onConsoleState(state);
        this.#attachments.broadcast(this.#stateNote());
      }),
      drain: this.#guard.on('drain', () => {
        for (const attachment of this.#attachments) attachment.drained();
      }),
    });
    this.#host = {
      input: (from, bytes) => this.#input(from, bytes),
      paint: (since, size, from) => this.#screen.paint(since, size, from),
      replayBoot: (since) => this.#replayBoot(since),
      // The screen of a boot that is over says nothing about the running one.
      read: (since) =>
        this.#boundary.note === null && this.#incarnation !== null
          ? this.#screen.text(since)
          : Promise.resolve(null),
      takeover: (by) => {
        this.#keyboard.give(by);
      },
      release: (by) => {
        by.canType = false;
        if (this.#keyboard.isHeldBy(by)) this.#keyboard.give(null);
      },
      resized: (by) => {
        this.#retain();
        by.repaint();
      },
      told: (by, size) => {
        if (this.#keyboard.isHeldBy(by)) this.#assumeSize(size);
      },
      left: (who) => {
        this.#left(who);
      },
    };
  }

  get state(): ConsoleState {
    return this.#line.state;
  }

  get population(): number {
    return this.#attachments.size;
  }

  /** @param since the start of the observed state, milliseconds since the epoch; null when unknown */
  observed(
    incarnation: Incarnation | null,
    state: DomainState,
    profile: BootProfileName,
    since: number | null,
  ): void {
    const changed = state !== this.#state || profile !== this.#profile;
    this.#incarnation = incarnation;
    this.#observed = incarnation;
    this.#state = state;
    this.#profile = profile;
    if (incarnation !== null && isSameLife(this.#shown?.incarnation ?? null, incarnation))
      this.#shown = { incarnation, profile };
    if (incarnation !== null && since !== null) this.#boundary.observed(incarnation, since);
    if (incarnation !== null && state !== 'unknown')
      this.#parts.log?.booted(birthOf(incarnation), profile, Date.now());
    if (this.#isWanted()) this.#line.point(incarnation, !GOING_DOWN.includes(state));
    if (changed) this.#attachments.broadcast(this.#stateNote());
  }

  async attach(incarnation: Incarnation): Promise<AttachResult> {
    this.#incarnation = incarnation;
    const result = await this.#line.attachNow(incarnation);
    this.#restWhenIdle();
    return result;
  }

  /**
   * Joins a terminal. Those present are told; the newcomer gets the list of them, then the present screen.
   */
  join({ takeover, ...newcomer }: Newcomer): void {
    const { present } = this.#attachments;
    const writes = newcomer.asked === 'write' && (this.#keyboard.isFree || takeover);
    const announced = writes || newcomer.admin === null || this.#parts.announceAdmins;
    const attachment = new Attachment({
      ...newcomer,
      announced,
      host: this.#host,
      guard: this.#guard,
    });
    const former = writes ? this.#keyboard.pass(attachment) : null;
    this.#attachments.add(attachment);
    this.#retain();
    const { cols, rows } = this.#screen.size;
    const { id, mode } = attachment;
    attachment.note({
      note: 'attached',
      attachment: id,
      domain: this.#parts.name,
      mode,
      present,
      cols,
      rows,
    });
    attachment.note(this.#stateNote());
    // A boot that is over without a word is no news.
    if (this.#boundary.note !== null && this.#incarnation !== null) attachment.note(this.#boundary.note);
    this.#act(attachment, { act: 'console-entered', mode, announced });
    if (announced) this.#attachments.broadcast({ note: 'joined', who: attachment.presence }, attachment);
    if (writes) this.#keyboard.tell(attachment);
    former?.drained();
    attachment.repaint();
    clearTimeout(this.#idle);
    if (this.#parts.attach === 'on-demand')
      this.#line.point(this.#incarnation, !GOING_DOWN.includes(this.#state));
  }

  /**
   * Leaves the console to an admin's own client for this many milliseconds. Resolves
   * when our client has ended.
   */
  lend(ms: number): Promise<void> {
    return this.#line.lend(ms);
  }

  /** Tries to open the console at once. */
  takeBack(): void {
    this.#line.takeBack();
  }

  /**
   * The text on the screen. @param since nothing from before is shown, milliseconds since the epoch
   * @returns null when it cannot be read now
   */
  async read(since: number | null): Promise<ScreenView | null> {
    // All as it is at the question: the lines are of that moment.
    const outputAt = since !== null && (this.#outputAt ?? 0) < since ? null : this.#outputAt;
    const shown = outputAt === null ? null : this.#shown;
    const around = {
      state: this.#state,
      console: this.#line.state,
      outputAt: outputAt === null ? null : new Date(outputAt).toISOString(),
      boot: shown && {
        profile: shown.profile,
        over: !isSameLife(this.#incarnation, shown.incarnation),
      },
    };
    const lines = await this.#screen.lines(since);
    return lines && { ...lines, ...around };
  }

  /** @returns the output in memory from this time on (milliseconds since the epoch), raw */
  recent(since: number | null): Recent {
    return this.#screen.recent(since);
  }

  /** Ends the attachments with a reason and closes the console; resolves when its process has ended. */
  async dispose(reason: ConsoleEnd): Promise<void> {
    clearTimeout(this.#idle);
    this.#keyboard.pass(null);
    for (const attachment of this.#attachments.clear()) attachment.end(reason);
    this.#screen.close();
    await this.#line.dispose();
  }

  #output(bytes: Buffer): void {
    const at = Date.now();
    this.#outputAt = at;
    this.#parts.log?.append(bytes, at);
    if (this.#begun !== null && !isSameIncarnation(this.#shown?.incarnation ?? null, this.#begun))
      this.#shown = { incarnation: this.#begun, profile: this.#profileOf(this.#begun) };
    const spoke = this.#boundary.spoke();
    if (spoke !== null) this.#attachments.broadcast(spoke);
    this.#show(bytes, at);
  }

  #begins(incarnation: Incarnation): void {
    if (!isSameLife(this.#begun, incarnation)) this.#bootStart = this.#screen.end;
    this.#begun = incarnation;
  }

  #replayBoot(since: number | null): BootReplay | null {
    // A boot that is still being made, or whose console has not begun yet, has said nothing.
    const hasBegun = this.#incarnation !== null && isSameLife(this.#begun, this.#incarnation);
    const from = hasBegun ? this.#bootStart : this.#screen.end;
    const bytes = this.#screen.replay(since, from);
    return bytes && { from, bytes };
  }

  #show(bytes: Buffer, at: number): void {
    this.#screen.show(bytes, at);
    this.#attachments.output(bytes);
  }

  /** The profile of an incarnation that was not observed yet becomes known later. */
  #profileOf(incarnation: Incarnation): BootProfileName {
    return isSameIncarnation(this.#observed, incarnation) ? this.#profile : UNKNOWN_PROFILE;
  }

  #input(from: Attachment, bytes: Buffer): Buffer | null {
    if (this.#keyboard.isFree && from.canType && !isTerminalAnswer(bytes)) this.#keyboard.give(from);
    return this.#keyboard.isHeldBy(from) ? this.#line.write(bytes) : null;
  }

  #act({ admin }: Attachment, act: AdminAct): void {
    if (admin !== null) this.#parts.onAdminAct(act, admin);
  }

  #left(who: Attachment): void {
    this.#act(who, { act: 'console-left' });
    if (!this.#attachments.delete(who)) return;
    this.#retain();
    if (who.announced) this.#attachments.broadcast({ note: 'left', who: who.presence });
    if (this.#keyboard.isHeldBy(who)) this.#keyboard.give(null);
    this.#restWhenIdle();
  }

  /** The guest was told a size, or a new guest knows of none. This changes no window's picture. */
  #assumeSize(size: ScreenSize): void {
    if (isSameSize(size, this.#screen.size)) return;
    this.#screen.tell(size);
    this.#line.resize(size);
    this.#attachments.broadcast({ note: 'resized', ...size });
  }

  #retain(): void {
    const sizes = [...this.#attachments].flatMap(({ size }) => (size === null ? [] : [size]));
    this.#screen.retain(sizes);
  }

  #isWanted(): boolean {
    return this.#parts.attach === 'always' || this.#attachments.size > 0 || this.#idle !== undefined;
  }

  #restWhenIdle(): void {
    if (this.#parts.attach === 'always' || this.#attachments.size > 0) return;
    clearTimeout(this.#idle);
    const rest = this.#guard.on('idle', () => {
      this.#idle = undefined;
      if (this.#attachments.size === 0) this.#line.rest();
    });
    this.#idle = setTimeout(rest, this.#parts.idleMs).unref();
  }

  #stateNote(): ConsoleNote {
    return { note: 'state', state: this.#state, profile: this.#profile, console: this.#line.state };
  }
}
