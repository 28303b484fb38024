import { EventEmitter, once } from 'node:events';
import { watch } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { House } from './house.js';
import type { Random } from './random.js';

export type HalfName = 'gate' | 'dom0';

/** Percent of kills that hit a starting half, while it opens its files and resumes its work. */
const IN_START_PERCENT = 88;
/** Other kills come after at most this many writes. */
const MOST_WRITES = 8;
/** Milliseconds to wait for these writes at most. */
const LONGEST_MS = 1_000;

/** Kills the halves of a house at random moments, and restarts them at once. */
export class KilledHouse {
  readonly #house: House;
  readonly #random: Random;
  readonly #news = new EventEmitter().setMaxListeners(0);
  readonly #isUp: Record<HalfName, boolean> = { gate: true, dom0: true };
  readonly #starts: Record<HalfName, Promise<void>> = { gate: Promise.resolve(), dom0: Promise.resolve() };
  /** Milliseconds that the last complete start took. */
  readonly #lasted: Record<HalfName, number> = { gate: 500, dom0: 300 };
  readonly #dying = new Set<HalfName>();
  #fault: Error | null = null;
  readonly kills: Record<HalfName, number> = { gate: 0, dom0: 0 };
  /** Kills of a half that was not ready. */
  inStart = 0;

  constructor(house: House, random: Random) {
    this.#house = house;
    this.#random = random;
  }

  /** Resolves when both halves are ready: at once, or after a start that is not killed. */
  async up(): Promise<void> {
    while (!this.#isUp.gate || !this.#isUp.dom0) {
      if (this.#fault !== null) throw this.#fault;
      await once(this.#news, 'change');
    }
  }

  /** Resolves when a half becomes ready, or a start fails. */
  async change(): Promise<void> {
    await once(this.#news, 'change');
  }

  /** Waits for a random moment, then kills one half or both. */
  async killOnce(): Promise<void> {
    const chance = this.#random.below(100);
    const inStart = this.#random.percent(IN_START_PERCENT);
    let halves: readonly HalfName[] = chance < 72 ? ['dom0'] : chance < 92 ? ['gate'] : ['dom0', 'gate'];
    // A ready half is left alone while the other one starts.
    const starting = (['dom0', 'gate'] as const).filter((half) => !this.#isUp[half]);
    if (inStart && halves.length === 1 && starting.length === 1) halves = starting;
    await this.#moment(halves[0] ?? 'dom0', inStart);
    if (this.#fault !== null) throw this.#fault;
    await Promise.all(halves.map((half) => this.#kill(half)));
    for (const half of halves) this.#start(half);
  }

  /** Makes all choices before any wait, so that a seed always gives the same choices. */
  async #moment(half: HalfName, inStart: boolean): Promise<void> {
    const share = this.#random.next() * 1.2;
    const writes = 1 + this.#random.below(MOST_WRITES);
    const more = this.#random.below(30);
    if (inStart) {
      await pause(share * this.#lasted[half]);
      return;
    }
    await this.up();
    await this.#writes(half, writes);
    await pause(more);
  }

  /** Waits for this many changes in the half's state directory. */
  async #writes(half: HalfName, count: number): Promise<void> {
    const { gateState, dom0State } = this.#house.layout;
    const enough = new AbortController();
    const watcher = watch(half === 'gate' ? gateState : dom0State);
    let seen = 0;
    watcher.on('change', () => {
      seen += 1;
      if (seen >= count) enough.abort();
    });
    await pause(LONGEST_MS, undefined, { signal: enough.signal }).catch(() => undefined);
    watcher.close();
  }

  async #kill(half: HalfName): Promise<void> {
    this.kills[half] += 1;
    if (!this.#isUp[half]) this.inStart += 1;
    this.#isUp[half] = false;
    this.#dying.add(half);
    await (half === 'gate' ? this.#house.endGate('SIGKILL') : this.#house.endDom0('SIGKILL'));
    await this.#starts[half];
    this.#dying.delete(half);
  }

  #start(half: HalfName): void {
    const from = performance.now();
    const started = half === 'gate' ? this.#house.startGate() : this.#house.startDom0();
    this.#starts[half] = started.then(
      () => {
        if (this.#dying.has(half)) return;
        this.#lasted[half] = performance.now() - from;
        this.#isUp[half] = true;
        this.#news.emit('change');
      },
      (error: unknown) => {
        if (this.#dying.has(half)) return;
        this.#fault ??= error as Error;
        this.#news.emit('change');
      },
    );
  }
}
