import type { DomainState } from '../../../policy/domain-state.js';
import { UNKNOWN_PROFILE } from '../../../policy/names.js';
import type { BootProfileName, DomainName } from '../../../policy/names.js';
import type { ConsoleEnd, ConsoleNote } from '../../wire/console.js';
import { bytesFrame } from '../../wire/frames.js';
import { Attachment } from './attachment.js';
import type { AttachmentHost, AttachmentParts } from './attachment.js';
import type { DomainLog } from '../console-log/domain-log.js';
import type { Recent } from '../console-log/memory-log.js';
import type { Incarnation } from './console-client.js';
import { ConsoleLine } from './console-line.js';
import type { AttachResult, LineParts, LineState } from './console-line.js';
import type { KeptScreen } from './kept-screen.js';
import { RawRing } from './raw-ring.js';
import { REPLAY_BYTES, replayOf } from './raw-replay.js';
import type { ScreenSize } from './screen-job.js';
import { NEW_INCARNATION } from './screen-reset.js';
import type { Screens } from './screens.js';

export interface DomainConsoleParts {
  readonly name: DomainName;
  readonly line: LineParts;
  readonly screens: Screens;
  /** Where what it says is kept; null when it is not. */
  readonly log: Pick<DomainLog, 'begins' | 'booted' | 'append'> | null;
  /** `on-demand`: the console is open only while somebody is attached, and so long after, in milliseconds. */
  readonly attach: 'always' | 'on-demand';
  readonly idleMs: number;
  readonly onLineState: (state: LineState) => void;
}

export type Newcomer = Omit<AttachmentParts, 'host'> & { readonly takeover: boolean };

/** States in which a console that ended is not opened again for the same incarnation. */
const GOING_DOWN: readonly DomainState[] = ['shutting-down', 'rebooting', 'off'];

