import { PassThrough, Readable } from 'node:stream';
import { refusal } from '../../policy/refusal.js';
import type { Refusal } from '../../policy/refusal.js';
import type { LogRequest } from '../../server/gate/hosts/host-log.js';
import type { LogSpansAnswer } from '../../server/gate/hosts/log-answer.js';

interface Boot {
  readonly uuid: string;
  readonly at: number;
  readonly from: number;
}

/** A host as a reader of its log sees it, with the log in memory. It answers as a dom0 half does. */
export class LogHost {
  readonly name: string;
  reachable = true;
  bytes = Buffer.alloc(0);
  /** The refusal of every question. */
  no: Refusal | null = null;
  /** The positions from which the log was followed. */
  readonly followed: number[] = [];
  readonly #followers = new Set<PassThrough>();
  readonly #boots: Boot[] = [];
  readonly log = {
    onDisk: true,
    tellsSpans: true,
    spans: (): Promise<LogSpansAnswer | Refusal | null> => Promise.resolve(this.#spans()),
    open: (_: unknown, request: LogRequest): Promise<unknown> => Promise.resolve(this.#open(request)),
  };

  constructor(name: string) {
    this.name = name;
  }

  get lastUuid(): string {
    return this.#boots.at(-1)?.uuid ?? '00000000-0000-4000-8000-000000000000';
  }

  /** @param hour when it begins */
  boot(uuid: string, hour: number, said: string): void {
    this.#boots.push({ uuid, at: Date.UTC(2026, 10, 21, hour), from: this.bytes.length });
    this.say(said);
  }

  say(said: string): void {
    this.bytes = Buffer.concat([this.bytes, Buffer.from(said)]);
    for (const follower of this.#followers) follower.write(said);
  }

  /** From now on it answers nothing, and who follows the log loses it. */
  stop(): void {
    this.reachable = false;
    this.no = refusal('host-unreachable', `The host ${this.name} does not answer just now.`);
    for (const follower of this.#followers) follower.destroy(new Error('aborted'));
  }

  start(): void {
    this.no = null;
    this.reachable = true;
  }

  /** Ends the log for who follows it. */
  end(): void {
    for (const follower of this.#followers) follower.end();
  }

  #all(): { began: string; profile: string; uuid: string; at: number; from: number; to: number }[] {
    return this.#boots.map(({ uuid, at, from }, index) => {
      const to = this.#boots[index + 1]?.from ?? this.bytes.length;
      return { began: new Date(at).toISOString(), profile: 'normal', uuid, at, from, to };
    });
  }

  #spans(): LogSpansAnswer | Refusal | null {
    if (this.no !== null) return this.no;
    if (!this.log.tellsSpans) return null;
    return { start: 0, end: this.bytes.length, spans: this.#all() };
  }

  #open({ from: begin, before, bytes: most, follow = false }: LogRequest): unknown {
    if (this.no !== null) return this.no;
    const end = this.bytes.length;
    const within = (position: number): number => Math.min(end, Math.max(0, position));
    let from = within(begin ?? 0);
    let to = Math.max(from, within(before ?? end));
    if (most !== undefined && most !== null) {
      if (begin === undefined || begin === null) from = Math.max(from, to - most);
      else to = Math.min(to, from + most);
    }
    const boots = this.#all()
      .filter(
        (boot, at, all) => boot.from <= Math.max(from, to - 1) && (boot.to > from || at === all.length - 1),
      )
      .map(({ began, profile, ...where }) => ({ began, profile, from: where.from, to: where.to }));
    const page = { from, to, start: 0, end, boots };
    const head = { keeping: true, switchedAt: null, place: 'disk', boot: null, page };
    const said = this.bytes.subarray(from, to);
    if (!follow) return { head, bytes: Readable.from([said]), close: () => undefined };
    const bytes = new PassThrough();
    bytes.write(said);
    bytes.on('error', () => undefined);
    bytes.on('close', () => this.#followers.delete(bytes));
    this.#followers.add(bytes);
    this.followed.push(from);
    return { head, bytes, close: () => bytes.destroy() };
  }
}
