import { rmSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { House } from '../support/house.js';
import type { Random } from '../support/random.js';

/** Milliseconds between two things that the admin does, at most. */
const THINKING_MS = 4_000;
/** Nothing that an admin is told ends with a status above it: 3 and more mean that no answer came. */
const ANSWERED = 2;

/** What the admin of the soak changes. */
export interface SoakOffice {
  readonly house: House;
  readonly customers: readonly string[];
  readonly domains: readonly string[];
  /** The policy's text in its form of that number. */
  policy(form: number): string;
  /** Resolves when both halves are there. */
  up(): Promise<void>;
}

/** An admin who changes rights and looks at things while customers work, each chosen by the seed. */
export class SoakAdmin {
  readonly #office: SoakOffice;
  readonly #random: Random;
  readonly done: Record<string, number> = {};
  /** Answers that say that something is wrong. */
  readonly wrong: string[] = [];

  constructor(office: SoakOffice, random: Random) {
    this.#office = office;
    this.#random = random;
  }

  /** @param isCalm whether the halves are left alone, so that each command must be answered */
  async work(over: AbortSignal, isCalm: boolean): Promise<void> {
    const acts = [
      () => this.#reload(isCalm),
      () => this.#role(isCalm),
      () => this.#suspend(isCalm),
      () => this.#maintenance(isCalm),
      () => this.#backup(isCalm),
      () => this.#say(isCalm, 'session', 'announce', 'The soak says hello.'),
      () => this.#say(isCalm, 'session', 'list'),
      () => this.#say(isCalm, 'audit', '--limit', '50'),
      () => this.#say(isCalm, 'audit', 'verify'),
      () => this.#say(isCalm, 'explain-login'),
      () => this.#say(isCalm, 'domain', 'list'),
    ];
    while (!over.aborted) {
      await this.#office.up();
      await this.#random.of(acts)();
      await pause(this.#random.below(THINKING_MS), undefined, { signal: over }).catch(() => undefined);
    }
  }

  async #reload(isCalm: boolean): Promise<void> {
    this.#office.house.writePolicy(this.#office.policy(this.#random.below(3)));
    await this.#say(isCalm, 'policy', 'reload');
  }

  async #role(isCalm: boolean): Promise<void> {
    const [customer, domain] = [this.#customer(), this.#random.of(this.#office.domains)];
    await this.#say(isCalm, 'role', 'remove', customer, domain);
    await this.#say(isCalm, 'role', 'add', customer, domain, 'owner');
  }

  async #suspend(isCalm: boolean): Promise<void> {
    const customer = this.#customer();
    await this.#say(isCalm, 'customer', 'suspend', customer);
    await this.#say(isCalm, 'customer', 'resume', customer);
  }

  async #maintenance(isCalm: boolean): Promise<void> {
    await this.#say(isCalm, 'maintenance', 'on', 'The soak mends something.');
    await this.#say(isCalm, 'maintenance', 'off');
  }

  async #backup(isCalm: boolean): Promise<void> {
    const file = `${this.#office.house.layout.gateState}/../soak-backup.db`;
    rmSync(file, { force: true });
    await this.#say(isCalm, 'backup', file);
    rmSync(file, { force: true });
  }

  async #say(isCalm: boolean, ...command: readonly string[]): Promise<void> {
    const what = command
      .slice(0, 2)
      .filter((word) => /^[a-z-]+$/.test(word))
      .join(' ');
    this.done[what] = (this.done[what] ?? 0) + 1;
    const { status, stdout, stderr } = await this.#office.house.postern(...command);
    if (!isCalm || (status !== null && status < ANSWERED)) return;
    this.wrong.push(`postern ${command.join(' ')}: status ${status}: ${(stderr || stdout).slice(-400)}`);
  }

  #customer(): string {
    return this.#random.of(this.#office.customers);
  }
}