/** A terminal's answer to a question (DA, DSR, CPR): nobody typed it. */
const ANSWERS = /^(?:\x1b\[[?>=]?[\d;]*[Rcn])+$/;

/**
 * A domain's console: one pty, shared. It outlives the domain's reboots; at most one attachment has the keyboard. What it said
 * last is kept, and when it was said, so that nobody is shown what came before their time.
 */
export class DomainConsole {
  readonly #parts: DomainConsoleParts;
  readonly #ring = new RawRing();
  readonly #screen: KeptScreen;
  readonly #line: ConsoleLine;
  readonly #attachments = new Map<number, Attachment>();
  readonly #host: AttachmentHost;
  #writer: Attachment | null = null;
  #incarnation: Incarnation | null = null;
  /** The one that `#profile` is of. */
  #observed: Incarnation | null = null;
  #state: DomainState = 'unknown';
  #profile: BootProfileName = UNKNOWN_PROFILE;
  #idle: NodeJS.Timeout | undefined;

  constructor(parts: DomainConsoleParts) {
    this.#parts = parts;
    this.#screen = parts.screens.open(this.#ring);
    this.#line = new ConsoleLine(parts.line, this.#screen.size, {
      output: (bytes) => {
        this.#output(bytes);
      },
      begins: (incarnation, another) => {
        parts.log?.begins(incarnation, this.#profileOf(incarnation), Date.now());
        if (another && this.#ring.bornAt !== null) this.#show(Buffer.from(NEW_INCARNATION), Date.now());
      },
      state: (state) => {
        parts.onLineState(state);
        this.#tell(this.#stateNote());
      },
      drain: () => {
        for (const attachment of this.#attachments.values()) attachment.drained();
      },
    });
    this.#host = {
      input: (from, bytes) => this.#input(from, bytes),
      size: () => this.#screen.size,
      paint: (since, view) => this.#paint(since, view),
      read: (since) => parts.screens.text(this.#screen, this.#firstFor(since)),
      takeover: (by) => {
        this.#give(by);
      },
      release: (by) => {
        by.mayType = false;
        if (this.#writer === by) this.#give(null);
      },
      resized: (by) => {
        if (this.#writer === by) this.#resize(by.size);
        else by.repaint();
      },
      left: (who) => {
        this.#left(who);
      },
    };
  }

  get state(): LineState {
    return this.#line.state;
  }

  get population(): number {
    return this.#attachments.size;
  }

  observed(incarnation: Incarnation | null, state: DomainState, profile: BootProfileName): void {
    const changed = state !== this.#state || profile !== this.#profile;
    this.#incarnation = incarnation;
    this.#observed = incarnation;
    this.#state = state;
    this.#profile = profile;
    if (incarnation !== null && state !== 'unknown')
      this.#parts.log?.booted(incarnation, profile, Date.now());
    if (this.#isWanted()) this.#line.point(incarnation, !GOING_DOWN.includes(state));
    if (changed) this.#tell(this.#stateNote());
  }

  async attach(incarnation: Incarnation): Promise<AttachResult> {
    this.#incarnation = incarnation;
    const result = await this.#line.attachNow(incarnation);
    this.#restWhenIdle();
    return result;
  }

  /** Joins a terminal: those present are told, the newcomer is told who is there, then sees the screen as it is now. */
  join({ takeover, ...newcomer }: Newcomer): void {
    const present = [...this.#attachments.values()].map((attachment) => attachment.presence);
    const attachment = new Attachment({ ...newcomer, host: this.#host });
    const writes = newcomer.asked === 'write' && (this.#writer === null || takeover);
    const former = writes ? this.#writer : null;
    if (former !== null) former.mode = 'watch';
    if (writes) {
      this.#writer = attachment;
      attachment.mode = 'write';
    }
    // Before it is one of those present: the first thing that it hears is `attached`.
    if (writes) this.#resize(attachment.size);
    this.#attachments.set(attachment.id, attachment);
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
    this.#tell({ note: 'joined', who: attachment.presence }, attachment);
    if (writes) this.#tell({ note: 'writer', attachment: id, label: attachment.label }, attachment);
    former?.drained();
    attachment.repaint();
    clearTimeout(this.#idle);
    if (this.#parts.attach === 'on-demand')
      this.#line.point(this.#incarnation, !GOING_DOWN.includes(this.#state));
  }

  /** @returns what is kept of what it said at this time or later (milliseconds since 1970), raw */
  recent(since: number | null): Recent {
    const start = since === null ? this.#ring.start : this.#ring.positionSince(since);
    return { start, bytes: this.#ring.range(start) };
  }

  /** Ends the attachments with a reason and lets go of the console; resolves when its process has ended. */
  async dispose(reason: ConsoleEnd): Promise<void> {
    clearTimeout(this.#idle);
    const attachments = [...this.#attachments.values()];
    this.#attachments.clear();
    this.#writer = null;
    for (const attachment of attachments) attachment.end(reason);
    this.#parts.screens.close(this.#screen);
    this.#ring.clear();
    await this.#line.dispose();
  }

  #output(bytes: Buffer): void {
    const at = Date.now();
    this.#parts.log?.append(bytes, at);
    this.#show(bytes, at);
  }

  #show(bytes: Buffer, at: number): void {
    this.#ring.push(bytes, at);
    this.#parts.screens.touched(this.#screen);
    if (this.#attachments.size === 0) return;
    const frame = bytesFrame(bytes);
    for (const attachment of this.#attachments.values()) attachment.output(bytes, frame);
  }

  /** Of an incarnation that was not observed yet it is found out later. */
  #profileOf({ uuid, domid }: Incarnation): BootProfileName {
    const known = this.#observed?.uuid === uuid && this.#observed.domid === domid;
    return known ? this.#profile : UNKNOWN_PROFILE;
  }

  #input(from: Attachment, bytes: Buffer): Buffer | null {
    if (this.#writer === null && from.mayType && !ANSWERS.test(bytes.toString('latin1'))) this.#give(from);
    return this.#writer === from ? this.#line.write(bytes) : null;
  }

  async #paint(since: number | null, view: ScreenSize | null): Promise<Buffer> {
    const first = this.#firstFor(since);
    const tail = Math.max(first ?? this.#ring.start, this.#ring.end - REPLAY_BYTES);
    const replay = this.#ring.range(tail);
    const picture = await this.#parts.screens.paint(this.#screen, view, first);
    return picture ?? replayOf(replay, first !== null || tail === 0);
  }

  /** @returns the position of the first byte that may be shown; null: all of the screen may */
  #firstFor(since: number | null): number | null {
    const { bornAt } = this.#ring;
    return since === null || bornAt === null || since <= bornAt ? null : this.#ring.positionSince(since);
  }

  #give(to: Attachment | null): void {
    const former = this.#writer;
    if (former === to && to !== null) return;
    this.#writer = to;
    if (former !== null) former.mode = 'watch';
    if (to !== null) {
      to.mode = 'write';
      to.mayType = true;
      this.#resize(to.size);
    }
    this.#tell({ note: 'writer', attachment: to?.id ?? null, label: to?.label ?? null });
    // What the former writer had typed and there was no room for is not the keyboard's any more.
    former?.drained();
  }

  #left(who: Attachment): void {
    if (!this.#attachments.delete(who.id)) return;
    this.#tell({ note: 'left', who: who.presence });
    if (this.#writer === who) this.#give(null);
    this.#restWhenIdle();
  }

  #resize(size: ScreenSize | null): void {
    const now = this.#screen.size;
    if (size === null || (size.cols === now.cols && size.rows === now.rows)) return;
    this.#screen.resize(size);
    this.#parts.screens.touched(this.#screen);
    this.#line.resize(size);
    this.#tell({ note: 'resized', ...size });
    // Who had its size may have another now, and the other way round; text may stand elsewhere.
    for (const attachment of this.#attachments.values()) attachment.repaint();
  }

  #isWanted(): boolean {
    return this.#parts.attach === 'always' || this.#attachments.size > 0 || this.#idle !== undefined;
  }

  #restWhenIdle(): void {
    if (this.#parts.attach === 'always' || this.#attachments.size > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      this.#idle = undefined;
      if (this.#attachments.size === 0) this.#line.rest();
    }, this.#parts.idleMs).unref();
  }

  #stateNote(): ConsoleNote {
    return { note: 'state', state: this.#state, profile: this.#profile, console: this.#line.state };
  }

  #tell(note: ConsoleNote, except?: Attachment): void {
    for (const attachment of [...this.#attachments.values()]) {
      if (attachment !== except) attachment.note(note);
    }
  }
}
